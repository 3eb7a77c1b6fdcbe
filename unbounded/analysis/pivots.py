"""Pivot: one conditional aggregate per pivot value and aggregate; on a stream Spark's two aggregates."""

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
from unbounded.plan.expressions import AggregateCall, Attribute, Expression
from unbounded.plan.logical import Aggregate, LogicalPlan, Project
from unbounded.plan.streaming import is_streaming
from unbounded.plan.tree import rewrite_down, walk
from unbounded.types.datatypes import INTEGER, BooleanType, NumericType

MAX_PIVOT_VALUES = 10_000
"""Spark's `spark.sql.pivotMaxValues`."""

_PIVOT_COLUMN = "__pivot_col"


def resolve_pivot_of_stream(relation: u.Aggregate, analysis: Analysis) -> LogicalPlan | None:
    """The two aggregates that Spark makes of a pivot on a stream: by group and pivot value, then by group.

    None for batches, and for results that are no numbers: those are single aggregates.

    Raises: SparkError if the values are not given
    """
    pivot = relation.pivot
    assert pivot is not None
    if not is_streaming(analysis.relation(relation.child)):
        return None
    if not pivot.values:
        raise analysis_error("_LEGACY_ERROR_TEMP_3063")
    _refuse_stars(relation)
    if not _are_numbers(relation, analysis):
        return None
    by_value = (*relation.grouping, u.Alias(pivot.column, (_PIVOT_COLUMN,)))
    inner = analysis.relation(replace(relation, pivot=None, grouping=by_value))
    keys, results = inner.output[: len(relation.grouping)], inner.output[len(by_value) :]
    is_single, scope = len(results) == 1, analysis.scope(inner)
    columns = tuple(
        analysis.ids.alias(
            _where(result, analysis.expression(_is_value(value), scope)),
            _name(value, aggregate, is_single, relation, analysis),
        )
        for value in pivot.values
        for result, aggregate in zip(results, relation.aggregates, strict=True)
    )
    return Aggregate(inner, keys, (*keys, *columns))


def _are_numbers(relation: u.Aggregate, analysis: Analysis) -> bool:
    """Whether Spark puts the results into columns after it has aggregated by pivot value; others it aggregates for each
    value among all rows, where no rows have a result too (`[]`, 0)."""
    scope = analysis.scope(analysis.relation(relation.child))
    types = [analysis.expression(u.unaliased(aggregate), scope).data_type for aggregate in relation.aggregates]
    return all(isinstance(data_type, NumericType | BooleanType) for data_type in types)


def _is_value(value: u.Expression) -> u.Expression:
    return u.UnresolvedFunction("<=>", (u.UnresolvedAttribute((_PIVOT_COLUMN,)), u.unaliased(value)))


def _where(result: Attribute, matches: Expression) -> Expression:
    """The only row of a group that has the pivot value."""
    return AggregateCall("max", (result,), result.data_type, filter=matches)


def expand_pivot(relation: u.Aggregate, analysis: Analysis) -> u.Aggregate:
    """The same aggregate without pivot: its columns are named by value, and by aggregate if there are several."""
    pivot = relation.pivot
    assert pivot is not None
    _refuse_stars(relation)
    values = pivot.values or _distinct_values(relation, pivot, analysis)
    is_single, needs_rows = len(relation.aggregates) == 1, _are_numbers(relation, analysis)
    columns = tuple(
        u.Alias(
            _only_for(value, pivot.column, u.unaliased(aggregate), needs_rows=needs_rows),
            (_name(value, aggregate, is_single, relation, analysis),),
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
        for expression in (relation.column, *map(u.unaliased, relation.aggregates))
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


def _only_for(value: u.Expression, column: u.Expression, aggregate: u.Expression, *, needs_rows: bool) -> u.Expression:
    """`aggregate` over the rows whose pivot column is `value`; with `needs_rows` NULL, whatever the aggregate, if there
    are none."""
    matches = _matches(column, u.unaliased(value))

    def restrict(node: object) -> object | None:
        if not isinstance(node, u.UnresolvedFunction) or not _is_aggregate(node.name):
            return None
        condition = matches if node.filter is None else u.UnresolvedFunction("and", (matches, node.filter))
        return replace(node, filter=condition)

    restricted = cast(u.Expression, rewrite_down(aggregate, restrict))
    if not needs_rows:
        return restricted
    count = u.UnresolvedFunction("count", (u.Literal(1, INTEGER),), filter=matches)
    has_rows = u.UnresolvedFunction(">", (count, u.Literal(0, INTEGER)))
    return u.UnresolvedFunction("when", (has_rows, restricted))


def _matches(column: u.Expression, value: u.Expression) -> u.Expression:
    """Several pivot columns are a struct, and so is each of their values; they are compared one by one."""
    match column, value:
        case u.UnresolvedFunction(name="named_struct", arguments=columns), u.UnresolvedFunction(
            name="named_struct", arguments=values
        ) if len(columns) == len(values):
            pairs = map(_matches, columns[1::2], map(u.unaliased, values[1::2]))
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
