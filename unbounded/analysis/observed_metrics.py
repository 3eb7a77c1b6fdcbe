"""df.observe: aggregates over the rows that pass, and what may stand in them."""

from __future__ import annotations

from unbounded.analysis.context import Analysis
from unbounded.analysis.expressions import resolve_named
from unbounded.errors import SparkError, analysis_error
from unbounded.functions.determinism import changes_from_call_to_call
from unbounded.functions.naming import pretty_name
from unbounded.plan import unresolved as u
from unbounded.plan.expressions import (
    AggregateCall,
    Alias,
    Attribute,
    Expression,
    NamedExpression,
    WindowCall,
    unaliased,
)
from unbounded.plan.logical import CollectMetrics, LogicalPlan
from unbounded.plan.tree import children
from unbounded.types.datatypes import quote_name


def resolve_metrics(relation: u.CollectMetrics, analysis: Analysis) -> LogicalPlan:
    """df.observe. Raises: SparkError INVALID_OBSERVED_METRICS.*"""
    child = analysis.relation(relation.child)
    scope = analysis.scope(child)
    named = [resolve_named(m, scope, analysis) for m in relation.metrics]
    for metric in named:
        _check_metric(metric, metric, in_aggregate=False)
    aliases = tuple(m if isinstance(m, Alias) else analysis.ids.alias(m, m.name) for m in named)
    return CollectMetrics(child, relation.name, aliases)


def _check_metric(metric: NamedExpression, node: object, *, in_aggregate: bool) -> None:
    """Aggregates over the rows, and what can be computed of them."""
    match node:
        case WindowCall():
            raise _metric_refused("WINDOW_EXPRESSIONS_UNSUPPORTED", metric)
        case Attribute() if not in_aggregate:
            raise _metric_refused("NON_AGGREGATE_FUNC_ARG_IS_ATTRIBUTE", metric)
        case AggregateCall() if in_aggregate:
            raise _metric_refused("NESTED_AGGREGATES_UNSUPPORTED", metric)
        case AggregateCall(is_distinct=True):
            raise _metric_refused("AGGREGATE_EXPRESSION_WITH_DISTINCT_UNSUPPORTED", metric)
        case AggregateCall(filter=condition) if condition is not None:
            raise _metric_refused("AGGREGATE_EXPRESSION_WITH_FILTER_UNSUPPORTED", metric)
        case Expression() if not in_aggregate and changes_from_call_to_call(node):
            raise _metric_refused("NON_AGGREGATE_FUNC_ARG_IS_NON_DETERMINISTIC", metric)
    for child in children(node):
        _check_metric(metric, child, in_aggregate=in_aggregate or isinstance(node, AggregateCall))


def _metric_refused(reason: str, metric: NamedExpression) -> SparkError:
    shown = pretty_name(unaliased(metric))
    name = f" AS {quote_name(metric.name)}" if isinstance(metric, Alias) else ""
    return analysis_error(f"INVALID_OBSERVED_METRICS.{reason}", expr=f'"{shown}{name}"')
