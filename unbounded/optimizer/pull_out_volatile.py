"""Python calls and random functions are computed once per row, in a projection of their own.

Engine expressions may repeat their arguments (a guard tests what it then uses), so an argument that costs much or
changes with every evaluation must be a column before it is used: `f(udf(a))` becomes `f(x)` over `udf(a) AS x`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import cast

from unbounded.functions.catalog import REGISTRY
from unbounded.optimizer.fresh_ids import FreshIds
from unbounded.plan.expressions import (
    AggregateStep,
    Alias,
    Call,
    Expression,
    Lambda,
    PartialAggregate,
    PythonCall,
    WindowCall,
)
from unbounded.plan.logical import Aggregate, Filter, Generate, LogicalPlan, Project, Sort
from unbounded.plan.tree import children, map_children, rewrite_down


def pull_out_volatile(plan: LogicalPlan) -> LogicalPlan:
    """`plan` with every volatile expression that is part of a larger one moved into a projection below."""
    return cast(LogicalPlan, _rewrite(plan, FreshIds(plan)))


def _rewrite(node: object, ids: FreshIds) -> object:
    changed = map_children(node, lambda child: _rewrite(child, ids))
    if isinstance(changed, Project | Filter | Sort | Aggregate | Generate):
        return _separate(changed, ids)
    return changed


def _separate(plan: LogicalPlan, ids: FreshIds) -> LogicalPlan:
    """One node: volatile parts of its expressions become columns of a projection under it."""
    moved: dict[Expression, Alias] = {}

    def move(node: object) -> object | None:
        if isinstance(node, LogicalPlan | Lambda | WindowCall) or _reads_state(node):
            return node
        if isinstance(node, Expression) and is_volatile(node):
            alias = moved.get(node) or Alias(node, ids.take(), "volatile")
            if _is_repeatable(node):
                alias = moved.setdefault(node, alias)
            else:
                moved[replace_key(node, len(moved))] = alias
            return alias.to_attribute()
        return None

    def top(node: object) -> object | None:
        """A volatile expression that is the whole column may stay where it is, in a projection."""
        if isinstance(plan, Project) and isinstance(node, Alias) and is_volatile(node.child):
            return replace(node, child=_move_arguments(node.child, move))
        return move(node)

    rewritten = _map_expressions(plan, lambda e: rewrite_down(e, top))
    if not moved:
        return plan
    below = _input(plan)
    return _with_input(rewritten, pull_out_volatile(Project(below, (*below.output, *moved.values()))))


def _reads_state(node: object) -> bool:
    """A step of an aggregate that works on its state: the arguments of its call are of a row long gone."""
    return isinstance(node, PartialAggregate) and node.step is not AggregateStep.UPDATE


def replace_key(node: Expression, number: int) -> Expression:
    """A key that no other expression equals: two calls of rand() are two columns."""
    return Alias(node, -number - 1, "volatile")


def _is_repeatable(node: Expression) -> bool:
    if isinstance(node, PythonCall):
        return node.is_deterministic
    function = REGISTRY.find(node.function) if isinstance(node, Call) else None
    return function is not None and function.is_costly and function.is_deterministic


def is_volatile(expression: Expression) -> bool:
    """A Python call on rows, or a function that costs much or whose value changes from call to call."""
    if isinstance(expression, PythonCall):
        return not expression.is_aggregate
    if isinstance(expression, Call):
        function = REGISTRY.find(expression.function)
        return function is not None and (function.is_costly or not function.is_deterministic)
    return False


def _move_arguments(expression: Expression, move: Callable[[object], object | None]) -> Expression:
    return map_children(expression, lambda child: rewrite_down(child, move))


def _map_expressions(plan: LogicalPlan, change: Callable[[object], object]) -> LogicalPlan:
    inputs = {id(child) for child in children(plan) if isinstance(child, LogicalPlan)}
    return map_children(plan, lambda child: child if id(child) in inputs else change(child))


def _input(plan: LogicalPlan) -> LogicalPlan:
    assert isinstance(plan, Project | Filter | Sort | Aggregate | Generate)
    return plan.child


def _with_input(plan: LogicalPlan, child: LogicalPlan) -> LogicalPlan:
    """`plan` over `child`, giving the columns it gave before."""
    assert isinstance(plan, Project | Filter | Sort | Aggregate | Generate)
    output = plan.output
    changed = replace(plan, child=child)
    return Project(changed, output) if isinstance(plan, Filter | Sort | Generate) else changed
