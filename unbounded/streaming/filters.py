"""Filters move below `withWatermark`, as Spark's optimiser moves them: rows they remove do not advance the watermark.

A conjunct stays above if it reads the event time (rows it removes do advance it) or changes from call to call.
"""

from __future__ import annotations

from dataclasses import replace
from typing import cast

from unbounded.functions.determinism import changes_from_call_to_call
from unbounded.plan.expressions import Attribute, Call, Expression
from unbounded.plan.logical import Filter, LogicalPlan, Project, SubqueryAlias, WithWatermark
from unbounded.plan.tree import collect, contains, rewrite
from unbounded.types.datatypes import BOOLEAN


def push_filters_below_watermarks(plan: LogicalPlan) -> LogicalPlan:
    return cast(LogicalPlan, rewrite(plan, _pushed))


def _pushed(node: object) -> object:
    if not isinstance(node, Filter):
        return node
    below, left = node.child, list(conjuncts(node.condition))
    for conjunct in tuple(left):
        sunk = _sunk(below, conjunct)
        if sunk is not None:
            below = sunk
            left.remove(conjunct)
    if below is node.child:
        return node
    return Filter(below, all_of(left)) if left else below


def _sunk(plan: LogicalPlan, condition: Expression) -> LogicalPlan | None:
    """`plan` with `condition` below its watermark; None if there is none it can reach."""
    read = {a.id for a in collect(condition, Attribute)}
    if not read <= {a.id for a in plan.output}:
        return None
    match plan:
        case WithWatermark(child=child, event_time=event_time, delay_us=delay_us):
            if event_time.id in read or contains(condition, changes_from_call_to_call):
                return None
            return WithWatermark(_sunk(child, condition) or Filter(child, condition), event_time, delay_us)
        case SubqueryAlias() | Filter() | Project():
            sunk = _sunk(plan.child, condition)
            return None if sunk is None else replace(plan, child=sunk)
        case _:
            return None


def conjuncts(condition: Expression) -> tuple[Expression, ...]:
    """The conditions that AND joins."""
    if isinstance(condition, Call) and condition.function == "and":
        return tuple(part for argument in condition.arguments for part in conjuncts(argument))
    return (condition,)


def all_of(conditions: list[Expression]) -> Expression:
    """`conditions`, one at least, joined by AND."""
    result = conditions[0]
    for condition in conditions[1:]:
        result = Call("and", (result, condition), BOOLEAN)
    return result
