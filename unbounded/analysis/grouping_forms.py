"""GROUP BY ALL, and grouping() with grouping_id() over the columns of grouping sets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from unbounded.analysis.context import Analysis, Scope
from unbounded.analysis.projection import has_aggregate
from unbounded.errors import analysis_error
from unbounded.functions.naming import pretty_name
from unbounded.plan import unresolved as u
from unbounded.plan.expressions import Attribute, Call, Expression
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
    bare = (item.child if isinstance(item, u.Alias) else item for item in relation.aggregates)
    return tuple(e for e in bare if not has_aggregate(analysis.expression(e, scope)))


def over_group_columns(call: Call, keys: Mapping[Expression, Attribute]) -> Call:
    """The call with group columns as arguments; `grouping_id()` stands for all of them.

    Raises: SparkError GROUPING_COLUMN_MISMATCH, GROUPING_ID_COLUMN_MISMATCH
    """
    known = set(keys.values())
    arguments = tuple(keys.get(a, a) for a in call.arguments) or tuple(keys.values())
    shown = ",".join(f"{pretty_name(k)}#{k.id}" for k in keys.values())
    if call.function == "grouping_id" and arguments != tuple(keys.values()):
        given = ",".join(_shown(a) for a in call.arguments)
        raise analysis_error("GROUPING_ID_COLUMN_MISMATCH", groupingIdColumn=given, groupByColumns=shown)
    if call.function == "grouping" and not set(arguments) <= known:
        raise analysis_error("GROUPING_COLUMN_MISMATCH", grouping=_shown(call.arguments[0]), groupingColumns=shown)
    return replace(call, arguments=arguments)


def _shown(expression: Expression) -> str:
    return f"{expression.name}#{expression.id}" if isinstance(expression, Attribute) else pretty_name(expression)
