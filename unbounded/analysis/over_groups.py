"""What stands directly above an aggregate may read more than its output: HAVING, ORDER BY, a filter of a DataFrame.

A name is that of an output column first; else it is one of the input, which has to be a group column or stand inside
of an aggregate function. What is not selected becomes a further column of the aggregate.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TypeVar, cast

from unbounded.analysis.context import Analysis, Scope
from unbounded.errors import analysis_error
from unbounded.functions.naming import pretty_name
from unbounded.plan.expressions import (
    AggregateCall,
    Alias,
    Attribute,
    Call,
    Expression,
    Literal,
    PythonCall,
    to_attribute,
    unaliased,
)
from unbounded.plan.logical import Aggregate, LogicalPlan
from unbounded.plan.tree import map_children, rewrite_down, walk, walk_expression

T = TypeVar("T", bound=tuple[Any, ...])

GROUPING_FUNCTIONS = frozenset({"grouping", "grouping_id"})


def resolve_over_groups(
    aggregate: Aggregate, resolve: Callable[[Scope], T], analysis: Analysis, *, prefers_groups: bool = False
) -> tuple[Aggregate, T]:
    """The aggregate with the columns that are needed behind its own, and what `resolve` made, over its output.

    `prefers_groups`: a name of a group column is that even if an output column has it too, as in HAVING.

    Raises: SparkError UNRESOLVED_COLUMN.*, NESTED_AGGREGATE_FUNCTION
    """
    groups = tuple(g for g in aggregate.grouping if isinstance(g, Attribute)) if prefers_groups else ()
    resolved = _resolved(aggregate, groups, resolve, analysis)
    keys = {unaliased(g): to_attribute(g) for g in aggregate.grouping}
    extra: list[Alias] = []
    lowered = tuple(rewrite_down(e, lambda node: _part(node, aggregate, keys, extra, analysis)) for e in resolved)
    if _has_ungrouped(lowered, aggregate):
        resolve(Scope(aggregate.output, analysis.outer))  # says which name is unknown, and where
        raise AssertionError("a name of the input was found in the output")
    widened = replace(aggregate, expressions=(*aggregate.expressions, *extra)) if extra else aggregate
    return widened, cast(T, lowered)


def over_group_columns(call: Call, keys: Mapping[Expression, Attribute]) -> Call:
    """The call with group columns as arguments; `grouping_id()` stands for all of them.

    Raises: SparkError GROUPING_COLUMN_MISMATCH, GROUPING_ID_COLUMN_MISMATCH
    """
    known = set(keys.values())
    arguments = tuple(keys.get(a, a) for a in call.arguments) or tuple(keys.values())
    shown = ",".join(f"{pretty_name(k)}#{k.id}" for k in keys.values())
    if call.function == "grouping_id" and arguments != tuple(keys.values()):
        given = ",".join(_shown(a) for a in call.arguments)
        raise analysis_error("GROUPING_ID_COLUMN_MISMATCH", groupingIdColumn=given, groupByColumns=shown)
    if call.function == "grouping" and not set(arguments) <= known:
        raise analysis_error("GROUPING_COLUMN_MISMATCH", grouping=_shown(call.arguments[0]), groupingColumns=shown)
    return replace(call, arguments=arguments)


def _resolved(
    aggregate: Aggregate, groups: tuple[Attribute, ...], resolve: Callable[[Scope], T], analysis: Analysis
) -> T:
    """Inside an aggregate function an output column makes no sense, so the input's names go before it there."""
    output, below = aggregate.output, aggregate.child
    inner = Scope(below.output, analysis.outer, plans=(below,))
    resolved = resolve(Scope(groups, Scope(output, inner)))
    made = {a.id for a in output} - {a.id for a in below.output}
    if any(isinstance(a, Attribute) and a.id in made for call in _calls(resolved) for a in walk(call)):
        return resolve(Scope(below.output, Scope(output, analysis.outer), plans=(below,)))
    return resolved


def _calls(expressions: tuple[Any, ...]) -> list[AggregateCall]:
    return [node for e in expressions for node in walk_expression(e) if isinstance(node, AggregateCall)]


def _part(
    node: object,
    aggregate: Aggregate,
    keys: Mapping[Expression, Attribute],
    extra: list[Alias],
    analysis: Analysis,
) -> object | None:
    """Aggregates and group expressions become columns of the aggregate; in a subquery, group expressions do."""

    def in_subquery(inner: object) -> object | None:
        is_key = isinstance(inner, Expression) and inner in keys
        return _part(inner, aggregate, keys, extra, analysis) if is_key else None

    if isinstance(node, LogicalPlan):
        return map_children(node, lambda child: rewrite_down(child, in_subquery))
    if not isinstance(node, Expression) or isinstance(node, Literal):
        return None
    existing = next((e for e in (*aggregate.expressions, *extra) if unaliased(e) == node), None)
    if existing is not None:
        return to_attribute(existing)
    wanted = keys.get(node) or _of_groups(node, keys)
    if wanted is None:
        return None
    hidden = analysis.ids.alias(wanted, pretty_name(node))
    extra.append(hidden)
    return hidden.to_attribute()


def _of_groups(node: Expression, keys: Mapping[Expression, Attribute]) -> Expression | None:
    match node:
        case Call(function=function) if function in GROUPING_FUNCTIONS:
            return over_group_columns(node, keys)
        case AggregateCall(arguments=arguments):
            if any(isinstance(inner, AggregateCall) for a in arguments for inner in walk(a)):
                raise analysis_error("NESTED_AGGREGATE_FUNCTION")
            return node
        case PythonCall(is_aggregate=True):
            return node
        case _:
            return None


def _has_ungrouped(expressions: tuple[Any, ...], aggregate: Aggregate) -> bool:
    """Whether a column of the input is left."""
    below = {a.id for a in aggregate.child.output} - {a.id for a in aggregate.output}
    return any(isinstance(node, Attribute) and node.id in below for e in expressions for node in walk_expression(e))


def _shown(expression: Expression) -> str:
    return f"{expression.name}#{expression.id}" if isinstance(expression, Attribute) else pretty_name(expression)
