"""The optimizer: a tuple of rules, each a pure function from plan to plan. Only what the engine cannot see itself."""

from __future__ import annotations

from collections.abc import Callable

from unbounded.optimizer.prune_scans import prune_scans
from unbounded.optimizer.pull_out_volatile import pull_out_volatile
from unbounded.optimizer.push_into_databases import push_into_databases
from unbounded.optimizer.stable_aggregates import stabilize_aggregates
from unbounded.optimizer.stable_windows import stabilize_windows
from unbounded.plan.logical import LogicalPlan

Rule = Callable[[LogicalPlan], LogicalPlan]

RULES: tuple[Rule, ...] = (
    pull_out_volatile,
    stabilize_windows,
    stabilize_aggregates,
    push_into_databases,
    prune_scans,
)
"""In the order in which they apply. All but `push_into_databases` are needed for correct results, not for speed."""


def optimize(plan: LogicalPlan) -> LogicalPlan:
    for rule in RULES:
        plan = rule(plan)
    return plan
