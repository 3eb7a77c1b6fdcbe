"""Rows into tables of the warehouse: INSERT, insertInto, saveAsTable, CREATE TABLE AS, writeTo."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace

from unbounded.analysis.context import Ids
from unbounded.connectors.file_streams.earlier_files import is_streamed
from unbounded.connectors.formats import find_file_format
from unbounded.errors import analysis_error, not_supported
from unbounded.plan import unresolved as u
from unbounded.plan.expressions import Alias, Expression, Literal
from unbounded.plan.identifiers import quote_parts
from unbounded.plan.logical import LogicalPlan, Project
from unbounded.session.commands import store_assignment
from unbounded.session.commands.context import CommandContext
from unbounded.session.commands.definitions import create_table, refuse_existing
from unbounded.session.commands.writes import file_count, is_dynamic_overwrite, prepare
from unbounded.session.file_writes import Destination
from unbounded.session.pipeline import refuse_stream
from unbounded.session.warehouse import Table, TableKind
from unbounded.storage.local import LocalFileSystem
from unbounded.types.datatypes import StructField


def insert_into(command: u.InsertInto, context: CommandContext) -> None:
    """INSERT INTO | OVERWRITE.

    Raises: SparkError TABLE_OR_VIEW_NOT_FOUND, INSERT_COLUMN_ARITY_MISMATCH.*, INCOMPATIBLE_DATA_FOR_TABLE.*
    """
    table = writable_table(command.table, context)
    ids = Ids()
    plan = context.analyze(command.query, ids)
    refuse_stream(plan)
    static = _static_values(command, table, context, ids)
    rows = _insert_rows(command, plan, static, table, context, ids)
    is_dynamic = is_dynamic_overwrite((), context)
    if command.overwrites and static and not is_dynamic:
        _insert_over_static(rows, table, static, context)
        return
    append_rows(rows, table, context, overwrites=command.overwrites, is_dynamic=is_dynamic)


def _static_values(command: u.InsertInto, table: Table, context: CommandContext, ids: Ids) -> dict[str, Expression]:
    """PARTITION (a = 1): constants by lower-case column name."""
    if not command.static_partition:
        return {}
    names = {name.lower(): name for name in table.partition_columns}
    for name, _ in command.static_partition:
        if name.lower() not in names:
            raise analysis_error("NON_PARTITION_COLUMN", columnName=f"`{name}`")
    query = u.Project(u.OneRow(), tuple(u.Alias(value, (name,)) for name, value in command.static_partition))
    plan = context.analyze(query, ids)
    assert isinstance(plan, Project)
    return {e.name.lower(): e.child if isinstance(e, Alias) else e for e in plan.expressions}


def _insert_rows(
    command: u.InsertInto,
    plan: LogicalPlan,
    static: dict[str, Expression],
    table: Table,
    context: CommandContext,
    ids: Ids,
) -> LogicalPlan:
    policy = context.config.get("spark.sql.storeAssignmentPolicy")
    fields = [f for f in table.schema.fields if f.name.lower() not in static]
    if command.is_by_name:
        values: dict[str, Expression] = dict(
            zip((f.name.lower() for f in table.schema.fields), store_assignment.by_name(plan, table), strict=True)
        )
    else:
        named = _named_fields(command.columns, fields, table)
        given = store_assignment.by_position(plan, table, named)
        values = {f.name.lower(): value for f, value in zip(named, given, strict=True)}
    values |= static
    chosen = [values.get(f.name.lower()) or Literal(None, f.data_type) for f in table.schema.fields]
    return store_assignment.with_columns(plan, table, chosen, table.schema.fields, ids, policy)


def _named_fields(columns: Sequence[str], fields: list[StructField], table: Table) -> list[StructField]:
    """The columns named in `INSERT INTO t (b, a)`, else all that PARTITION does not fix."""
    if not columns:
        return fields
    by_name = {f.name.lower(): f for f in fields}
    for name in columns:
        if name.lower() not in by_name:
            proposal = ", ".join(f"`{f.name}`" for f in fields)
            raise analysis_error("UNRESOLVED_COLUMN.WITH_SUGGESTION", objectName=f"`{name}`", proposal=proposal)
    return [by_name[name.lower()] for name in columns]


def _insert_over_static(
    rows: LogicalPlan, table: Table, static: dict[str, Expression], context: CommandContext
) -> None:
    """INSERT OVERWRITE … PARTITION (a = 1) replaces that partition only: all rows go there."""
    if set(static) != {name.lower() for name in table.partition_columns}:
        hint = "Set spark.sql.sources.partitionOverwriteMode to dynamic."
        raise not_supported("INSERT OVERWRITE with some partition columns fixed", hint)
    append_rows(rows, table, context, overwrites=True, is_dynamic=True)


def append_rows(
    rows: LogicalPlan, table: Table, context: CommandContext, *, overwrites: bool, is_dynamic: bool, files: int = 1
) -> None:
    """Writes rows that have the table's columns. Raises: SparkError for a table that a stream writes"""
    if is_streamed(LocalFileSystem(), table.location):
        feature = f"A batch write into {quote_parts(table.parts)}, which a stream writes"
        raise not_supported(feature, "Write both with a stream, or let the stream use foreachBatch and insertInto.")
    destination = Destination(
        table.location,
        find_file_format(table.format),
        table.options,
        table.partition_columns,
        overwrites,
        is_dynamic and bool(table.partition_columns),
        files,
    )
    prepare(rows, destination, context).run()


