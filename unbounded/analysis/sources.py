"""Leaves: local rows, VALUES, ranges, tables and views, data sources, relations held by the session."""

from __future__ import annotations

from dataclasses import replace

from unbounded.analysis.context import Analysis, Scope
from unbounded.analysis.names import quoted
from unbounded.analysis.plans import cast_output, with_fresh_ids
from unbounded.analysis.sets import set_operation
from unbounded.errors import ErrorKind, SparkError, analysis_error, not_supported, requirement_failed
from unbounded.plan import unresolved as u
from unbounded.plan.expressions import NamedExpression
from unbounded.plan.logical import LocalRelation, LogicalPlan, OneRow, Project, Range, SubqueryAlias
from unbounded.types.arrow import from_arrow_schema
from unbounded.types.coercion import common_type_of
from unbounded.types.datatypes import LONG


def resolve_local_relation(relation: u.LocalRelation, analysis: Analysis) -> LogicalPlan:
    """The table's own types, then the schema given with it (casts by position)."""
    actual = from_arrow_schema(relation.table.schema)
    wanted = relation.schema or actual
    names = [f.name for f in wanted.fields]
    fields = zip(names, actual.fields, wanted.fields, strict=True)
    output = tuple(analysis.ids.attribute(n, f.data_type, w.nullable, w.metadata) for n, f, w in fields)
    plan = LocalRelation(output, relation.table)
    return cast_output(plan, [f.data_type for f in wanted.fields])


def resolve_inline_table(relation: u.InlineTable, analysis: Analysis) -> LogicalPlan:
    """Raises: SparkError INVALID_INLINE_TABLE.*"""
    widths = {len(row) for row in relation.rows}
    if len(widths) != 1:
        first, other = len(relation.rows[0]), next(len(r) for r in relation.rows if len(r) != len(relation.rows[0]))
        counts = {
            "expectedNumCols": str(first),
            "actualNumCols": str(other),
            "rowIndex": str([len(r) for r in relation.rows].index(other)),
        }
        raise SparkError(ErrorKind.PARSE, "INVALID_INLINE_TABLE.NUM_COLUMNS_MISMATCH", counts)
    rows = [_row(row, analysis) for row in relation.rows]
    types = [common_type_of(row[i].data_type for row in rows) for i in range(widths.pop())]
    for position, data_type in enumerate(types):
        if data_type is None:
            raise analysis_error(
                "INVALID_INLINE_TABLE.INCOMPATIBLE_TYPES_IN_INLINE_TABLE", colName=f"`col{position + 1}`"
            )
    known = [t for t in types if t is not None]
    plans: list[LogicalPlan] = [cast_output(Project(OneRow(), row), known) for row in rows]
    return _union(plans, analysis)


def _row(row: tuple[u.Expression, ...], analysis: Analysis) -> tuple[NamedExpression, ...]:
    scope = Scope((), analysis.outer)
    return tuple(analysis.ids.alias(analysis.expression(e, scope), f"col{i}") for i, e in enumerate(row, 1))


def _union(plans: list[LogicalPlan], analysis: Analysis) -> LogicalPlan:
    """UNION ALL as a balanced tree, so that many rows do not make a deep plan."""
    if len(plans) == 1:
        return plans[0]
    middle = len(plans) // 2
    left, right = _union(plans[:middle], analysis), _union(plans[middle:], analysis)
    return set_operation(left, right, u.SetOperator.UNION, True, analysis)


def resolve_one_row(relation: u.OneRow, analysis: Analysis) -> LogicalPlan:
    return OneRow()


def resolve_range(relation: u.Range, analysis: Analysis) -> LogicalPlan:
    if relation.step == 0:
        raise requirement_failed("step (0) cannot be 0")
    output = (analysis.ids.attribute("id", LONG, nullable=False),)
    return Range(relation.start, relation.end, relation.step, output)


def resolve_named_table(relation: u.NamedTable, analysis: Analysis) -> LogicalPlan:
    """CTEs first, then temporary views and tables. Raises: SparkError TABLE_OR_VIEW_NOT_FOUND"""
    name = relation.parts[-1]
    cte = analysis.ctes.get(name.lower()) if len(relation.parts) == 1 else None
    if cte is not None:
        used = with_fresh_ids(cte, analysis.ids)
        return replace(used, is_view=True) if isinstance(used, SubqueryAlias) else used
    found = analysis.catalog.find_relation(relation.parts, relation.options, relation.is_streaming, analysis.ids)
    if found is None:
        environment = analysis.environment
        path = f"[`system`.`builtin`, `system`.`session`, {quoted((environment.catalog, environment.database))}]"
        raise analysis_error("TABLE_OR_VIEW_NOT_FOUND", relationName=quoted(relation.parts), searchPath=path)
    if isinstance(found, SubqueryAlias) and found.is_view:
        return replace(found, name=(name,))
    return SubqueryAlias(found, (name,))


def resolve_planned(relation: u.Planned, analysis: Analysis) -> LogicalPlan:
    plan = relation.plan
    assert isinstance(plan, LogicalPlan)
    return plan


def resolve_data_source(relation: u.DataSource, analysis: Analysis) -> LogicalPlan:
    return analysis.catalog.load(relation, analysis.ids)


def resolve_remote_relation(relation: u.CachedRemoteRelation, analysis: Analysis) -> LogicalPlan:
    found = analysis.catalog.find_remote_relation(relation.relation_id)
    if found is None:
        raise analysis_error("INTERNAL_ERROR", message=f"No DataFrame with id {relation.relation_id} is found")
    return with_fresh_ids(found, analysis.ids)


def resolve_catalog_call(relation: u.Catalog, analysis: Analysis) -> LogicalPlan:
    rows = analysis.catalog.run_command(relation.operation, dict(relation.arguments))
    return resolve_local_relation(rows, analysis)


def resolve_parse(relation: u.Parse, analysis: Analysis) -> LogicalPlan:
    raise not_supported(f"spark.read.{relation.format} over a DataFrame", "Write the strings to a file and read it.")
