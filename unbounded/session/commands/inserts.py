"""Rows into tables of the warehouse: INSERT, insertInto, saveAsTable, CREATE TABLE AS, writeTo."""

from __future__ import annotations

import functools
import os
from dataclasses import replace

from unbounded.analysis.context import Ids
from unbounded.connectors.file_streams.earlier_files import is_streamed
from unbounded.connectors.formats import DELTA, find_file_format
from unbounded.errors import analysis_error, not_supported
from unbounded.plan import unresolved as u
from unbounded.plan.expressions import Expression, Literal, unaliased
from unbounded.plan.identifiers import quote_parts
from unbounded.plan.logical import LogicalPlan, Project
from unbounded.session.commands import store_assignment
from unbounded.session.commands.context import CommandContext
from unbounded.session.commands.definitions import create_table
from unbounded.session.commands.target_columns import named_fields
from unbounded.session.commands.writes import file_count, is_dynamic_overwrite, prepare
from unbounded.session.delta.reads import is_delta
from unbounded.session.delta.replacing import overwrite_where
from unbounded.session.delta.row_changes import located
from unbounded.session.delta.tables import create_delta_as, delta_table_exists, save_into_delta, write_delta_rows
from unbounded.session.delta.target import target_of
from unbounded.session.file_writes import Destination
from unbounded.session.jdbc.inserts import find_database, insert_into_database
from unbounded.session.pipeline import refuse_stream
from unbounded.session.tables import already_exists
from unbounded.session.warehouse import Table, TableKind
from unbounded.storage.local import LocalFileSystem
from unbounded.types.storing import stored_schema


def insert_into(command: u.InsertInto, context: CommandContext) -> None:
    """INSERT INTO | OVERWRITE.

    Raises: SparkError TABLE_OR_VIEW_NOT_FOUND, INSERT_COLUMN_ARITY_MISMATCH.*, INCOMPATIBLE_DATA_FOR_TABLE.*
    """
    database = find_database(command.table, context)
    if database is not None:
        insert_into_database(command, database, context)
        return
    table = writable_table(command.table, context)
    ids = Ids()
    plan = context.analyze(command.query, ids)
    refuse_stream(plan)
    static = _static_values(command, table, context, ids)
    with located(command.origin if table.format == DELTA else None):
        rows = _insert_rows(command, plan, static, table, context, ids)
    is_dynamic = is_dynamic_overwrite((), context)
    if command.overwrites and static and not is_dynamic:
        if table.format == DELTA:
            overwrite_where(target_of(table), rows, _is_static(command), context, ids)
        else:
            _insert_over_static(rows, table, static, context, ids)
        return
    append_rows(rows, table, context, ids, overwrites=command.overwrites, is_dynamic=is_dynamic)


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
    return {e.name.lower(): unaliased(e) for e in plan.expressions}


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
        named = named_fields(command.columns, fields)
        given = store_assignment.by_position(plan, table, named)
        values = {f.name.lower(): value for f, value in zip(named, given, strict=True)}
    values |= static
    missing = next((f.name for f in table.schema.fields if not f.nullable and f.name.lower() not in values), None)
    if missing is not None and table.format == DELTA:
        raise analysis_error("DELTA_INSERT_COLUMN_MISMATCH", columnName=missing)
    chosen = [values.get(f.name.lower()) or Literal(None, f.data_type) for f in table.schema.fields]
    return store_assignment.with_columns(plan, table, chosen, table.schema.fields, ids, policy)


def _is_static(command: u.InsertInto) -> u.Expression:
    """Whether a row is in the partition that PARTITION names."""
    equal = [
        u.UnresolvedFunction("<=>", (u.UnresolvedAttribute((name,)), value)) for name, value in command.static_partition
    ]
    return functools.reduce(lambda left, right: u.UnresolvedFunction("and", (left, right)), equal)


def _insert_over_static(
    rows: LogicalPlan, table: Table, static: dict[str, Expression], context: CommandContext, ids: Ids
) -> None:
    """INSERT OVERWRITE … PARTITION (a = 1) replaces that partition only: all rows go there."""
    if set(static) != {name.lower() for name in table.partition_columns}:
        hint = "Set spark.sql.sources.partitionOverwriteMode to dynamic."
        raise not_supported("INSERT OVERWRITE with some partition columns fixed", hint)
    append_rows(rows, table, context, ids, overwrites=True, is_dynamic=True)


