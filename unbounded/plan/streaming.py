"""Which plans read streams."""

from __future__ import annotations

from unbounded.plan.logical import LogicalPlan, StreamScan
from unbounded.plan.tree import contains


def is_streaming(plan: LogicalPlan) -> bool:
    """Whether any row of `plan` comes from a stream."""
    return contains(plan, lambda node: isinstance(node, StreamScan))
