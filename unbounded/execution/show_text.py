"""Tables as `show()` and the console sink print them, to the character."""

from __future__ import annotations

from collections.abc import Sequence
from html.entities import codepoint2name

import pyarrow as pa

from unbounded.analysis.context import Ids
from unbounded.plan.expressions import Call
from unbounded.plan.logical import LogicalPlan, Project
from unbounded.types.datatypes import STRING

_MINIMUM_WIDTH = 3


def as_strings(plan: LogicalPlan, ids: Ids) -> LogicalPlan:
    """Every column as show() prints it."""
    return Project(plan, tuple(ids.alias(Call("show_text", (a,), STRING), a.name) for a in plan.output))


_ESCAPES = str.maketrans({"\n": "\\n", "\r": "\\r", "\t": "\\t", "\f": "\\f", "\b": "\\b", "\v": "\\v", "\a": "\\a"})


def table_text(names: Sequence[str], table: pa.Table, row_count: int, truncate: int) -> str:
    """The framed table of the first `row_count` rows of `table` (all text), and a line that says if there are more.

    `truncate` 0 keeps whole cells and aligns left, otherwise cells are cut and aligned right; names are never cut.
    """
    heads = [name.translate(_ESCAPES) for name in names]
    columns = [[name, *cells] for name, cells in zip(heads, _cells(table, row_count, truncate), strict=True)]
    widths = [max(_MINIMUM_WIDTH, *map(display_width, column)) for column in columns]
    rule = "+" + "+".join("-" * width for width in widths) + "+\n" if columns else "++\n"
    shown_count = min(row_count, table.num_rows)
    lines = [_line(row, widths, truncate) for row in zip(*columns, strict=True)] or ["||\n"] * (shown_count + 1)
    return rule + lines[0] + rule + "".join(lines[1:]) + rule + _footer(table, row_count)


def vertical_text(names: Sequence[str], table: pa.Table, row_count: int, truncate: int) -> str:
    """One line per cell, the rows under headings."""
    rows = list(zip(*_cells(table, row_count, truncate), strict=True))
    name_width = max(_MINIMUM_WIDTH, *map(display_width, names), 0)
    cell_width = max([_MINIMUM_WIDTH, *(display_width(cell) for row in rows for cell in row)])
    parts = []
    for number, row in enumerate(rows):
        parts.append(f"-RECORD {number}".ljust(name_width + cell_width + 5, "-") + "\n")
        cells = zip(names, row, strict=True)
        parts.extend(f" {_pad(name, name_width, 0)} | {_pad(cell, cell_width, 0)} \n" for name, cell in cells)
    return "".join(parts) + (_footer(table, row_count) if rows else "(0 rows)")


def html_text(names: Sequence[str], table: pa.Table, row_count: int, truncate: int) -> str:
    """An HTML table."""
    rows = zip(*_cells(table, row_count, truncate), strict=True)
    header = f"<tr><th>{'</th><th>'.join(map(_escaped, names))}</th></tr>\n"
    lines = (f"<tr><td>{'</td><td>'.join(map(_escaped, row))}</td></tr>\n" for row in rows)
    return f"<table border='1'>\n{header}{''.join(lines)}</table>\n{_footer(table, row_count)}"


def _escaped(text: str) -> str:
    """With the named entities of HTML 4; other characters stay."""
    return "".join(f"&{codepoint2name[ord(c)]};" if ord(c) in codepoint2name else c for c in text)


def _cells(table: pa.Table, row_count: int, truncate: int) -> list[list[str]]:
    return [[_cut(cell, truncate) for cell in column.to_pylist()] for column in table.slice(0, row_count).columns]


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
    """Half-width columns as Java counts: a character beyond 16 bits is two, and so is one of the full-width ranges."""
    return len(text) + sum(1 for char in text if ord(char) > 0xFFFF or _is_full_width(ord(char)))


_FULL_WIDTH = (
    (0x1100, 0x115F), (0x2E80, 0x303E), (0x3041, 0x33BF), (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xA000, 0xA4CF),
    (0xAC00, 0xD7A3), (0xF900, 0xFAFF), (0xFE30, 0xFE6F), (0xFF00, 0xFF60), (0xFFE0, 0xFFE6),
)  # fmt: skip


def _is_full_width(code: int) -> bool:
    return any(first <= code <= last for first, last in _FULL_WIDTH)


def _footer(table: pa.Table, row_count: int) -> str:
    if table.num_rows <= row_count:
        return ""
    return f"only showing top {row_count} {'row' if row_count == 1 else 'rows'}"
