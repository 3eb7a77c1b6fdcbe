"""GROUP BY in all its forms: groupBy().agg(), SQL's select list with ordinals and aliases, grouping sets, pivot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations
from typing import cast

from unbounded.analysis import generators
from unbounded.analysis.context import Analysis, Scope
from unbounded.analysis.expressions import resolve_named
from unbounded.analysis.grouping_forms import is_group_by_all, plain_items
from unbounded.analysis.names import qualified
from unbounded.analysis.over_groups import (
    GROUPING_FUNCTIONS,
    over_group_columns,
    resolve_over_groups,
)
from unbounded.analysis.pivots import expand_pivot, resolve_pivot_of_stream
from unbounded.analysis.projection import (
    has_aggregate,
    is_aggregate_call,
    refuse_changing_arguments,
    refuse_grouping_functions,
)
from unbounded.analysis.time_windows import PlannedWindows, plan_grouping_windows
from unbounded.analysis.windows import refuse_bare_window_functions
from unbounded.errors import SparkError, analysis_error
from unbounded.functions.naming import pretty_name
from unbounded.plan import unresolved as u
from unbounded.plan.event_time import with_inherited_metadata
from unbounded.plan.expressions import (
    AggregateCall,
    Alias,
    Attribute,
    Call,
    Expression,
    Literal,
    NamedExpression,
    PythonCall,
    WindowCall,
    to_attribute,
    unaliased,
)
from unbounded.plan.logical import Aggregate, Filter, LogicalPlan, Project
from unbounded.plan.tree import children, map_children, rewrite_down, walk
from unbounded.types.datatypes import IntegralType


def resolve_aggregate(relation: u.Aggregate, analysis: Analysis) -> LogicalPlan:
    """Raises: SparkError MISSING_AGGREGATION, GROUP_BY_POS_*, GROUP_BY_AGGREGATE, NESTED_AGGREGATE_FUNCTION"""
    if relation.pivot is not None:
        relation = replace(relation, child=u.Planned(analysis.relation(relation.child)))
        of_stream = resolve_pivot_of_stream(relation, analysis)
        if of_stream is not None:
            return of_stream
        relation = expand_pivot(relation, analysis)
    child = analysis.relation(relation.child)
    grouping_texts, sets = _grouping_sets(relation)
    windows = _resolve_grouping(grouping_texts, relation, child, analysis)
    child, grouping = windows.plan, windows.expressions
    outputs = tuple(map(windows.read, _resolve_outputs(relation, grouping, child, analysis)))
    aggregate = _build(child, grouping, outputs, relation.kind, sets, analysis)
    return _with_having(aggregate, relation.having, analysis) if relation.having is not None else aggregate


def _grouping_sets(relation: u.Aggregate) -> tuple[tuple[u.Expression, ...], tuple[tuple[int, ...], ...] | None]:
    """All grouping expressions, and which of them each grouping set uses (None for a plain GROUP BY)."""
    positions = range(len(relation.grouping))
    match relation.kind:
        case u.GroupingKind.GROUP_BY:
            return relation.grouping, None
        case u.GroupingKind.ROLLUP:
            return relation.grouping, tuple(tuple(positions[:n]) for n in range(len(positions), -1, -1))
        case u.GroupingKind.CUBE:
            return relation.grouping, tuple(
                c for n in range(len(positions), -1, -1) for c in combinations(positions, n)
            )
        case u.GroupingKind.GROUPING_SETS:
            every = list(dict.fromkeys((*relation.grouping, *(e for s in relation.grouping_sets for e in s))))
            return tuple(every), tuple(tuple(every.index(e) for e in s) for s in relation.grouping_sets)


def _resolve_grouping(
    expressions: Sequence[u.Expression], relation: u.Aggregate, child: LogicalPlan, analysis: Analysis
) -> PlannedWindows:
    if is_group_by_all(relation, child, analysis):
        expressions = plain_items(relation, analysis.scope(child), analysis)
    targets = [_meant(e, relation, child, analysis) for e in expressions]
    child, named = generators.resolve_select_list(targets, child, analysis)
    for expression in named:
        if has_aggregate(expression):
            found = analysis_error("GROUP_BY_AGGREGATE", sqlExpr=pretty_name(qualified(unaliased(expression))))
            found.locate(next((call.origin for t in targets for call in walk(t) if is_aggregate_call(call)), None))
            raise found
    return plan_grouping_windows(child, named, analysis)


def _meant(expression: u.Expression, relation: u.Aggregate, child: LogicalPlan, analysis: Analysis) -> u.Expression:
    """In SQL, GROUP BY 1 and GROUP BY alias stand for items of the select list; a column goes before an alias."""
    if not relation.is_select_list or not isinstance(expression, u.Literal | u.UnresolvedAttribute):
        return expression
    if isinstance(expression, u.Literal):
        return _ordinal(expression, relation)
    if len(expression.parts) > 1:
        return expression
    if any(analysis.same_name(a.name, expression.parts[0]) for a in child.output):
        return expression
    aliases = [a for a in relation.aggregates if isinstance(a, u.Alias)]
    return next((a.child for a in aliases if analysis.same_name(a.names[0], expression.parts[0])), expression)


def _ordinal(literal: u.Literal, relation: u.Aggregate) -> u.Expression:
    if not isinstance(literal.data_type, IntegralType):
        return literal
    items = relation.aggregates
    if not 1 <= literal.value <= len(items):
        error = analysis_error("GROUP_BY_POS_OUT_OF_RANGE", index=str(literal.value), size=str(len(items)))
        error.locate(literal.origin)
        raise error
    item = items[literal.value - 1]
    return u.unaliased(item)


def _resolve_outputs(
    relation: u.Aggregate, grouping: tuple[NamedExpression, ...], child: LogicalPlan, analysis: Analysis
) -> tuple[NamedExpression, ...]:
    scope = analysis.scope(child)
    if not relation.is_select_list:
        keys = tuple(to_attribute(g) for g in grouping)
        return (*keys, *(_resolve_output(a, grouping, scope, analysis) for a in relation.aggregates))
    _, outputs = generators.resolve_select_list(relation.aggregates, child, analysis)
    return outputs


def _resolve_output(
    expression: u.Expression, grouping: tuple[NamedExpression, ...], scope: Scope, analysis: Analysis
) -> NamedExpression:
    """An aggregate expression; names of grouping columns (`window`) are in sight beside the child's columns."""
    keys = tuple(g.to_attribute() for g in grouping if isinstance(g, Alias))
    try:
        return resolve_named(expression, scope, analysis)
    except SparkError as error:
        try:
            return resolve_named(expression, replace(scope, attributes=keys), analysis)
        except SparkError:
            raise error from None


