"""GROUP BY ALL."""

from __future__ import annotations

from unbounded.analysis.context import Analysis, Scope
from unbounded.analysis.projection import has_aggregate
from unbounded.plan import unresolved as u
from unbounded.plan.logical import LogicalPlan


def is_group_by_all(relation: u.Aggregate, child: LogicalPlan, analysis: Analysis) -> bool:
    """ALL as the only grouping expression, unless a column is called so."""
    match relation:
        case u.Aggregate(grouping=(u.UnresolvedAttribute(parts=(name,)),), is_select_list=True):
            return name.upper() == "ALL" and not any(analysis.same_name(a.name, name) for a in child.output)
        case _:
            return False


def plain_items(relation: u.Aggregate, scope: Scope, analysis: Analysis) -> tuple[u.Expression, ...]:
    """The items of the select list in which no aggregate occurs."""
    bare = map(u.unaliased, relation.aggregates)
    return tuple(e for e in bare if not has_aggregate(analysis.expression(e, scope)))
