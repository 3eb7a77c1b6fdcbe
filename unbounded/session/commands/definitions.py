"""CREATE, DROP, ALTER and TRUNCATE of tables, views and databases: changes of the warehouse's metadata."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace

from unbounded.connectors.files.options import FileOptions
from unbounded.connectors.files.paths import local_path
from unbounded.connectors.formats import DELTA, FileFormat, find_file_format
from unbounded.errors import SparkError, analysis_error, not_supported
from unbounded.plan import unresolved as u
from unbounded.plan.identifiers import quote_parts
from unbounded.plan.tree import collect
from unbounded.session.commands.context import CommandContext
from unbounded.session.delta.reads import is_delta
from unbounded.session.delta.tables import create_delta_table
from unbounded.session.tables import CATALOG, already_exists
from unbounded.session.warehouse import DEFAULT_DATABASE, Table, TableKind
from unbounded.sql import parse_statement
from unbounded.types.datatypes import StructField, StructType


def create_table(command: u.CreateTable, context: CommandContext, *, is_stored: bool = True) -> Table:
    """An empty table; `is_stored` False only makes the metadata, for rows to be written first.

    Raises: SparkError TABLE_OR_VIEW_ALREADY_EXISTS, SCHEMA_NOT_FOUND, PARTITION_COLUMN_NOT_FOUND_IN_SCHEMA, …
    """
    if is_delta(command.format, context.config):
        return create_delta_table(command, context)
    database, name = context.tables.new_name(command.table)
    existing = context.tables.warehouse.find(database, name)
    if existing is not None and not command.replaces:
        if command.if_not_exists:
            return existing
        raise already_exists(existing)
    format_name = command.format or context.config.get("spark.sql.sources.default")
    file_format = find_file_format(format_name)
    location = command.location or u.option(command.options, "path")
    options = tuple((key, value) for key, value in command.options if key.lower() != "path")
    schema = command.schema
    if schema is None:
        schema = _read_schema(location, file_format, options, context)
    table = Table(
        database,
        name,
        TableKind.EXTERNAL if location is not None else TableKind.MANAGED,
        _partitions_last(schema, command.partition_columns),
        file_format.value,
        local_path(location) if location is not None else context.tables.warehouse.table_folder(database, name),
        tuple(_find_field(schema, column).name for column in command.partition_columns),
        options,
        command.comment,
        command.properties,
        context.environment.now_us // 1000,
    )
    if is_stored:
        FileOptions(options, file_format)
        if existing is not None:
            context.tables.warehouse.drop(existing)
        context.tables.warehouse.put(table)
        os.makedirs(table.location, exist_ok=True)
    return table


def _read_schema(
    location: str | None, file_format: FileFormat, options: u.Options, context: CommandContext
) -> StructType:
    """Without columns the files at the location say what they are."""
    if location is None or not os.path.exists(local_path(location)):
        raise analysis_error("UNABLE_TO_INFER_SCHEMA", format=file_format.shown)
    return context.files.read(file_format, [location], None, options).schema


def _partitions_last(schema: StructType, partition_columns: tuple[str, ...]) -> StructType:
    """Spark moves partition columns to the end, in the order of PARTITIONED BY."""
    partitions = [_find_field(schema, name) for name in partition_columns]
    if partitions and len(partitions) == len(schema.fields):
        raise analysis_error("ALL_PARTITION_COLUMNS_NOT_ALLOWED")
    fields = [f for f in schema.fields if f not in partitions] + partitions
    return StructType(tuple(replace(f, nullable=True) for f in fields))


def _find_field(schema: StructType, name: str) -> StructField:
    found = next((f for f in schema.fields if f.name.lower() == name.lower()), None)
    if found is None:
        raise analysis_error(
            "COLUMN_NOT_DEFINED_IN_TABLE",
            colType="partition",
            colName=f"`{name}`",
            tableName="",
            tableCols=", ".join(f"`{f.name}`" for f in schema.fields),
        )
    return found


def create_permanent_view(command: u.CreatePermanentView, context: CommandContext) -> None:
    """The query is analysed once, for the names and types of its columns, and kept as text.

    Raises: SparkError TABLE_OR_VIEW_ALREADY_EXISTS, INVALID_TEMP_OBJ_REFERENCE, CREATE_VIEW_COLUMN_ARITY_MISMATCH.*
    """
    database, name = context.tables.new_name(command.view)
    existing = context.tables.warehouse.find(database, name)
    if existing is not None and not command.replaces:
        if command.if_not_exists:
            return
        raise already_exists(existing)
    query = parse_statement(command.text)
    assert isinstance(query, u.Relation)
    _refuse_temporary(query, quote_parts((CATALOG, database, name)), context)
    fields = context.analyze(query).schema.fields
    if command.columns and len(command.columns) != len(fields):
        few = len(command.columns) > len(fields)
        raise analysis_error(
            f"CREATE_VIEW_COLUMN_ARITY_MISMATCH.{'NOT_ENOUGH' if few else 'TOO_MANY'}_DATA_COLUMNS",
            viewName=quote_parts((CATALOG, database, name)),
            viewColumns=", ".join(f"`{c}`" for c in command.columns),
            dataColumns=", ".join(f"`{f.name}`" for f in fields),
        )
    names = command.columns or tuple(f.name for f in fields)
    schema = StructType(tuple(replace(f, name=n) for f, n in zip(fields, names, strict=True)))
    context.tables.warehouse.put(
        Table(
            database,
            name,
            TableKind.VIEW,
            schema,
            comment=command.comment,
            properties=command.properties,
            created_ms=context.environment.now_us // 1000,
            view_text=command.text,
            view_database=context.tables.database,
        )
    )


def _refuse_temporary(query: u.Relation, view: str, context: CommandContext) -> None:
    """A view that stays cannot read one that goes with its session."""
    ctes = {cte.name.lower() for node in collect(query, u.WithCtes) for cte in node.ctes}
    for table in collect(query, u.NamedTable):
        is_cte = len(table.parts) == 1 and table.parts[0].lower() in ctes
        if not is_cte and context.names.has_view(table.parts):
            temporary = {"tempObj": "VIEW", "tempObjName": quote_parts(table.parts)}
            raise analysis_error("INVALID_TEMP_OBJ_REFERENCE", obj="VIEW", objName=view, **temporary)


def drop_table(command: u.DropTable, context: CommandContext) -> None:
    """A temporary view of that name goes first; DROP TABLE drops a view too, as in Spark.

    Raises: SparkError TABLE_OR_VIEW_NOT_FOUND, WRONG_COMMAND_FOR_OBJECT_TYPE
    """
    if context.names.drop_view_parts(command.table):
        return
    table = context.tables.find(command.table)
    if table is None or table.is_path:
        if command.if_exists:
            return
        raise _nothing_to_drop(command.table, context)
    if command.is_view and table.kind is not TableKind.VIEW:
        raise _not_a_view(table)
    context.names.uncache(table.parts)
    context.tables.warehouse.drop(table)


def _nothing_to_drop(parts: tuple[str, ...], context: CommandContext) -> SparkError:
    name = context.tables.complete(parts) or parts
    path = f"[{quote_parts((CATALOG, context.tables.database))}]"
    return analysis_error("TABLE_OR_VIEW_NOT_FOUND", relationName=quote_parts((CATALOG, *name)), searchPath=path)


def _not_a_view(table: Table) -> SparkError:
    return analysis_error(
        "WRONG_COMMAND_FOR_OBJECT_TYPE",
        operation="DROP VIEW",
        requiredType="VIEW or METRIC_VIEW",
        objectName=".".join(table.parts),
        foundType=table.kind.value,
        alternative="DROP TABLE",
    )


def truncate_table(command: u.TruncateTable, context: CommandContext) -> None:
    """The table stays, its files go."""
    table = context.tables.get(command.table)
    if table.format == DELTA:
        raise analysis_error("_LEGACY_ERROR_TEMP_1121", cmd="truncates", table=".".join(table.parts))
    if table.kind is not TableKind.MANAGED:
        raise analysis_error("CANNOT_TRUNCATE_EXTERNAL_TABLE", tableIdentifier=quote_parts(table.parts))
    shutil.rmtree(table.location, ignore_errors=True)
    os.makedirs(table.location, exist_ok=True)


def rename_table(command: u.RenameTable, context: CommandContext) -> None:
    """Raises: SparkError TABLE_OR_VIEW_NOT_FOUND, TABLE_OR_VIEW_ALREADY_EXISTS"""
    table = context.tables.get(command.table)
    database, name = context.tables.complete(command.new_name) or (table.database, command.new_name[-1])
    if len(command.new_name) > 1 and database != table.database:
        raise not_supported("Renaming a table into another database", "Use CREATE TABLE … AS.")
    existing = context.tables.warehouse.find(table.database, name)
    if existing is not None:
        raise already_exists(existing)
    context.tables.warehouse.rename(table, name)


# ---------------------------------------------------------------------------------------------- databases


def create_database(command: u.CreateDatabase, context: CommandContext) -> None:
    if context.tables.warehouse.has_database(command.name):
        if command.if_not_exists:
            return
        raise analysis_error("SCHEMA_ALREADY_EXISTS", schemaName=f"`{command.name}`")
    context.tables.warehouse.create_database(command.name)


def drop_database(command: u.DropDatabase, context: CommandContext) -> None:
    if command.if_exists and not context.tables.warehouse.has_database(command.name):
        return
    name = context.tables.require_database(command.name)
    if name == DEFAULT_DATABASE:
        raise analysis_error("UNSUPPORTED_FEATURE.DROP_DATABASE", database=quote_parts((CATALOG, name)))
    tables = context.tables.warehouse.tables(name)
    if tables and not command.cascades:
        raise analysis_error("SCHEMA_NOT_EMPTY", schemaName=f"`{command.name}`")
    for table in tables:
        context.tables.warehouse.drop(table)
    context.tables.warehouse.drop_database(name)
    if context.names.current_database == name:
        context.names.current_database = DEFAULT_DATABASE


def use_database(name: str, context: CommandContext) -> None:
    context.names.current_database = context.tables.require_database(name)
