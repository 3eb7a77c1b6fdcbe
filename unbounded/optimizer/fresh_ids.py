"""Column ids for what a rule adds to a plan."""

from __future__ import annotations

from unbounded.plan.expressions import Alias, Attribute
from unbounded.plan.logical import LogicalPlan
from unbounded.plan.tree import walk


class FreshIds:
    """Column ids above all that the plan uses."""

    def __init__(self, plan: LogicalPlan) -> None:
        self._next = 1 + max((abs(node.id) for node in walk(plan) if isinstance(node, Attribute | Alias)), default=0)

    def take(self) -> int:
        self._next += 1
        return self._next
