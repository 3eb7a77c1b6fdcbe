"""`writeStream.format("dashboard")`: options and the query's own key become the sink."""

from __future__ import annotations

from collections.abc import Sequence

from unbounded.connectors.dashboard import DashboardSink
from unbounded.connectors.dashboard_options import read_options
from unbounded.connectors.option_values import illegal_argument
from unbounded.connectors.streams import OutputMode
from unbounded.errors import not_supported
from unbounded.plan import unresolved as u
from unbounded.plan.expressions import Alias, Attribute, Expression, GetField, NamedExpression
from unbounded.plan.logical import (
    Aggregate,
    Filter,
    Limit,
    LogicalPlan,
    Project,
    Sort,
    SubqueryAlias,
    WithWatermark,
)
from unbounded.session.formats.api import DataSourceFormat, SinkContext, refuse_partitioning
from unbounded.streaming.checks import parse_output_mode
from unbounded.types.arrow import to_arrow_schema

_PASSING = (Filter, Limit, Sort, SubqueryAlias, WithWatermark)
"""Nodes whose rows are rows of their child."""


def _sink(command: u.WriteStream, context: SinkContext) -> DashboardSink:
    """Raises: SparkError for wrong options, and for update mode without a key"""
    refuse_partitioning(command, "dashboard")
    plan, schema = context.plan, to_arrow_schema(context.plan.schema, context.runner.environment.time_zone)
    if command.table:
        raise not_supported("toTable with the format dashboard", "Use start().")
    if command.path is not None:
        raise illegal_argument("The dashboard sink has no path: name the query with queryName, and call start().")
    mode = parse_output_mode(command.output_mode)
    if mode is not OutputMode.UPDATE and u.option(command.options, "key") is not None:
        raise illegal_argument(f"The option key of the dashboard sink is for the mode update, not {mode.value}.")
    keys = _key_names(plan) if mode is OutputMode.UPDATE else []
    options = read_options(u.lower_case_options(command.options), schema, keys)
    if mode is OutputMode.UPDATE and not options.keys and _aggregate_below(plan) is not None:
        raise illegal_argument(
            "In update mode the dashboard sink replaces rows by their key, but the result does not have all columns "
            "of the GROUP BY. Select them, name the columns with the option key, or use the mode complete."
        )
    return DashboardSink(options, schema, mode, has_order=_is_sorted(plan))


def _is_sorted(plan: LogicalPlan) -> bool:
    match plan:
        case Sort():
            return True
        case Project(child=child) | Filter(child=child) | Limit(child=child) | SubqueryAlias(child=child):
            return _is_sorted(child)
        case _:
            return False


def _key_names(plan: LogicalPlan) -> Sequence[str]:
    """Columns of the result that hold what the rows are grouped by; none if one is missing, or nothing is grouped."""
    aggregate = _aggregate_below(plan)
    if aggregate is None:
        return []
    grouping = {_attribute(expression) for expression in aggregate.grouping}
    found: dict[Attribute, str] = {}
    for column in plan.output:
        source = _source_of(column, plan)
        if source in grouping and source is not None:
            found.setdefault(source, column.name)
    return list(found.values()) if len(found) == len(grouping) else []


def _aggregate_below(plan: LogicalPlan) -> Aggregate | None:
    """The one whose rows are the rows of the result."""
    match plan:
        case Aggregate():
            return plan
        case Project(child=child):
            return _aggregate_below(child)
        case _ if isinstance(plan, _PASSING):
            return _aggregate_below(plan.child)
        case _:
            return None


def _source_of(expression: Expression, plan: LogicalPlan) -> Attribute | None:
    """Which grouping attribute a column of `plan` is a copy of; the start of a window stands for the window."""
    match plan:
        case Aggregate(expressions=expressions):
            return _copied(_defined(expression, expressions))
        case Project(expressions=expressions, child=child):
            source = _copied(_defined(expression, expressions))
            return None if source is None else _source_of(source, child)
        case _ if isinstance(plan, _PASSING):
            return _source_of(expression, plan.child)
        case _:
            return None


def _defined(column: Expression, expressions: Sequence[NamedExpression]) -> Expression | None:
    return next((e for e in expressions if isinstance(column, Attribute) and _attribute(e) == column), None)


def _copied(expression: Expression | None) -> Attribute | None:
    match expression:
        case Attribute():
            return expression
        case Alias(child=child):
            return _copied(child)
        case GetField(child=child) if [field.name for field in expression.struct_type.fields] == ["start", "end"]:
            return _copied(child)
        case _:
            return None


def _attribute(expression: NamedExpression) -> Attribute:
    return expression.to_attribute() if isinstance(expression, Alias) else expression


FORMAT = DataSourceFormat(("dashboard",), write_stream=_sink)
