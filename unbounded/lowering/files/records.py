"""Records of text formats: cells become columns, and malformed records are kept, dropped or refused by the mode."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from unbounded.connectors.files.format_options import Mode
from unbounded.connectors.files.scan import FileScan
from unbounded.errors import ErrorKind
from unbounded.functions.engine import raise_error
from unbounded.functions.environment import Environment
from unbounded.functions.text_forms import from_text
from unbounded.lowering.files.metadata import metadata_value
from unbounded.lowering.lowered import Lowering
from unbounded.types.coercion import is_string_like


@dataclass(frozen=True, slots=True)
class Column:
    """`cell` is the raw cell over the source, NULL if there is none; `value` reads the cell, called `{value}` in it."""

    cell: str
    value: str


def lower_records(
    scan: FileScan,
    mode: Mode,
    source: str,
    columns: Sequence[Column],
    bad_record: str | None,
    lowering: Lowering,
) -> str:
    """A SELECT of all columns of the scan as `v0`, `v1`, …

    `source` has `line`, `file` and the partition texts; `bad_record` is true for records that are wrong as a whole.
    """
    cells = ", ".join(f"{column.cell} AS cell{i}" for i, column in enumerate(columns))
    values = ", ".join(f"{c.value.replace('{value}', f'cell{i}')} AS value{i}" for i, c in enumerate(columns))
    passed = ["line", "file", *(f"part{i}" for i in range(len(scan.partition_schema.fields)))]
    flag = f"({bad_record}) AS is_bad_record" if bad_record else "false AS is_bad_record"
    celled = f"SELECT {', '.join([*passed, flag, *([cells] if cells else [])])} FROM ({source}) AS tokenized"
    own = [f"cell{i}" for i in range(len(columns))]
    read = ", ".join([*passed, "is_bad_record", *own, *([values] if values else [])])
    valued = f"SELECT {read} FROM ({celled}) AS celled"
    return f"SELECT {_output(scan, lowering)} FROM ({valued}) AS valued{_condition(scan, mode, columns)}".replace(
        "{is_bad}", is_bad(scan, columns)
    )


def is_bad(scan: FileScan, columns: Sequence[Column]) -> str:
    """Whether a record is malformed: as a whole, or because a cell that is needed cannot be read."""
    positions = [i for i in range(len(scan.data_schema.fields)) if i != scan.corrupt_position]
    needs_all = scan.corrupt_position is not None and scan.requires(scan.corrupt_position)
    unread = [
        f"(cell{i} IS NOT NULL AND value{i} IS NULL)"
        for i, position in enumerate(positions)
        if (needs_all or scan.requires(position)) and not is_string_like(scan.data_schema.fields[position].data_type)
    ]
    return f"({' OR '.join(['is_bad_record', *unread])})"


def _condition(scan: FileScan, mode: Mode, columns: Sequence[Column]) -> str:
    if mode is Mode.DROP_MALFORMED:
        return " WHERE NOT {is_bad}"
    if mode is Mode.FAIL_FAST:
        failure = raise_error(ErrorKind.SPARK, "FAILED_READ_FILE.NO_HINT", {}, {"path": "'file://' || file"})
        return f" WHERE CASE WHEN {{is_bad}} THEN {failure} ELSE true END"
    return ""


def _output(scan: FileScan, lowering: Lowering) -> str:
    items, position = [], 0
    for index in range(len(scan.data_schema.fields)):
        if index == scan.corrupt_position:
            items.append(f"CASE WHEN {{is_bad}} THEN line END AS v{index}")
            continue
        items.append(f"value{position} AS v{index}")
        position += 1
    return ", ".join([*items, *values_of_file(scan, "file", lowering)]) or "0 AS none"


def values_of_file(scan: FileScan, file: str, lowering: Lowering, row_number: str | None = None) -> list[str]:
    """The columns behind those inside the files: partition values, and `_metadata` if the scan has it."""
    return [*_partition_values(scan, lowering.environment), *metadata_value(scan, file, lowering, row_number)]


def _partition_values(scan: FileScan, environment: Environment) -> list[str]:
    """`part0 … AS vN` for each partition column."""
    first = len(scan.data_schema.fields)
    return [
        (f"part{i}" if is_string_like(f.data_type) else from_text(f"part{i}", f.data_type, environment))
        + f" AS v{first + i}"
        for i, f in enumerate(scan.partition_schema.fields)
    ]
