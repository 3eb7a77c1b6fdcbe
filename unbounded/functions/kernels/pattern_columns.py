"""Date patterns that stand in a column: each distinct one is translated like a constant and run over its rows.

The rows go through an engine of its own, so that formats with a pattern in a column and with a constant agree.
"""

from __future__ import annotations

import atexit
from collections.abc import Callable, Iterator
from functools import cache

import duckdb
import numpy as np
import pyarrow as pa

from unbounded.errors import ErrorKind, SparkError
from unbounded.functions.datetimes.pattern_failures import explain_parse_failure
from unbounded.functions.datetimes.printing import format_sql
from unbounded.functions.datetimes.reading import instant_sql, wall_clock_sql
from unbounded.functions.environment import Environment
from unbounded.functions.kernels.kernel import Kernel
from unbounded.functions.kernels.zone_names import KERNELS as ZONE_KERNELS
from unbounded.functions.macros import MACROS


@cache
def _engine() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(":memory:")
    connection.execute("SET TimeZone = 'UTC'")
    for macro in MACROS:
        connection.execute(macro)
    kernel = ZONE_KERNELS["zone_text_code"]
    connection.create_function(  # type: ignore[call-overload]
        "kernel_zone_text_code",
        lambda names: kernel.run(names.combine_chunks()),
        list(kernel.parameters),
        kernel.returns,
        type="arrow",
        null_handling="special",
    )
    atexit.register(connection.close)
    return connection


def _groups(patterns: pa.Array) -> Iterator[tuple[str, np.ndarray]]:
    """Each distinct pattern with the positions of its rows."""
    encoded = patterns.dictionary_encode()
    codes = np.asarray(encoded.indices.fill_null(-1))
    for code, pattern in enumerate(encoded.dictionary.to_pylist()):
        yield pattern, np.flatnonzero(codes == code)


def _evaluate(values: pa.Array, patterns: pa.Array, translate: Callable[[str], str], returns: pa.DataType) -> pa.Array:
    positions: list[np.ndarray] = []
    results: list[pa.Array] = []
    for pattern, rows in _groups(patterns):
        cursor = _engine().cursor()
        cursor.register("rows", pa.table({"v": values.take(pa.array(rows))}))
        computed = cursor.sql(f"SELECT {translate(pattern)} AS r FROM rows").to_arrow_table()
        results.append(computed.column(0).combine_chunks().cast(returns))
        positions.append(rows)
    order = np.full(len(values), -1, dtype=np.int64)
    done = np.concatenate(positions) if positions else np.empty(0, dtype=np.int64)
    order[done] = np.arange(len(done))
    joined = pa.concat_arrays([*results, pa.nulls(1, returns)])
    return joined.take(pa.array(np.where(order < 0, len(joined) - 1, order)))


def _format(us: pa.Array, patterns: pa.Array, zones: pa.Array) -> pa.Array:
    environment = Environment(time_zone=zones[0].as_py() if len(zones) else "UTC")
    return _evaluate(us, patterns, lambda pattern: format_sql("make_timestamp(v)", pattern, environment), pa.string())


def _read(texts: pa.Array, patterns: pa.Array, zones: pa.Array, functions: pa.Array) -> pa.Array:
    """Microseconds, with an empty zone those of the wall clock. `functions`: whose error it is, empty for NULL."""
    zone, function = (column[0].as_py() if len(column) else "" for column in (zones, functions))
    environment = Environment(time_zone=zone or "UTC")

    def translate(pattern: str) -> str:
        return f"epoch_us({instant_sql('v', pattern, environment) if zone else wall_clock_sql('v', pattern)})"

    result = _evaluate(texts, patterns, translate, pa.int64())
    if function:
        _check_all_read(result, texts, patterns, function)
    return result


def _check_all_read(result: pa.Array, texts: pa.Array, patterns: pa.Array, function: str) -> None:
    unread = np.asarray(result.is_null()) & np.asarray(texts.is_valid()) & np.asarray(patterns.is_valid())
    if not unread.any():
        return
    first = int(np.argmax(unread))
    known = {"func": f"`try_{function}`", "text": texts[first].as_py(), "pattern": patterns[first].as_py()}
    raise SparkError(ErrorKind.DATE_TIME, "CANNOT_PARSE_TIMESTAMP", explain_parse_failure(known))


KERNELS: dict[str, Kernel] = {
    "format_time": Kernel(_format, ("BIGINT", "VARCHAR", "VARCHAR"), "VARCHAR"),
    "read_time": Kernel(_read, ("VARCHAR", "VARCHAR", "VARCHAR", "VARCHAR"), "BIGINT"),
}
