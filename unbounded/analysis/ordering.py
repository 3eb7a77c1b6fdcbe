"""Sort, limit, offset, tail, distinct; and columns that an ORDER BY or HAVING may use without selecting them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

from unbounded.analysis.context import Analysis, Scope
from unbounded.analysis.expressions import resolve_sort_order
from unbounded.analysis.over_groups import resolve_over_groups
from unbounded.analysis.plans import groups_of_equal_rows
from unbounded.analysis.sets import refuse_maps
from unbounded.errors import SparkError, analysis_error
from unbounded.functions.naming import pretty_name
from unbounded.plan import unresolved as u
from unbounded.plan.expressions import Attribute, Expression, Literal, SortOrder
from unbounded.plan.logical import (
    Aggregate,
    Deduplicate,
    Filter,
    Limit,
    LogicalPlan,
    OneRow,
    Project,
    Sort,
    Tail,
)
from unbounded.plan.streaming import is_streaming
from unbounded.plan.tree import walk
from unbounded.types.datatypes import IntegralType

T = TypeVar("T", bound=tuple[Any, ...])


def resolve_sort(relation: u.Sort, analysis: Analysis) -> LogicalPlan:
    child = analysis.relation(relation.child)
    plan, order = with_missing_columns(
        child, lambda scope: tuple(_resolve_order(o, child, scope, analysis) for o in relation.order), analysis
    )
    if not order:
        return child
    sorted_plan = Sort(plan, order)
    return sorted_plan if plan is child else Project(sorted_plan, child.output)


def _resolve_order(order: u.SortOrder, child: LogicalPlan, scope: Scope, analysis: Analysis) -> SortOrder:
    """An integer literal is a position in the output."""
    if isinstance(order.child, u.Literal) and isinstance(order.child.data_type, IntegralType):
        position = order.child.value
        if not 1 <= position <= len(child.output):
            error = analysis_error("ORDER_BY_POS_OUT_OF_RANGE", index=str(position), size=str(len(child.output)))
            error.locate(order.child.origin)
            raise error
        return SortOrder(child.output[position - 1], order.is_ascending, order.has_nulls_first)
    return resolve_sort_order(order, scope, analysis)


def with_missing_columns(
    child: LogicalPlan, resolve: Callable[[Scope], T], analysis: Analysis
) -> tuple[LogicalPlan, T]:
    """Resolves over `child`; failing that, over `child` widened by columns its projection left out.

    Returns the plan that has all columns used (itself `child` when nothing was missing).
    """
    if isinstance(child, Aggregate):
        return resolve_over_groups(child, resolve, analysis)
    try:
        return child, resolve(analysis.scope(child))
    except SparkError as error:
        hidden = _hidden_columns(child)
        if not hidden or not error.condition.startswith(("UNRESOLVED_COLUMN", "CANNOT_RESOLVE_DATAFRAME_COLUMN")):
            raise
        try:
            resolved = resolve(Scope((*child.output, *hidden), analysis.outer, plans=(child,)))
        except SparkError:
            raise error from None
        used = {node.id for part in resolved for node in walk(part) if isinstance(node, Attribute)}
        return _widen(child, tuple(a for a in hidden if a.id in used)), resolved


def _hidden_columns(plan: LogicalPlan) -> tuple[Attribute, ...]:
    """Columns below projections that do not come out of `plan`."""
    match plan:
        case Project(child=child):
            kept = {a.id for a in plan.output}
            return tuple(a for a in (*child.output, *_hidden_columns(child)) if a.id not in kept)
        case Filter(child=child) | Sort(child=child):
            return _hidden_columns(child)
        case _:
            return ()


def _widen(plan: LogicalPlan, columns: tuple[Attribute, ...]) -> LogicalPlan:
    """`plan` with `columns` from below let through."""
    match plan:
        case Project(child=child, expressions=expressions):
            below = {a.id for a in child.output}
            deeper = tuple(a for a in columns if a.id not in below)
            return Project(_widen(child, deeper) if deeper else child, (*expressions, *columns))
        case Filter(child=child) | Sort(child=child):
            return replace(plan, child=_widen(child, columns))
        case _:
            raise AssertionError("hidden columns come from projections only")


def resolve_limit(relation: u.Limit, analysis: Analysis) -> LogicalPlan:
    child = analysis.relation(relation.child)
    count = _row_count(relation.count, "limit", child, analysis)
    if isinstance(child, Limit) and child.count is None:
        return replace(child, count=count)
    return Limit(child, count)


def resolve_offset(relation: u.Offset, analysis: Analysis) -> LogicalPlan:
    child = analysis.relation(relation.child)
    return Limit(child, None, _row_count(relation.count, "offset", child, analysis))


def resolve_tail(relation: u.Tail, analysis: Analysis) -> LogicalPlan:
    return Tail(analysis.relation(relation.child), relation.count)


def _row_count(expression: u.Expression, name: str, child: LogicalPlan, analysis: Analysis) -> int:
    try:
        return _constant_row_count(analysis.expression(expression, analysis.scope(child)), name, analysis)
    except SparkError as error:
        error.locate(getattr(expression, "origin", None))
        raise


def _constant_row_count(resolved: Expression, name: str, analysis: Analysis) -> int:
    value = constant_value(resolved, analysis)
    if value is None:
        raise analysis_error(
            "INVALID_LIMIT_LIKE_EXPRESSION.IS_UNFOLDABLE", name=name, expr=f'"{pretty_name(resolved)}"'
        )
    if not isinstance(value.data_type, IntegralType):
        raise analysis_error(
            "INVALID_LIMIT_LIKE_EXPRESSION.DATA_TYPE",
            name=name,
            expr=f'"{pretty_name(resolved)}"',
            dataType=f'"{value.data_type.sql_name}"',
        )
    if value.value is None or value.value < 0:
        kind = "IS_NULL" if value.value is None else "IS_NEGATIVE"
        parameters = {"name": name, "expr": f'"{pretty_name(resolved)}"'}
        if kind == "IS_NEGATIVE":
            parameters["v"] = str(value.value)
        raise analysis_error(f"INVALID_LIMIT_LIKE_EXPRESSION.{kind}", **parameters)
    return int(value.value)


def constant_value(expression: Expression, analysis: Analysis) -> Literal | None:
    """The value of an expression that reads no column; None if it reads one."""
    if isinstance(expression, Literal):
        return expression
    if any(isinstance(node, Attribute) for node in walk(expression)):
        return None
    row = Project(OneRow(), (analysis.ids.alias(expression, "value"),))
    return Literal(analysis.catalog.distinct_values(row, 1)[0], expression.data_type)


def resolve_deduplicate(relation: u.Deduplicate, analysis: Analysis) -> LogicalPlan:
    child = analysis.relation(relation.child)
    if relation.is_select and is_streaming(child):
        return groups_of_equal_rows(child)
    keys = child.output
    if relation.columns:
        keys = tuple(a for name in relation.columns for a in _columns_called(name, child, analysis))
    refuse_maps(keys)
    return Deduplicate(child, keys, relation.is_within_watermark)


def _columns_called(name: str, child: LogicalPlan, analysis: Analysis) -> tuple[Attribute, ...]:
    found = tuple(a for a in child.output if analysis.same_name(a.name, name))
    if not found:
        shown = ", ".join(f"`{a.name}`" for a in child.output)
        raise analysis_error("UNRESOLVED_COLUMN_AMONG_FIELD_NAMES", colName=f'"{name}"', fieldNames=shown)
    return found
