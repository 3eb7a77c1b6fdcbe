"""Rows that a window's ORDER BY does not tell apart keep the order of the input, as Spark's stable sort leaves them.

The engine sorts in an order of its own among such rows, so which one `row_number` calls the first would change from
run to run. Windows over rows get the position of the row in the input as the last sort key; windows over peers (rank,
RANGE frames) must not, for they ask which rows are equal.
"""

from __future__ import annotations

from dataclasses import replace
from typing import cast

from unbounded.optimizer.fresh_ids import FreshIds
from unbounded.optimizer.numbering import numbered
from unbounded.plan.expressions import (
    Attribute,
    Expression,
    FrameUnit,
    NamedExpression,
    SortOrder,
    WindowCall,
    WindowFunctionCall,
)
from unbounded.plan.logical import LogicalPlan, Project
from unbounded.plan.tree import rewrite, walk_expression

_OF_PEERS = frozenset({"rank", "dense_rank", "percent_rank", "cume_dist"})


def stabilize_windows(plan: LogicalPlan) -> LogicalPlan:
    """`plan` with the position of the row as the last sort key of every window over rows."""
    ids = FreshIds(plan)

    def change(node: object) -> object:
        return _stabilized(node, ids) if isinstance(node, Project) else node

    return cast(LogicalPlan, rewrite(plan, change))


def _stabilized(plan: Project, ids: FreshIds) -> LogicalPlan:
    if not any(_asks_for_rows(part) for e in plan.expressions for part in walk_expression(e)):
        return plan
    below, position = numbered(plan.child, ids)
    expressions = tuple(cast(NamedExpression, _ordered(e, position)) for e in plan.expressions)
    return replace(plan, child=below, expressions=expressions)


def _ordered(expression: Expression, position: Attribute) -> object:
    def change(node: object) -> object:
        if not _asks_for_rows(node):
            return node
        window = cast(WindowCall, node)
        return replace(window, order=(*window.order, SortOrder(position, is_ascending=True, has_nulls_first=True)))

    return rewrite(expression, change)


def _asks_for_rows(node: object) -> bool:
    if not isinstance(node, WindowCall) or not node.order or node.frame.unit is not FrameUnit.ROWS:
        return False
    return not (isinstance(node.function, WindowFunctionCall) and node.function.function in _OF_PEERS)
