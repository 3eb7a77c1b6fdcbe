"""The Delta table that UPDATE, DELETE, MERGE and the statements of upkeep are about: by name, or by path."""

from __future__ import annotations

from dataclasses import dataclass

from unbounded.connectors.files.paths import local_path
from unbounded.connectors.formats import DELTA
from unbounded.errors import SparkError, analysis_error, not_supported, unsupported_error
from unbounded.plan.identifiers import quote_parts
from unbounded.session.commands.context import CommandContext
from unbounded.session.warehouse import Table, TableKind


@dataclass(frozen=True, slots=True)
class DeltaTarget:
    """`path` is absolute; `name` is what qualifies its columns; `table`: None for a table by path."""

    path: str
    name: str
    table: Table | None = None


def find_target(parts: tuple[str, ...], operation: str, context: CommandContext) -> DeltaTarget:
    """Raises: SparkError TABLE_OR_VIEW_NOT_FOUND, PATH_NOT_FOUND, and what Spark says of tables that are not Delta's"""
    if context.names.has_view(parts):
        raise not_supported(f"{operation} through a temporary view", "Name the table.")
    table = context.tables.find(parts)
    if table is not None:
        _require_delta(table, operation)
        return target_of(table)
    if len(parts) == 2 and parts[0].lower() == DELTA:
        raise analysis_error("PATH_NOT_FOUND", path=local_path(parts[1]))
    raise context.tables.not_found(parts)


def target_of(table: Table) -> DeltaTarget:
    return DeltaTarget(table.location, table.name, table)


def _require_delta(table: Table, operation: str) -> None:
    if table.kind is TableKind.VIEW:
        raise analysis_error("DELTA_UNSUPPORTED_SOURCE", operation=operation, plan=f"View {quote_parts(table.parts)}")
    if table.format != DELTA:
        raise _refused(table, operation)


def _refused(table: Table, operation: str) -> SparkError:
    if operation in ("UPDATE", "MERGE"):
        ddl = "UPDATE TABLE" if operation == "UPDATE" else "MERGE INTO TABLE"
        return unsupported_error("_LEGACY_ERROR_TEMP_2096", ddl=ddl)
    if operation == "DELETE":
        name = quote_parts(table.parts)
        return analysis_error("UNSUPPORTED_FEATURE.TABLE_OPERATION", tableName=name, operation=operation)
    if operation == "ALTER TABLE":
        return not_supported(f"ALTER TABLE of a {table.format} table", "Only Delta tables are altered.")
    return analysis_error("DELTA_ONLY_OPERATION", operation=operation)
