"""Pivot: one conditional aggregate per pivot value and aggregate."""

from __future__ import annotations

from dataclasses import replace
from functools import reduce
from typing import cast

from unbounded.analysis.context import Analysis
from unbounded.errors import analysis_error
from unbounded.functions.catalog import REGISTRY
from unbounded.functions.naming import literal_name, pretty_name
from unbounded.functions.registry import FunctionKind
from unbounded.plan import unresolved as u
from unbounded.plan.expressions import Attribute
from unbounded.plan.logical import LogicalPlan, Project
from unbounded.plan.tree import rewrite_down, walk
from unbounded.types.datatypes import INTEGER

MAX_PIVOT_VALUES = 10_000
"""Spark's `spark.sql.pivotMaxValues`."""


def expand_pivot(relation: u.Aggregate, analysis: Analysis) -> u.Aggregate:
    """The same aggregate without pivot: its columns are named by value, and by aggregate if there are several."""
    pivot = relation.pivot
    assert pivot is not None
    _refuse_stars(relation)
    values = pivot.values or _distinct_values(relation, pivot, analysis)
    is_single = len(relation.aggregates) == 1
    columns = tuple(
        u.Alias(
            _only_for(value, pivot.column, _bare(aggregate)), (_name(value, aggregate, is_single, relation, analysis),)
        )
        for value in values
        for aggregate in relation.aggregates
    )
    return replace(relation, pivot=None, aggregates=columns)


def resolve_pivot_table(relation: u.PivotTable, analysis: Analysis) -> LogicalPlan:
    """SQL's PIVOT: grouped by every column that is not mentioned."""
    child = analysis.relation(relation.child)
    scope = analysis.scope(child)
    mentioned = {
        node.id
        for expression in (relation.column, *map(_bare, relation.aggregates))
        for node in walk(analysis.expression(expression, scope))
        if isinstance(node, Attribute)
    }
    kept = tuple(u.UnresolvedAttribute((a.name,)) for a in child.output if a.id not in mentioned)
    pivot = u.Pivot(relation.column, relation.values)
    aggregates = tuple(map(_without_star, relation.aggregates))
    return analysis.relation(u.Aggregate(relation.child, kept, aggregates, pivot=pivot))


def _distinct_values(relation: u.Aggregate, pivot: u.Pivot, analysis: Analysis) -> tuple[u.Expression, ...]:
    child = analysis.relation(relation.child)
    column = analysis.ids.alias(analysis.expression(pivot.column, analysis.scope(child)), "value")
    rows = analysis.finished(Project(child, (column,)))
    found = analysis.catalog.distinct_values(rows, MAX_PIVOT_VALUES + 1)
    if len(found) > MAX_PIVOT_VALUES:
        raise analysis_error(
            "_LEGACY_ERROR_TEMP_1324", pivotColumn=pretty_name(column), maxValues=str(MAX_PIVOT_VALUES)
        )
    return tuple(u.Literal(value, column.data_type) for value in found)


def _bare(expression: u.Expression) -> u.Expression:
    return expression.child if isinstance(expression, u.Alias) else expression


def _only_for(value: u.Expression, column: u.Expression, aggregate: u.Expression) -> u.Expression:
    """`aggregate` over the rows whose pivot column is `value`; NULL, whatever the aggregate, if there are none."""
    matches = _matches(column, _bare(value))

    def restrict(node: object) -> object | None:
        if not isinstance(node, u.UnresolvedFunction) or not _is_aggregate(node.name):
            return None
        condition = matches if node.filter is None else u.UnresolvedFunction("and", (matches, node.filter))
        return replace(node, filter=condition)

    count = u.UnresolvedFunction("count", (u.Literal(1, INTEGER),), filter=matches)
    has_rows = u.UnresolvedFunction(">", (count, u.Literal(0, INTEGER)))
    return u.UnresolvedFunction("when", (has_rows, rewrite_down(aggregate, restrict)))


def _matches(column: u.Expression, value: u.Expression) -> u.Expression:
    """Several pivot columns are a struct, and so is each of their values; they are compared one by one."""
    match column, value:
        case u.UnresolvedFunction(name="named_struct", arguments=columns), u.UnresolvedFunction(
            name="named_struct", arguments=values
        ) if len(columns) == len(values):
            pairs = map(_matches, columns[1::2], map(_bare, values[1::2]))
            return reduce(lambda a, b: u.UnresolvedFunction("and", (a, b)), pairs)
        case _:
            return u.UnresolvedFunction("<=>", (column, value))


def _is_aggregate(name: str) -> bool:
    function = REGISTRY.find(name.lower())
    return function is not None and function.kind is FunctionKind.AGGREGATE


def _refuse_stars(relation: u.Aggregate) -> None:
    if any(isinstance(node, u.UnresolvedStar) for aggregate in relation.aggregates for node in walk(aggregate)):
        raise analysis_error("INVALID_USAGE_OF_STAR_OR_REGEX", elem="'*'", prettyName="Pivot")


def _without_star(aggregate: u.Expression) -> u.Expression:
    """SQL's count(*) counts rows."""

    def change(node: object) -> object | None:
        return u.Literal(1, INTEGER) if isinstance(node, u.UnresolvedStar) else None

    return cast(u.Expression, rewrite_down(aggregate, change))


def _name(
    value: u.Expression, aggregate: u.Expression, is_single: bool, relation: u.Aggregate, analysis: Analysis
) -> str:
    shown = value.names[0] if isinstance(value, u.Alias) else _literal_text(value)
    if is_single and not isinstance(aggregate, u.Alias):
        return shown
    if is_single:
        return shown
    if isinstance(aggregate, u.Alias):
        return f"{shown}_{aggregate.names[0]}"
    child = analysis.relation(relation.child)
    return f"{shown}_{pretty_name(analysis.expression(aggregate, analysis.scope(child)))}"


def _literal_text(value: u.Expression) -> str:
    if not isinstance(value, u.Literal):
        raise analysis_error("NON_LITERAL_PIVOT_VALUES", expression=f'"{value}"')
    return "null" if value.value is None else literal_name(value.value, value.data_type)
