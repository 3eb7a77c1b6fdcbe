"""csv, json, parquet, text and binaryFile: folders of files, read and written in batches and by streams."""

from __future__ import annotations

import os
from collections.abc import Sequence

import pyarrow as pa

from unbounded.analysis.context import Ids
from unbounded.connectors.file_streams.earlier_files import earlier_files, remember_earlier_files
from unbounded.connectors.file_streams.manifest import Manifest
from unbounded.connectors.file_streams.sink import FileStreamSink
from unbounded.connectors.file_streams.table_sink import TableStreamSink
from unbounded.connectors.files.listing import DataFile
from unbounded.connectors.files.paths import local_path, shown_path
from unbounded.connectors.formats import FileFormat, names_of_file_format
from unbounded.connectors.option_values import duration
from unbounded.connectors.streams import OutputMode, StreamSink
from unbounded.errors import ErrorKind, SparkError, analysis_error
from unbounded.execution.queries import run_query
from unbounded.plan import unresolved as u
from unbounded.plan.expressions import Attribute
from unbounded.plan.logical import Input, LogicalPlan, Project
from unbounded.session.commands.context import CommandContext
from unbounded.session.commands.writes import file_count, is_dynamic_overwrite, prepare
from unbounded.session.file_streams import file_provider
from unbounded.session.file_writes import Destination, check_write, find_column
from unbounded.session.formats.api import DataSourceFormat, ReadContext, SinkContext, refuse_two_paths
from unbounded.session.stream_logs import sink_log_settings
from unbounded.session.stream_tables import table_columns, table_for_stream
from unbounded.storage.api import FileStatus
from unbounded.streaming.checks import parse_output_mode
from unbounded.types.datatypes import StructType

_ROWS = "rows"


def _format(file_format: FileFormat) -> DataSourceFormat:
    def read(source: u.DataSource, context: ReadContext) -> LogicalPlan:
        refuse_two_paths(source)
        paths = _paths(source, file_format.shown)
        rows = context.scan(context.files.read(file_format, paths, source.schema, source.options))
        if source.schema is None or not context.files.is_sink_folder(paths):
            return rows
        return _in_order(rows, source.schema)

    def read_stream(source: u.DataSource, context: ReadContext) -> LogicalPlan:
        return context.stream(file_provider(file_format, source, context.files, context.config))

    def write(command: u.Write, plan: LogicalPlan, context: CommandContext) -> None:
        _save(command, file_format, plan, context)

    def write_stream(command: u.WriteStream, context: SinkContext) -> StreamSink:
        _refuse_other_modes(command, file_format)
        return (_table if command.table else _folder)(command, file_format, context)

    return DataSourceFormat(names_of_file_format(file_format), read, read_stream, write, write_stream)


FORMATS = tuple(map(_format, FileFormat))


# ---------------------------------------------------------------------------------------------- batches


def _paths(source: u.DataSource, format_name: str) -> tuple[str, ...]:
    """The paths given to load(), else the option `path`."""
    if source.paths:
        return source.paths
    path = u.option(source.options, "path")
    if path is None:
        raise analysis_error("UNABLE_TO_INFER_SCHEMA", format=format_name)
    return (path,)


def _in_order(rows: LogicalPlan, schema: StructType) -> LogicalPlan:
    """The columns of a sink's folder: as the schema given has them, partition columns included, as in Spark."""
    place = {field.name.lower(): position for position, field in enumerate(schema.fields)}
    columns = tuple(sorted(rows.output, key=lambda column: place.get(column.name.lower(), len(place))))
    return rows if columns == rows.output else Project(rows, columns)