def writable_table(parts: tuple[str, ...], context: CommandContext) -> Table:
    if context.names.has_view(parts):
        raise analysis_error("UNSUPPORTED_INSERT.RDD_BASED")
    table = context.tables.get(parts)
    if table.kind is TableKind.VIEW:
        name = quote_parts(table.parts)
        raise analysis_error("EXPECT_TABLE_NOT_VIEW.NO_ALTERNATIVE", viewName=name, operation="INSERT")
    return table


# ---------------------------------------------------------------------------------------------- df.write


def save_as_table(command: u.Write, context: CommandContext) -> None:
    """df.write.saveAsTable: the mode says what happens to a table that exists."""
    _refuse_buckets(command)
    if command.inserts:
        insert = u.InsertInto(command.table, command.query, overwrites=command.mode is u.SaveMode.OVERWRITE)
        insert_into(insert, context)
        return
    table = context.tables.find(command.table)
    if table is None or command.mode is u.SaveMode.OVERWRITE:
        _create_as(command, table, context)
    elif command.mode is u.SaveMode.ERROR:
        raise refuse_existing(table)
    elif command.mode is u.SaveMode.APPEND:
        _append_by_name(command, table, context)


def _append_by_name(command: u.Write, table: Table, context: CommandContext) -> None:
    ids = Ids()
    plan = context.analyze_written(command.query, ids)
    if len(plan.output) != len(table.schema.fields):
        raise analysis_error(
            "_LEGACY_ERROR_TEMP_1161",
            tableName=".".join(table.parts),
            existingTableSchema=table.schema.simple_string,
            querySchema=plan.schema.simple_string,
        )
    policy = context.config.get("spark.sql.storeAssignmentPolicy")
    values = store_assignment.by_name(plan, table)
    rows = store_assignment.with_columns(plan, table, values, table.schema.fields, ids, policy)
    append_rows(rows, table, context, overwrites=False, is_dynamic=False, files=file_count(command.query))


def _create_as(command: u.Write, existing: Table | None, context: CommandContext) -> None:
    options = tuple((key, value) for key, value in command.options if key.lower() != "path")
    create = u.CreateTable(
        command.table,
        None,
        command.query,
        command.format,
        options,
        u.option(command.options, "path"),
        command.partition_columns,
        replaces=existing is not None,
    )
    create_table_as(create, context)


def create_table_as(command: u.CreateTable, context: CommandContext) -> None:
    """CTAS: the rows are written first, the table is there when they are."""
    existing = context.tables.find(command.table)
    if existing is not None and not command.replaces:
        if command.if_not_exists:
            return
        raise refuse_existing(existing)
    assert command.query is not None
    plan = context.analyze_written(command.query)
    table = create_table(replace(command, schema=plan.schema, query=None), context, is_stored=False)
    has_rows = existing is not None or (os.path.isdir(table.location) and bool(os.listdir(table.location)))
    if existing is None and has_rows and table.kind is TableKind.MANAGED:
        location = f"'file:{table.location}'"
        raise analysis_error("LOCATION_ALREADY_EXISTS", location=location, identifier=quote_parts(table.parts))
    append_rows(plan, table, context, overwrites=has_rows, is_dynamic=False, files=file_count(command.query))
    context.tables.warehouse.put(table)


def _refuse_buckets(command: u.Write) -> None:
    if command.bucket_count is not None or command.sort_columns:
        raise not_supported("bucketBy and sortBy", "Leave them out: they change no rows.")


# ---------------------------------------------------------------------------------------------- df.writeTo


def write_to(command: u.WriteTo, context: CommandContext) -> None:
    """df.writeTo(table).create(), append(), overwritePartitions(), …"""
    if command.overwrite_condition is not None:
        raise not_supported("writeTo(…).overwrite(condition)", "Use overwritePartitions() or INSERT OVERWRITE.")
    mode = command.mode
    if mode in (u.WriteToMode.CREATE, u.WriteToMode.REPLACE, u.WriteToMode.CREATE_OR_REPLACE):
        _create_to(command, context)
        return
    table = writable_table(command.table, context)
    ids = Ids()
    plan = context.analyze_written(command.query, ids)
    policy = context.config.get("spark.sql.storeAssignmentPolicy")
    values = store_assignment.by_name(plan, table)
    rows = store_assignment.with_columns(plan, table, values, table.schema.fields, ids, policy)
    overwrites = mode is not u.WriteToMode.APPEND
    append_rows(rows, table, context, overwrites=overwrites, is_dynamic=overwrites, files=file_count(command.query))


def _create_to(command: u.WriteTo, context: CommandContext) -> None:
    names = []
    for expression in command.partitioning:
        if not isinstance(expression, u.UnresolvedAttribute) or len(expression.parts) != 1:
            raise not_supported("partitionedBy with a function", "Partition by columns.")
        names.append(expression.parts[0])
    if command.mode is u.WriteToMode.REPLACE:
        context.tables.get(command.table)
    create = u.CreateTable(
        command.table,
        None,
        command.query,
        command.format,
        command.options,
        partition_columns=tuple(names),
        replaces=command.mode is not u.WriteToMode.CREATE,
    )
    create_table_as(create, context)
