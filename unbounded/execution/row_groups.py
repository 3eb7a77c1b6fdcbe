"""Rows of tables by equal keys: which rows form each group, in one pass of the engine. Spark's equality of keys.

NULL equals NULL, NaN equals NaN and 0.0 equals -0.0. Groups come in the order of their keys, rows within in the order
they had. No values pass through Python.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import duckdb
import numpy as np
import pyarrow as pa

from unbounded.execution.arrow_forms import engine_table


@dataclass(frozen=True, eq=False, slots=True)
class Grouped:
    """`table` in the order of its groups; group `g` has the rows `starts[g]` to `starts[g + 1]`."""

    table: pa.Table
    starts: np.ndarray[tuple[int], np.dtype[np.int64]]

    def __iter__(self) -> Iterator[tuple[int, int]]:
        return zip(self.starts[:-1].tolist(), self.starts[1:].tolist(), strict=True)


def grouped(
    cursor: duckdb.DuckDBPyConnection, tables: Sequence[pa.Table], keys: Sequence[Sequence[int]]
) -> tuple[Grouped, ...]:
    """Each table by the columns at its `keys`; group number `g` means the same key in all of them (it may be empty)."""
    numbers = _numbered(cursor, tables, keys)
    group_count = int(max((n.column("g")[-1].as_py() for n in numbers if n.num_rows), default=0))
    return tuple(_arranged(table, number, group_count) for table, number in zip(tables, numbers, strict=True))


def _numbered(
    cursor: duckdb.DuckDBPyConnection, tables: Sequence[pa.Table], keys: Sequence[Sequence[int]]
) -> list[pa.Table]:
    """For each table the columns `g` (group, from 1) and `i` (row), sorted by both."""
    names = [f"k{n}" for n in range(len(keys[0]))]
    for side, (table, columns) in enumerate(zip(tables, keys, strict=True)):
        selected = pa.table([table.column(c) for c in columns], names=names) if names else pa.table({})
        rows = pa.array(np.arange(table.num_rows), pa.int64())
        cursor.register(f"side{side}", engine_table(selected.append_column("i", rows)))
    sides = " UNION ALL ".join(f"SELECT {side} AS side, * FROM side{side}" for side in range(len(tables)))
    rank = f"dense_rank() OVER (ORDER BY {', '.join(names)})" if names else "1"
    query = f"SELECT * FROM (SELECT side, {rank} AS g, i FROM ({sides}) AS s) AS n ORDER BY side, g, i"
    found = cursor.sql(query).to_arrow_table()
    counts = np.bincount(found.column("side").to_numpy(), minlength=len(tables)).tolist()
    return [found.slice(sum(counts[:side]), counts[side]) for side in range(len(tables))]


def _arranged(table: pa.Table, numbers: pa.Table, group_count: int) -> Grouped:
    sizes = np.bincount(numbers.column("g").to_numpy(), minlength=group_count + 1)[1:]
    starts = np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes, dtype=np.int64)])
    return Grouped(table.take(numbers.column("i")).combine_chunks(), starts)
