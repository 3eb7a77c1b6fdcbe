"""Aggregates whose result depends on the order of the rows see them in the order of the input: `first`, `collect_list`.

The engine feeds an aggregate from several threads, and its `last` over a UNION ALL gives a value of the first branch.
Such an aggregate gets the position of the row in the input as its order; one that has an order of its own keeps that.
"""

from __future__ import annotations

from dataclasses import replace
from typing import cast

from unbounded.functions.catalog import REGISTRY
from unbounded.optimizer.fresh_ids import FreshIds
from unbounded.optimizer.numbering import numbered
from unbounded.plan.expressions import (
    AggregateCall,
    AggregateStep,
    NamedExpression,
    PartialAggregate,
    SortOrder,
)
from unbounded.plan.logical import Aggregate, LogicalPlan
from unbounded.plan.tree import rewrite, walk_expression


def stabilize_aggregates(plan: LogicalPlan) -> LogicalPlan:
    """`plan` with the position of the row as the order of every aggregate that depends on one and has none."""
    ids = FreshIds(plan)

    def change(node: object) -> object:
        return _stabilized(node, ids) if isinstance(node, Aggregate) else node

    return cast(LogicalPlan, rewrite(plan, change))


def _stabilized(plan: Aggregate, ids: FreshIds) -> LogicalPlan:
    if not any(_follows_input(part) for e in plan.expressions for part in walk_expression(e)):
        return plan
    below, position = numbered(plan.child, ids)
    order = (SortOrder(position),)

    def change(node: object) -> object:
        return replace(cast(AggregateCall, node), order=order) if _follows_input(node) else node

    expressions = tuple(cast(NamedExpression, rewrite(e, change)) for e in plan.expressions)
    return replace(plan, child=below, expressions=expressions)


def _follows_input(node: object) -> bool:
    match node:
        case AggregateCall(order=(), is_distinct=False):
            function = node.function
        case PartialAggregate(order=(), step=AggregateStep.UPDATE | AggregateStep.MERGE):
            function = node.call.function
        case _:
            return False
    row = REGISTRY.find(function)
    return row is not None and row.is_order_sensitive
