"""Entry of the analyser: an unresolved relation becomes a typed logical plan. Dispatches by node, decides nothing."""

from __future__ import annotations

from unbounded.analysis import (
    aggregation,
    columns,
    frequent_items,
    generators,
    grouped_python,
    joins,
    missing_values,
    observed_metrics,
    ordering,
    pivots,
    projection,
    sets,
    sources,
    statistics,
    unpivoting,
    watermarks,
)
from unbounded.analysis.context import Analysis, Catalog, Ids
from unbounded.analysis.expressions import resolve_expression
from unbounded.analysis.plans import with_fresh_ids
from unbounded.errors import SparkError, not_supported
from unbounded.functions.environment import Environment
from unbounded.plan import unresolved as u
from unbounded.plan.logical import LogicalPlan
from unbounded.sql import parse_statement

_RESOLVERS = {
    u.Project: projection.resolve_project,
    u.Filter: projection.resolve_filter,
    u.CollectMetrics: observed_metrics.resolve_metrics,
    u.Sample: projection.resolve_sample,
    u.SubqueryAlias: projection.resolve_alias,
    u.WithCtes: projection.resolve_ctes,
    u.Repartition: projection.resolve_repartition,
    u.Hint: projection.resolve_hint,
    u.WithColumns: columns.resolve_with_columns,
    u.RenameColumns: columns.resolve_renames,
    u.Drop: columns.resolve_drop,
    u.ToDF: columns.resolve_to_df,
    u.ToSchema: columns.resolve_to_schema,
    u.Join: joins.resolve_join,
    u.SetOperation: sets.resolve_set_operation,
    u.Sort: ordering.resolve_sort,
    u.Limit: ordering.resolve_limit,
    u.Offset: ordering.resolve_offset,
    u.Tail: ordering.resolve_tail,
    u.Deduplicate: ordering.resolve_deduplicate,
    u.Aggregate: aggregation.resolve_aggregate,
    u.PivotTable: pivots.resolve_pivot_table,
    u.Generate: generators.resolve_lateral_view,
    u.TableFunction: generators.resolve_table_function,
    u.Unpivot: unpivoting.resolve_unpivot,
    u.UnpivotTable: unpivoting.resolve_unpivot_table,
    u.Transpose: unpivoting.resolve_transpose,
    u.FillNa: missing_values.resolve_fill,
    u.DropNa: missing_values.resolve_drop,
    u.ReplaceNa: missing_values.resolve_replace,
    u.Summary: statistics.resolve_summary,
    u.Crosstab: statistics.resolve_crosstab,
    u.Covariance: statistics.resolve_covariance,
    u.ApproximateQuantiles: statistics.resolve_quantiles,
    u.FrequentItems: frequent_items.resolve_frequent_items,
    u.SampleBy: statistics.resolve_sample_by,
    u.WithWatermark: watermarks.resolve_with_watermark,
    u.MapPartitions: grouped_python.resolve_map_partitions,
    u.GroupMap: grouped_python.resolve_group_map,
    u.CoGroupMap: grouped_python.resolve_cogroup_map,
    u.LocalRelation: sources.resolve_local_relation,
    u.InlineTable: sources.resolve_inline_table,
    u.OneRow: sources.resolve_one_row,
    u.Range: sources.resolve_range,
    u.NamedTable: sources.resolve_named_table,
    u.Planned: sources.resolve_planned,
    u.DataSource: sources.resolve_data_source,
    u.CachedRemoteRelation: sources.resolve_remote_relation,
    u.Catalog: sources.resolve_catalog_call,
    u.Parse: sources.resolve_parse,
}


def analyze(relation: u.Relation, environment: Environment, catalog: Catalog, ids: Ids | None = None) -> LogicalPlan:
    """The typed plan of `relation`.

    Raises: SparkError (an AnalysisException or ParseException for the user) for anything that cannot be resolved
    """
    analysis = Analysis(environment, catalog, resolve_expression, resolve_relation, ids or Ids())
    return analysis.finished(resolve_relation(relation, analysis))


def resolve_relation(relation: u.Relation, analysis: Analysis) -> LogicalPlan:
    match relation:
        case u.PlanId(child=child, plan_id=plan_id):
            plan = _resolve_numbered(child, plan_id, analysis)
            analysis.record(plan_id, plan)
            return plan
        case _:
            return analysis.catalog.stored(relation, _resolve_unnumbered(relation, analysis))


def _resolve_numbered(relation: u.Relation, plan_id: int, analysis: Analysis) -> LogicalPlan:
    """A stream that the client reads in several places is resolved once: it is one source."""
    if not isinstance(relation, u.DataSource | u.NamedTable) or not relation.is_streaming:
        return resolve_relation(relation, analysis)
    known = analysis.streams_by_plan_id.get(plan_id)
    if known is not None:
        return with_fresh_ids(known, analysis.ids)
    plan = analysis.streams_by_plan_id[plan_id] = resolve_relation(relation, analysis)
    return plan


def _resolve_unnumbered(relation: u.Relation, analysis: Analysis) -> LogicalPlan:
    match relation:
        case u.SqlQuery(text=text, named_arguments=named, positional_arguments=positional):
            return _resolve_sql(text, dict(named), positional, analysis)
        case u.UnsupportedRelation(name=name):
            raise not_supported(f"Relation {name}", "It is known and planned; see docs/differences.md.")
        case _:
            resolver = _RESOLVERS.get(type(relation))
            if resolver is None:
                raise not_supported(f"Relation {type(relation).__name__}", "See docs/differences.md.")
            try:
                return resolver(relation, analysis)  # type: ignore[operator,no-any-return]
            except SparkError as error:
                error.locate(getattr(relation, "origin", None))
                raise


def _resolve_sql(
    text: str, named: dict[str, u.Expression], positional: tuple[u.Expression, ...], analysis: Analysis
) -> LogicalPlan:
    statement = parse_statement(text, named, positional)
    if isinstance(statement, u.Command):
        raise not_supported(f"The statement {type(statement).__name__} inside a query", "Run it with spark.sql first.")
    return resolve_relation(statement, analysis)
