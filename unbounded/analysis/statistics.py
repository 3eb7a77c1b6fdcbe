"""TODO."""

from __future__ import annotations

from unbounded.analysis.context import Analysis
from unbounded.errors import not_supported
from unbounded.plan import unresolved as u
from unbounded.plan.logical import LogicalPlan


def resolve_summary(relation: u.Relation, analysis: Analysis) -> LogicalPlan:
    raise not_supported(type(relation).__name__, "It comes next.")
