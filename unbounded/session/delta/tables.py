"""Delta tables of the warehouse: made, replaced, filled. Rows and columns are the log's, the name is ours."""

from __future__ import annotations

import os

from unbounded.analysis.context import Ids
from unbounded.connectors.delta.creation import Definition, check_properties, create
from unbounded.connectors.delta.log import is_table
from unbounded.connectors.delta.table import TableMetadata, open_metadata
from unbounded.connectors.delta.writer import DeltaWriter
from unbounded.connectors.files.paths import local_path
from unbounded.connectors.formats import DELTA
from unbounded.errors import SparkError, analysis_error, not_supported
from unbounded.plan import unresolved as u
from unbounded.plan.identifiers import quote_parts
from unbounded.plan.logical import LogicalPlan
from unbounded.session.commands.context import CommandContext
from unbounded.session.delta.metadata import as_in_log
from unbounded.session.delta.replacing import overwrite_partitions
from unbounded.session.delta.target import target_of
from unbounded.session.delta.writes import save_delta_at
from unbounded.session.warehouse import Table, TableKind
from unbounded.storage.local import LocalFileSystem
from unbounded.types.datatypes import StructType
from unbounded.types.tree_string import tree_string


def create_delta_table(command: u.CreateTable, context: CommandContext) -> Table:
    """CREATE [OR REPLACE] TABLE … USING delta: an empty table, or a name for the table at the location.

    Raises: SparkError TABLE_OR_VIEW_ALREADY_EXISTS, DELTA_CREATE_TABLE_…
    """
    existing = context.tables.find(command.table)
    if existing is not None and not command.replaces:
        if command.if_not_exists:
            return existing
        raise delta_table_exists(existing)
    table = _table(command, existing, context)
    if command.schema is not None or not is_table(table.location):
        _create(command, table, existing, context)
    return _named(table, existing, context)


def _create(command: u.CreateTable, table: Table, existing: Table | None, context: CommandContext) -> None:
    definition = Definition(
        command.schema or StructType(), command.partition_columns, command.properties, command.comment
    )
    if is_table(table.location) and not command.replaces:
        _check_same(definition, open_metadata(table.location), table)
        return
    _refuse_other_files(table, existing)
    create(table.location, definition, LocalFileSystem(), context.environment.now_us // 1000)


def create_delta_as(command: u.CreateTable, existing: Table | None, context: CommandContext) -> None:
    """CREATE [OR REPLACE] TABLE … USING delta AS, saveAsTable, writeTo(…).create: rows first, then the name.

    Raises: SparkError DELTA_CREATE_TABLE_WITH_NON_EMPTY_LOCATION, and what the query raises
    """
    assert command.query is not None
    plan = context.analyze_written(command.query)
    table = _table(command, existing, context)
    is_there = is_table(table.location)
    if is_there and existing is None and not command.replaces:
        raise not_supported("CREATE TABLE … AS over a Delta table that is there", "Use CREATE OR REPLACE TABLE.")
    if is_there and command.properties:
        raise not_supported("Other properties of a Delta table that is replaced", "Drop the table first.")
    check_properties(command.properties)
    _refuse_other_files(table, existing)
    writer = DeltaWriter(
        table.location,
        command.partition_columns,
        overwrites=is_there,
        overwrites_schema=is_there,
        properties=command.properties,
        comment=command.comment,
    )
    writer.write(context.pipeline.run(plan, context.cancellation), plan.schema)
    _named(table, existing, context)


def save_into_delta(command: u.Write, table: Table, context: CommandContext) -> None:
    """df.write.saveAsTable on a Delta table that is there."""
    if command.mode is u.SaveMode.ERROR:
        raise delta_table_exists(table)
    if command.mode is not u.SaveMode.IGNORE:
        save_delta_at(table.location, command, context.analyze_written(command.query), context)


def write_delta_rows(
    rows: LogicalPlan, table: Table, context: CommandContext, ids: Ids, *, overwrites: bool, is_dynamic: bool
) -> None:
    """Rows that have the table's columns. `is_dynamic`: an overwrite replaces only the partitions of the rows."""
    if overwrites and is_dynamic and table.partition_columns:
        overwrite_partitions(target_of(table), rows, context, ids)
        return
    writer = DeltaWriter(table.location, overwrites=overwrites)
    writer.write(context.pipeline.run(rows, context.cancellation), rows.schema)


def delta_table_exists(table: Table) -> SparkError:
    """As Delta's catalog says it: without the catalog's name."""
    return analysis_error("TABLE_OR_VIEW_ALREADY_EXISTS", relationName=quote_parts(table.parts[1:]))


def _table(command: u.CreateTable, existing: Table | None, context: CommandContext) -> Table:
    """The table as the warehouse keeps it; a Delta table that is replaced stays where it is."""
    if len(command.table) == 2 and command.table[0].lower() == DELTA:
        path = local_path(command.table[1])
        return Table(DELTA, path, TableKind.EXTERNAL, StructType(), DELTA, path)
    database, name = context.tables.new_name(command.table)
    location = command.location or u.option(command.options, "path")
    kind = TableKind.MANAGED if location is None else TableKind.EXTERNAL
    path = context.tables.warehouse.table_folder(database, name) if location is None else local_path(location)
    if existing is not None and existing.format == DELTA and location is None:
        kind, path = existing.kind, existing.location
    now_ms = context.environment.now_us // 1000
    return Table(database, name, kind, StructType(), DELTA, path, created_ms=now_ms)


def _named(table: Table, existing: Table | None, context: CommandContext) -> Table:
    """Puts the name of `table` into the warehouse; what had the name and lies elsewhere goes."""
    if existing is not None and existing.location != table.location:
        context.tables.warehouse.drop(existing)
    if not table.is_path:
        context.tables.warehouse.put(table)
    return as_in_log(table)


def _refuse_other_files(table: Table, existing: Table | None) -> None:
    """Raises: SparkError for a folder with files that are no Delta table's"""
    is_mine = existing is not None and existing.location == table.location
    if is_mine or is_table(table.location) or not os.path.isdir(table.location) or not os.listdir(table.location):
        return
    name, location = quote_parts(table.parts), f"file:{table.location}"
    raise analysis_error("DELTA_CREATE_TABLE_WITH_NON_EMPTY_LOCATION", tableId=name, tableLocation=location)


def _differences(specified: StructType, existing: StructType) -> str:
    missing = [name for name in existing.names if name not in specified.names]
    additional = [name for name in specified.names if name not in existing.names]
    rows = (("is missing", missing), ("has additional", additional))
    return "\n".join(f"- Specified schema {what} field(s): {', '.join(names)}" for what, names in rows if names)


def _check_same(definition: Definition, found: TableMetadata, table: Table) -> None:
    """A table that is there gets a name only with its own columns and partitions."""
    location = f"file:{table.location}"
    if [(f.name, f.data_type) for f in definition.schema.fields] != [
        (f.name, f.data_type) for f in found.schema.fields
    ]:
        parameters = {"specifiedSchema": tree_string(definition.schema), "existingSchema": tree_string(found.schema)}
        differences = _differences(definition.schema, found.schema)
        condition = "DELTA_CREATE_TABLE_SCHEME_MISMATCH"
        raise analysis_error(condition, path=location, schemaDifferences=differences, **parameters)
    if definition.partition_columns != found.partition_columns:
        columns = {
            "specifiedColumns": ", ".join(definition.partition_columns),
            "existingColumns": ", ".join(found.partition_columns),
        }
        raise analysis_error("DELTA_CREATE_TABLE_WITH_DIFFERENT_PARTITIONING", path=location, **columns)