def _build(
    child: LogicalPlan,
    grouping: tuple[NamedExpression, ...],
    outputs: tuple[NamedExpression, ...],
    kind: u.GroupingKind,
    sets: tuple[tuple[int, ...], ...] | None,
    analysis: Analysis,
) -> Aggregate:
    if sets is None:
        refuse_grouping_functions(outputs)
    nullable_keys = sets is not None
    keys = {unaliased(g): replace(to_attribute(g), nullable=nullable_keys or g.nullable) for g in grouping}
    grouped = tuple(_over_groups(output, keys, analysis) for output in outputs)
    known = {a.id for a in keys.values()}
    for expression in grouped:
        refuse_bare_window_functions(expression)
        refuse_changing_arguments(expression)
        _check_grouped(expression, known, has_groups=bool(grouping))
    return Aggregate(child, grouping, grouped, kind, sets)


def _over_groups(output: NamedExpression, keys: dict[Expression, Attribute], analysis: Analysis) -> NamedExpression:
    """`output` with every grouping expression outside aggregate calls replaced by its group column."""
    replaced = rewrite_down(output, lambda node: _group_column(node, keys))
    if isinstance(replaced, Attribute) and isinstance(output, Alias | Attribute) and replaced.name != output.name:
        return analysis.ids.alias(replaced, output.name)
    assert isinstance(replaced, Alias | Attribute)
    return with_inherited_metadata(replaced)


def _group_column(node: object, keys: dict[Expression, Attribute]) -> object | None:
    if isinstance(node, Call) and node.function in GROUPING_FUNCTIONS:
        return over_group_columns(node, keys)
    if isinstance(node, WindowCall) and isinstance(node.function, AggregateCall):
        return _window_over_groups(node, keys)
    if isinstance(node, AggregateCall) or (isinstance(node, PythonCall) and node.is_aggregate):
        return node
    return keys.get(node) if isinstance(node, Expression) and not isinstance(node, Literal) else None


def _window_over_groups(window: WindowCall, keys: dict[Expression, Attribute]) -> WindowCall:
    """The function of a window runs over the groups, so its arguments are made of group columns and aggregates."""

    def change(node: object) -> object | None:
        return _group_column(node, keys)

    function = map_children(window.function, lambda child: rewrite_down(child, change))
    partition = tuple(cast(Expression, rewrite_down(p, change)) for p in window.partition)
    order = tuple(replace(o, child=cast(Expression, rewrite_down(o.child, change))) for o in window.order)
    return replace(window, function=function, partition=partition, order=order)


def _check_grouped(expression: object, keys: set[int], *, has_groups: bool) -> None:
    """Every column left must be a group column, and aggregates must not be nested."""
    match expression:
        case WindowCall(function=AggregateCall(arguments=arguments)):
            for child in (*arguments, *expression.partition, *(o.child for o in expression.order)):
                _check_grouped(child, keys, has_groups=has_groups)
        case AggregateCall(arguments=arguments):
            if any(isinstance(inner, AggregateCall) for a in arguments for inner in walk(a)):
                raise analysis_error("NESTED_AGGREGATE_FUNCTION")
        case Attribute(id=column_id) if column_id not in keys and not has_groups:
            raise analysis_error("MISSING_GROUP_BY")
        case Attribute(id=column_id, name=name) if column_id not in keys:
            raise analysis_error(
                "MISSING_AGGREGATION", expression=f'"{name}"', expressionAnyValue=f'"any_value({name})"'
            )
        case LogicalPlan():
            return
        case PythonCall() if expression.is_aggregate:
            return
        case _:
            for child in children(expression):
                _check_grouped(child, keys, has_groups=has_groups)


def _with_having(aggregate: Aggregate, having: u.Expression, analysis: Analysis) -> LogicalPlan:
    """HAVING sees the output columns, the group columns, and may use aggregates that are not selected."""
    plan, (condition,) = resolve_over_groups(
        aggregate, lambda scope: (analysis.expression(having, scope),), analysis, prefers_groups=True
    )
    filtered = Filter(plan, condition)
    return filtered if plan is aggregate else Project(filtered, aggregate.output)
