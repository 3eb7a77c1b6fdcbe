"""Rows for a table's columns: matched by position or name, cast by Spark's ANSI store assignment. Writes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from unbounded.analysis.casts import check_cast
from unbounded.analysis.context import Ids
from unbounded.connectors.formats import DELTA
from unbounded.errors import SparkError, analysis_error, not_supported
from unbounded.plan.expressions import Cast, CastMode, Expression, Literal, NamedExpression
from unbounded.plan.identifiers import quote_parts
from unbounded.plan.logical import LogicalPlan, Project
from unbounded.session.warehouse import Table
from unbounded.types.datatypes import DataType, StructField
from unbounded.types.storing import can_store


def by_position(plan: LogicalPlan, table: Table, fields: Sequence[StructField]) -> list[Expression]:
    """The columns of `plan` for `fields` in order. Raises INSERT_COLUMN_ARITY_MISMATCH.*"""
    if len(plan.output) < len(fields) and table.format == DELTA:
        counts = {"numColumns": str(len(fields)), "insertColumns": str(len(plan.output))}
        counts["columnName"] = "not enough data columns"
        raise analysis_error("DELTA_INSERT_COLUMN_ARITY_MISMATCH", tableName=".".join(table.parts), **counts)
    if len(plan.output) != len(fields):
        kind = "NOT_ENOUGH_DATA_COLUMNS" if len(plan.output) < len(fields) else "TOO_MANY_DATA_COLUMNS"
        raise analysis_error(
            f"INSERT_COLUMN_ARITY_MISMATCH.{kind}",
            tableName=quote_parts(table.parts),
            tableColumns=_shown(f.name for f in fields),
            dataColumns=_shown(a.name for a in plan.output),
        )
    return list(plan.output)


def by_name(plan: LogicalPlan, table: Table) -> list[Expression]:
    """A column of `plan` for each column of `table`; a missing one is NULL. Raises …EXTRA_COLUMNS"""
    rest = {a.name.lower(): a for a in plan.output}
    if len(rest) > len(table.schema.fields):
        by_position(plan, table, table.schema.fields)
    values: list[Expression] = []
    for field in table.schema.fields:
        column = rest.pop(field.name.lower(), None)
        values.append(Literal(None, field.data_type) if column is None else column)
    if rest:
        raise _incompatible(table, "EXTRA_COLUMNS", extraColumns=_shown(a.name for a in rest.values()))
    return values


def with_columns(
    plan: LogicalPlan, table: Table, values: Sequence[Expression], fields: Sequence[StructField], ids: Ids, policy: str
) -> LogicalPlan:
    """`values` over `plan`, cast to `fields` and named by them."""
    if policy.upper() == "STRICT":
        raise not_supported("spark.sql.storeAssignmentPolicy=STRICT", "Use ANSI.")
    is_legacy = policy.upper() == "LEGACY"
    items: list[NamedExpression] = []
    for value, field in zip(values, fields, strict=True):
        if not is_legacy and table.format != DELTA and not can_store(value.data_type, field.data_type):
            raise _incompatible(
                table,
                "CANNOT_SAFELY_CAST",
                colName=f"`{field.name}`",
                srcType=f'"{value.data_type.sql_name}"',
                targetType=f'"{field.data_type.sql_name}"',
            )
        items.append(ids.alias(_cast(value, field.data_type, is_legacy), field.name, field.metadata))
    return Project(plan, tuple(items))


def _cast(value: Expression, target: DataType, is_legacy: bool) -> Expression:
    """Raises: SparkError DATATYPE_MISMATCH.CAST_WITHOUT_SUGGESTION: Delta tables take whatever can be cast"""
    if value.data_type == target:
        return value
    cast = Cast(value, target, CastMode.LEGACY if is_legacy else CastMode.ANSI, is_implicit=True)
    check_cast(cast)
    return cast


def _incompatible(table: Table, kind: str, **parameters: str) -> SparkError:
    return analysis_error(f"INCOMPATIBLE_DATA_FOR_TABLE.{kind}", tableName=quote_parts(table.parts), **parameters)


def _shown(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
