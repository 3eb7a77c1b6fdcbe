"""Tables as `show()` and the console sink print them, to the character."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from unbounded.analysis.context import Ids
from unbounded.plan.expressions import Call
from unbounded.plan.logical import LogicalPlan, Project
from unbounded.types.datatypes import STRING

_MINIMUM_WIDTH = 3


def as_strings(plan: LogicalPlan, ids: Ids) -> LogicalPlan:
    """Every column as show() prints it."""
    return Project(plan, tuple(ids.alias(Call("show_text", (a,), STRING), a.name) for a in plan.output))


def table_text(names: Sequence[str], table: pa.Table, row_count: int, truncate: int) -> str:
    """The framed table of the first `row_count` rows of `table` (all text), and a line that says if there are more.

    `truncate` 0 keeps whole cells and aligns left, otherwise cells are cut and aligned right; names are never cut.
    """
    shown = table.slice(0, row_count)
    columns = [
        [name, *(_cut(cell, truncate) for cell in column.to_pylist())]
        for name, column in zip(names, shown.columns, strict=True)
    ]
    widths = [max(_MINIMUM_WIDTH, *map(display_width, column)) for column in columns]
    rule = "+" + "+".join("-" * width for width in widths) + "+\n"
    header, *rows = [_line(row, widths, truncate) for row in zip(*columns, strict=True)] or ["||\n"] * (len(shown) + 1)
    frame = rule + header + rule + "".join(rows) + rule if columns else f"++\n{header}++\n{''.join(rows)}++\n"
    return frame + (_footer(row_count) if table.num_rows > row_count else "")


def _line(cells: Sequence[str], widths: Sequence[int], truncate: int) -> str:
    return "|" + "|".join(_pad(cell, width, truncate) for cell, width in zip(cells, widths, strict=True)) + "|\n"


def _cut(cell: str, truncate: int) -> str:
    if truncate <= 0 or len(cell) <= truncate:
        return cell
    return cell[:truncate] if truncate < 4 else cell[: truncate - 3] + "..."


def _pad(cell: str, width: int, truncate: int) -> str:
    space = " " * (width - display_width(cell))
    return space + cell if truncate > 0 else cell + space


def display_width(text: str) -> int:
    """Half-width columns, with Spark's ranges of full-width characters counted double."""
    return len(text) + sum(1 for char in text if _is_full_width(ord(char)))


_FULL_WIDTH = (
    (0x1100, 0x115F), (0x2E80, 0x303E), (0x3041, 0x33BF), (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xA000, 0xA4CF),
    (0xAC00, 0xD7A3), (0xF900, 0xFAFF), (0xFE30, 0xFE6F), (0xFF00, 0xFF60), (0xFFE0, 0xFFE6),
)  # fmt: skip


def _is_full_width(code: int) -> bool:
    return any(first <= code <= last for first, last in _FULL_WIDTH)


def _footer(row_count: int) -> str:
    return f"only showing top {row_count} {'row' if row_count == 1 else 'rows'}\n"