def _save(command: u.Write, file_format: FileFormat, plan: LogicalPlan, context: CommandContext) -> None:
    """Raises: SparkError PATH_ALREADY_EXISTS, what the checks and the query raise"""
    path = _path(command.path, command.options)
    exists = os.path.exists(path)
    is_dynamic = is_dynamic_overwrite(command.options, context) and bool(command.partition_columns)
    destination = Destination(
        path,
        file_format,
        command.options,
        command.partition_columns,
        command.mode is u.SaveMode.OVERWRITE,
        is_dynamic,
        file_count(command.query),
    )
    prepared = prepare(plan, destination, context)
    if exists and command.mode is u.SaveMode.ERROR:
        raise analysis_error("PATH_ALREADY_EXISTS", outputPath=shown_path(path))
    if exists and command.mode is u.SaveMode.IGNORE:
        return
    prepared.run()


def _path(given: str | None, options: u.Options) -> str:
    path = given if given is not None else u.option(options, "path")
    if path is None:
        raise SparkError(ErrorKind.ILLEGAL_ARGUMENT, "_LEGACY_ERROR_TEMP_2047", {})
    return local_path(path)


# ---------------------------------------------------------------------------------------------- streams


def _refuse_other_modes(command: u.WriteStream, file_format: FileFormat) -> None:
    if parse_output_mode(command.output_mode) is not OutputMode.APPEND:
        mode = command.output_mode.lower()
        name = (command.format or file_format.value).lower()
        raise analysis_error("STREAMING_OUTPUT_MODE.UNSUPPORTED_DATASOURCE", outputMode=mode, className=name)


def _folder(command: u.WriteStream, file_format: FileFormat, context: SinkContext) -> StreamSink:
    """Raises: SparkError for a missing path, and rows that the format cannot hold"""
    path = _path(command.path, command.options)
    columns = tuple(_partition_column(context, name) for name in command.partition_columns)
    destination = Destination(path, file_format, command.options, command.partition_columns)
    return _file_sink(Input(_ROWS, context.plan.output), destination, columns, context)[0]


def _table(command: u.WriteStream, file_format: FileFormat, context: SinkContext) -> StreamSink:
    """Raises: SparkError for tables that cannot be written and rows that do not fit"""
    table = table_for_stream(command, context.plan.schema, context.commands)
    ids = Ids()
    policy = context.config.get("spark.sql.storeAssignmentPolicy")
    rows = table_columns(Input(_ROWS, ids.attributes(context.plan.schema)), table, ids, policy)
    columns = tuple(a for name in table.partition_columns for a in rows.output if a.name == name)
    options = (*table.options, *command.options)
    destination = Destination(table.location, file_format, options, table.partition_columns)
    remember_earlier_files(context.files, table.location)
    earlier = earlier_files(context.files, table.location)
    sink, manifest = _file_sink(rows, destination, columns, context, earlier)
    return TableStreamSink(sink, manifest, context.files, table.location, context.query_id)


def _file_sink(
    plan: LogicalPlan,
    destination: Destination,
    partitions: tuple[Attribute, ...],
    context: SinkContext,
    earlier: Sequence[DataFile] = (),
) -> tuple[FileStreamSink, Manifest]:
    """The sink and its log; `plan` makes what is written of a batch's rows."""
    write = check_write(plan, destination, partitions, context.runner.environment, context.config)
    retention = u.option(destination.options, "retention")
    retention_ms = None if retention is None else duration(retention, "ms")

    def write_files(rows: pa.Table) -> list[FileStatus]:
        query, sink = write.begin(plan)
        return sink.write_files(run_query(query, context.run_of({_ROWS: rows})))

    folder = destination.path
    log = sink_log_settings(context.config)
    manifest = Manifest(context.files, folder, context.clock, log, retention_ms)
    return FileStreamSink(folder, manifest, write_files, earlier), manifest


def _partition_column(context: SinkContext, name: str) -> Attribute:
    column = find_column(context.plan, name, context.runner.environment)
    if column is None:
        names = ", ".join(attribute.name for attribute in context.plan.output)
        raise analysis_error("_LEGACY_ERROR_TEMP_1196", columnType="Partition", columnName=name, validColumnNames=names)
    return column