def append_rows(
    rows: LogicalPlan,
    table: Table,
    context: CommandContext,
    ids: Ids,
    *,
    overwrites: bool,
    is_dynamic: bool,
    files: int = 1,
) -> None:
    """Writes rows that have the table's columns, made with `ids`.

    Raises: SparkError for a table that a stream writes
    """
    if table.format == DELTA:
        write_delta_rows(rows, table, context, ids, overwrites=overwrites, is_dynamic=is_dynamic)
        return
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
    if table is not None and table.format == DELTA and is_delta(command.format, context.config):
        save_into_delta(command, table, context)
    elif table is None or command.mode is u.SaveMode.OVERWRITE:
        _create_as(command, table, context)
    elif command.mode is u.SaveMode.ERROR:
        raise already_exists(table)
    elif command.mode is u.SaveMode.APPEND and DELTA in (table.format, (command.format or table.format).lower()):
        shown = {
            "existingProvider": _shown_source(table.format),
            "specifiedProvider": _shown_source(command.format or ""),
        }
        raise analysis_error("_LEGACY_ERROR_TEMP_1159", tableName=".".join(table.parts), **shown)
    elif command.mode is u.SaveMode.APPEND:
        _append_by_name(command, table, context)


def _shown_source(name: str) -> str:
    """What Spark calls the source of a format."""
    return "DeltaDataSource" if name.lower() == DELTA else f"{find_file_format(name or 'parquet').shown}DataSourceV2"


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
    append_rows(rows, table, context, ids, overwrites=False, is_dynamic=False, files=file_count(command.query))


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
        is_deltas = is_delta(command.format, context.config)
        raise delta_table_exists(existing) if is_deltas else already_exists(existing)
    if is_delta(command.format, context.config):
        create_delta_as(command, existing, context)
        return
    assert command.query is not None
    ids = Ids()
    plan = context.analyze_written(command.query, ids)
    table = create_table(replace(command, schema=stored_schema(plan.schema), query=None), context, is_stored=False)
    has_rows = existing is not None or (os.path.isdir(table.location) and bool(os.listdir(table.location)))
    if existing is None and has_rows and table.kind is TableKind.MANAGED:
        location = f"'file:{table.location}'"
        raise analysis_error("LOCATION_ALREADY_EXISTS", location=location, identifier=quote_parts(table.parts))
    append_rows(plan, table, context, ids, overwrites=has_rows, is_dynamic=False, files=file_count(command.query))
    context.tables.warehouse.put(table)


def _refuse_buckets(command: u.Write) -> None:
    if command.bucket_count is not None or command.sort_columns:
        raise not_supported("bucketBy and sortBy", "Leave them out: they change no rows.")


# ---------------------------------------------------------------------------------------------- df.writeTo


def write_to(command: u.WriteTo, context: CommandContext) -> None:
    """df.writeTo(table).create(), append(), overwritePartitions(), …"""
    mode = command.mode
    if mode in (u.WriteToMode.CREATE, u.WriteToMode.REPLACE, u.WriteToMode.CREATE_OR_REPLACE):
        _create_to(command, context)
        return
    ids = Ids()
    plan = context.analyze_written(command.query, ids, method="writeTo")
    table = writable_table(command.table, context)
    policy = context.config.get("spark.sql.storeAssignmentPolicy")
    values = store_assignment.by_name(plan, table)
    rows = store_assignment.with_columns(plan, table, values, table.schema.fields, ids, policy)
    if command.overwrite_condition is not None:
        if table.format != DELTA:
            raise not_supported("writeTo(…).overwrite(condition)", "Use overwritePartitions() or INSERT OVERWRITE.")
        overwrite_where(target_of(table), rows, command.overwrite_condition, context, ids)
        return
    overwrites = mode is not u.WriteToMode.APPEND
    append_rows(
        rows, table, context, ids, overwrites=overwrites, is_dynamic=overwrites, files=file_count(command.query)
    )


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
