"""Filters that a source's reader applies itself, so that rows they remove are neither counted nor kept in memory.

Spark's readers of CSV and JSON take comparisons of a column with a constant, tests for NULL, and what AND, OR and NOT
make of them; `numInputRows` counts the rows that pass. An inner or semi join with a table also tells that its keys are
not NULL, and `explode` that its collection is not.
"""

from __future__ import annotations

from dataclasses import replace
from typing import cast

from unbounded.connectors.streams import FilteringProvider
from unbounded.functions.determinism import changes_from_call_to_call
from unbounded.plan.expressions import Attribute, Call, Cast, Expression, GeneratorCall, Literal
from unbounded.plan.logical import Filter, Generate, Join, LogicalPlan, Project, StreamScan, SubqueryAlias
from unbounded.plan.tree import collect, contains, rewrite
from unbounded.plan.unresolved import JoinKind
from unbounded.streaming.filters import all_of, conjuncts
from unbounded.types.datatypes import BOOLEAN, ArrayType, MapType, StructType

_COMPARISONS = frozenset({"=", "==", "<=>", "<", "<=", ">", ">=", "in", "startswith", "endswith", "contains"})
_CONNECTIVES = frozenset({"and", "or", "not"})
_NULL_TESTS = frozenset({"isnull", "isnotnull"})
_KEEP_NO_NULLS = frozenset({JoinKind.INNER, JoinKind.LEFT_SEMI, JoinKind.CROSS})


def push_filters_into_sources(plan: LogicalPlan) -> LogicalPlan:
    """`plan` with what readers apply directly above the scans."""
    return cast(LogicalPlan, rewrite(plan, _pushed))


def is_for_reader(plan: Filter) -> bool:
    """Whether the scan below applies it."""
    source = plan.child.source if isinstance(plan.child, StreamScan) else None
    return isinstance(source, FilteringProvider) and source.filters_rows and _is_simple(plan.condition)


def _pushed(node: object) -> object:
    if isinstance(node, Generate) and not node.is_outer:
        return replace(node, child=_filled(node.child, node.generator))
    if isinstance(node, Join) and node.kind in _KEEP_NO_NULLS and node.condition is not None:
        return replace(node, left=_keyed(node.left, node.condition), right=_keyed(node.right, node.condition))
    if not isinstance(node, Filter) or isinstance(node.child, StreamScan):
        return _split(node) if isinstance(node, Filter) else node
    below, left = node.child, []
    for conjunct in conjuncts(node.condition):
        sunk = _sunk(below, conjunct)
        below = below if sunk is None else sunk
        left += [conjunct] if sunk is None else []
    return Filter(below, all_of(left)) if left else below


def _split(node: Filter) -> LogicalPlan:
    """Directly above a scan: the reader's part below the rest."""
    simple = [conjunct for conjunct in conjuncts(node.condition) if _is_simple(conjunct)]
    rest = [conjunct for conjunct in conjuncts(node.condition) if not _is_simple(conjunct)]
    if not simple or not rest or not is_for_reader(Filter(node.child, all_of(simple))):
        return node
    return Filter(Filter(node.child, all_of(simple)), all_of(rest))


def _filled(child: LogicalPlan, generator: GeneratorCall) -> LogicalPlan:
    """The rows whose collection, a column, is not NULL: others make no rows."""
    match generator.arguments:
        case (Attribute() as collection, *_) if isinstance(collection.data_type, ArrayType | MapType):
            return _sunk(child, Call("isnotnull", (collection,), BOOLEAN, False)) or child
        case _:
            return child


def _keyed(side: LogicalPlan, condition: Expression) -> LogicalPlan:
    """A side of a join without the rows whose keys are NULL, if its reader can tell."""
    keys = {
        argument
        for conjunct in conjuncts(condition)
        if isinstance(conjunct, Call) and conjunct.function in ("=", "==")
        for argument in conjunct.arguments
        if isinstance(argument, Attribute)
    }
    for key in [a for a in side.output if a in keys]:
        side = _sunk(side, Call("isnotnull", (key,), BOOLEAN, False)) or side
    return side


def _sunk(plan: LogicalPlan, condition: Expression) -> LogicalPlan | None:
    """`plan` with `condition` at the scan below; None if it reaches none that applies it."""
    read = {a.id for a in collect(condition, Attribute)}
    if not _is_simple(condition) or not read <= {a.id for a in plan.output}:
        return None
    match plan:
        case StreamScan():
            pushed = Filter(plan, condition)
            return pushed if is_for_reader(pushed) else None
        case Filter(child=StreamScan()) if is_for_reader(plan):
            return Filter(plan.child, Call("and", (plan.condition, condition), BOOLEAN))
        case SubqueryAlias() | Filter() | Project() if not _is_volatile(plan):
            sunk = _sunk(plan.child, condition)
            return None if sunk is None else replace(plan, child=sunk)
        case _:
            return None


def _is_volatile(plan: SubqueryAlias | Filter | Project) -> bool:
    """Whether it would see other rows if a filter moved below it, and answer otherwise."""
    match plan:
        case Filter(condition=condition):
            return contains(condition, changes_from_call_to_call)
        case Project(expressions=expressions):
            return any(contains(expression, changes_from_call_to_call) for expression in expressions)
        case _:
            return False


def _is_simple(condition: Expression) -> bool:
    match condition:
        case Call(function=function, arguments=arguments) if function in _CONNECTIVES:
            return all(map(_is_simple, arguments))
        case Call(function=function, arguments=(argument,)) if function in _NULL_TESTS:
            return isinstance(argument, Attribute)
        case Call(function=function, arguments=(first, *others)) if function in _COMPARISONS:
            one, rest = (first, others) if _is_column(first) else (others[0], [first, *others[1:]])
            return _is_column(one) and all(map(_is_constant, rest))
        case _:
            return False


def _is_column(expression: Expression) -> bool:
    return isinstance(expression, Attribute) and not isinstance(expression.data_type, ArrayType | MapType | StructType)


def _is_constant(expression: Expression) -> bool:
    return isinstance(expression, Literal) or (isinstance(expression, Cast) and _is_constant(expression.child))
