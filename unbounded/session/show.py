"""What `show()`, `_repr_html_` and `explain` print, to the character."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from unbounded.analysis.context import Ids
from unbounded.cancellation import Cancellation
from unbounded.errors import not_supported
from unbounded.plan import unresolved as u
from unbounded.plan.expressions import Call, Expression
from unbounded.plan.logical import Limit, LogicalPlan, Project
from unbounded.session.pipeline import Pipeline
from unbounded.session.results import Rows
from unbounded.types.datatypes import STRING, StructField, StructType

EMPTY_TABLE = pa.table({})
_MINIMUM_WIDTH = 3


def schema_of(relation: u.Relation) -> StructType | None:
    """The schema of a shown relation; None for any other."""
    bare = relation.child if isinstance(relation, u.PlanId) else relation
    if not isinstance(bare, u.ShowString):
        return None
    return StructType((StructField("html_string" if bare.is_html else "show_string", STRING, False),))


def show_rows(shown: u.ShowString, pipeline: Pipeline, cancellation: Cancellation) -> Rows:
    """One row with the text."""
    if shown.is_html:
        raise not_supported("html_string", "It comes next.")
    ids = Ids()
    plan = Limit(pipeline.analyze(shown.child, ids), shown.row_count + 1)
    table = pipeline.collect(as_strings(plan, ids), cancellation)
    has_more = table.num_rows > shown.row_count
    names = [a.name for a in plan.output]
    text = table_text(names, table.slice(0, shown.row_count), shown.truncate)
    text += _footer(shown.row_count) if has_more else ""
    schema = StructType((StructField("show_string", STRING, False),))
    return Rows(schema, iter([pa.record_batch({"show_string": [text]})]))


def as_strings(plan: LogicalPlan, ids: Ids) -> LogicalPlan:
    """Every column as show() prints it."""
    return Project(plan, tuple(ids.alias(_shown(a), a.name) for a in plan.output))


def _shown(column: Expression) -> Expression:
    text = Call("show_text", (column,), STRING)
    return text


def table_text(names: Sequence[str], table: pa.Table, truncate: int) -> str:
    """The framed table; `truncate` 0 keeps whole cells and aligns left, otherwise cells are cut and aligned right."""
    columns = [[_cut(name, truncate), *(_cut(v, truncate) for v in table.column(i).to_pylist())] for i, name in enumerate(names)]
    widths = [max(_MINIMUM_WIDTH, *(display_width(cell) for cell in column)) for column in columns]
    rule = "+" + "+".join("-" * width for width in widths) + "+\n"
    rows = ["|" + "|".join(_pad(cell, w, truncate) for cell, w in zip(row, widths, strict=True)) + "|\n" for row in zip(*columns, strict=True)]
    if not names:
        return "++\n||\n++\n" + "||\n" * table.num_rows + "++\n"
    return rule + rows[0] + rule + "".join(rows[1:]) + rule


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


def explain(relation: u.Relation, mode: str, pipeline: Pipeline) -> str:
    """The engine query of `relation`."""
    query = pipeline.lower(pipeline.analyze(relation))
    return f"== Physical Plan ==\n{query.sql}\n"


