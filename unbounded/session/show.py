"""What `show()`, `_repr_html_` and `explain` print, to the character."""

from __future__ import annotations

import pyarrow as pa

from unbounded.analysis.context import Ids
from unbounded.cancellation import Cancellation
from unbounded.connectors.api import DescribedSource
from unbounded.execution.show_text import as_strings, html_text, table_text, vertical_text
from unbounded.functions.plan_text import plan_branch, render_tree
from unbounded.lowering.lowered import Input, SourceInput
from unbounded.plan import unresolved as u
from unbounded.plan.logical import Limit
from unbounded.plan.streaming import is_streaming
from unbounded.session.pipeline import Pipeline
from unbounded.session.results import Rows
from unbounded.types.datatypes import STRING, StructField, StructType

_WITH_LOGICAL_PLAN = frozenset({"extended", "cost", "formatted"})
EMPTY_TABLE = pa.table({})


def schema_of(relation: u.Relation) -> StructType | None:
    """The schema of a shown relation; None for any other."""
    bare = relation.child if isinstance(relation, u.PlanId) else relation
    if not isinstance(bare, u.ShowString):
        return None
    return StructType((StructField("html_string" if bare.is_html else "show_string", STRING, False),))


def show_rows(shown: u.ShowString, pipeline: Pipeline, cancellation: Cancellation) -> Rows:
    """One row with the text."""
    ids = Ids()
    plan = Limit(pipeline.in_spark_order(pipeline.analyze(shown.child, ids)), shown.row_count + 1)
    table = pipeline.collect(as_strings(plan, ids), cancellation)
    write = html_text if shown.is_html else vertical_text if shown.is_vertical else table_text
    text = write([a.name for a in plan.output], table, shown.row_count, shown.truncate)
    schema = schema_of(shown)
    assert schema is not None
    return Rows(schema, iter([pa.RecordBatch.from_arrays([_one_text(text)], [schema.fields[0].name])]))


def _one_text(text: str) -> pa.Array:
    """An array of `text`. Building it from a Python list would import pandas, a quarter of the time to a first row."""
    builder = pa.lib.StringBuilder()
    builder.append(text)
    return builder.finish()


def explain(relation: u.Relation, mode: str, pipeline: Pipeline) -> str:
    """The engine query of `relation`; in the longer modes its logical plan above it. Of a stream the plan alone."""
    plan = pipeline.analyze(relation)
    logical = f"== Analyzed Logical Plan ==\n{render_tree(plan_branch(plan))}"
    if is_streaming(plan):
        return logical
    query = pipeline.lower(plan)
    physical = f"== Physical Plan ==\n{query.sql}\n{''.join(map(_described, query.inputs))}"
    return f"{logical}\n{physical}" if mode in _WITH_LOGICAL_PLAN else physical


def _described(needed: Input) -> str:
    if isinstance(needed, SourceInput) and isinstance(needed.source, DescribedSource):
        return f"{needed.name}: {needed.source.description}\n"
    return ""
