"""Which sink a `writeStream` means, built from its format and options."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import pyarrow as pa

from unbounded.analysis.context import Ids
from unbounded.cancellation import Cancellation
from unbounded.clock import Clock
from unbounded.connectors.console import ConsoleSink
from unbounded.connectors.file_streams.earlier_files import earlier_files, remember_earlier_files
from unbounded.connectors.file_streams.manifest import Manifest
from unbounded.connectors.file_streams.sink import FileStreamSink
from unbounded.connectors.file_streams.table_sink import TableStreamSink
from unbounded.connectors.files.listing import DataFile
from unbounded.connectors.files.paths import local_path
from unbounded.connectors.formats import DELTA, KAFKA, KINESIS, KINESIS_HINT, FileFormat, find_file_format, is_jdbc
from unbounded.connectors.memory import MemorySink
from unbounded.connectors.noop import NoopSink
from unbounded.connectors.option_values import duration
from unbounded.connectors.streams import OutputMode, StreamSink
from unbounded.errors import ErrorKind, SparkError, analysis_error, not_supported
from unbounded.execution.queries import Run, run_query
from unbounded.execution.show_text import as_strings, table_text
from unbounded.plan import unresolved as u
from unbounded.plan.expressions import Attribute
from unbounded.plan.logical import Input, Limit, LogicalPlan
from unbounded.session.catalog import SessionCatalog
from unbounded.session.commands.context import CommandContext
from unbounded.session.config import SessionConfig
from unbounded.session.delta.writes import delta_sink
from unbounded.session.file_writes import Destination, check_write, find_column
from unbounded.session.foreach import ForeachSink
from unbounded.session.foreach_batch import BatchFunction, ForeachBatchSink
from unbounded.session.jdbc_writes import jdbc_sink
from unbounded.session.kafka_writes import kafka_sink
from unbounded.session.stream_logs import sink_log_settings
from unbounded.session.stream_tables import table_columns, table_for_stream
from unbounded.storage.api import FileStatus, FileSystem
from unbounded.streaming.checks import parse_output_mode
from unbounded.streaming.fragments import FragmentRunner
from unbounded.types.arrow import to_arrow_schema

TEMPORARY_CHECKPOINT_FORMATS = frozenset({"console", "memory", "noop", "foreach", "foreachBatch"})
"""Sinks that may run without a checkpoint location: they get a temporary one."""

_ROWS = "rows"
_KNOWN = frozenset({"dashboard"})


@dataclass(frozen=True, slots=True)
class SinkContext:
    """What sinks are built with: the query's plan, its engine, and the session's names and settings.

    `run_of` makes the run of a query over given tables; `open_function` makes a pickled function of batches callable.
    """

    plan: LogicalPlan
    runner: FragmentRunner
    catalog: SessionCatalog
    config: SessionConfig
    files: FileSystem
    clock: Clock
    run_of: Callable[[Mapping[str, pa.Table]], Run]
    commands: CommandContext
    open_function: Callable[[bytes], BatchFunction]
    cancellation: Cancellation
    query_id: str


def sink_name(command: u.WriteStream) -> str:
    """The sink as its user calls it, in lower case if it is a format; empty for the default format.

    A function counts for more than a format.
    """
    if command.foreach_batch is not None:
        return "foreachBatch"
    return "foreach" if command.foreach is not None else (command.format or "").lower()


def build_sink(command: u.WriteStream, context: SinkContext) -> StreamSink:
    """Raises: SparkError for unknown formats and wrong options"""
    name = sink_name(command) or context.config.get("spark.sql.sources.default").lower()
    builder = _BUILDERS.get(name)
    if builder is not None and not command.table:
        return builder(command, context)
    if name == DELTA:
        return _delta(command, context)
    if name == KAFKA:
        return kafka_sink(command, context.plan.schema, context.cancellation, context.clock)
    if name == KINESIS:
        raise not_supported(f"The streaming sink {name}", KINESIS_HINT)
    if is_jdbc(name):
        return jdbc_sink(command, context.plan.schema, context.query_id)
    if name in _KNOWN:
        raise not_supported(f"The streaming sink {name}", "Use files, the console or memory sink.")
    file_format = find_file_format(name)
    _refuse_other_modes(command, file_format)
    if command.table:
        return _table(command, file_format, context)
    return _files(command, file_format, context)


def _delta(command: u.WriteStream, context: SinkContext) -> StreamSink:
    schema = context.plan.schema
    if not command.table:
        return delta_sink(command, schema, context.query_id, context.config)
    table = table_for_stream(command, schema, context.commands)
    return delta_sink(replace(command, path=table.location), schema, context.query_id, context.config)


def _console(command: u.WriteStream, context: SinkContext) -> StreamSink:
    """Rows become text in the engine, `numRows` of them at most."""
    ids = Ids()
    output = ids.attributes(context.plan.schema)
    plans: dict[int, LogicalPlan] = {}

    def render(rows: pa.Table, row_count: int, truncate: int) -> str:
        plan = plans.setdefault(row_count, as_strings(Limit(Input(_ROWS, output), row_count + 1), ids))
        text = context.runner.run(plan, {_ROWS: rows}, 0)
        return table_text([a.name for a in output], text, row_count, truncate)

    return ConsoleSink(u.lower_case_options(command.options), render, sys.stdout)


def _memory(command: u.WriteStream, context: SinkContext) -> StreamSink:
    if command.query_name is None:
        raise analysis_error("_LEGACY_ERROR_TEMP_1194")
    _refuse_partitioning(command)
    sink = MemorySink(to_arrow_schema(context.plan.schema, context.runner.environment.time_zone))
    context.catalog.create_live_view(command.query_name, context.plan.schema, sink.table)
    return sink


def _foreach_batch(command: u.WriteStream, context: SinkContext) -> StreamSink:
    _refuse_partitioning(command)
    assert command.foreach_batch is not None
    function = context.open_function(command.foreach_batch)
    return ForeachBatchSink(context.plan.output, function, context.catalog, context.cancellation)


def _foreach(command: u.WriteStream, context: SinkContext) -> StreamSink:
    _refuse_partitioning(command)
    assert command.foreach is not None
    return ForeachSink(command.foreach, context.cancellation)


def _refuse_partitioning(command: u.WriteStream) -> None:
    if command.partition_columns:
        message = f"'{sink_name(command)}' does not support partitioning."
        raise analysis_error("_LEGACY_ERROR_TEMP_3102", msg=message)


def _noop(command: u.WriteStream, context: SinkContext) -> StreamSink:
    return NoopSink()


def _refuse_other_modes(command: u.WriteStream, file_format: FileFormat) -> None:
    if parse_output_mode(command.output_mode) is not OutputMode.APPEND:
        mode = command.output_mode.lower()
        name = (command.format or file_format.value).lower()
        raise analysis_error("STREAMING_OUTPUT_MODE.UNSUPPORTED_DATASOURCE", outputMode=mode, className=name)


def _files(command: u.WriteStream, file_format: FileFormat, context: SinkContext) -> StreamSink:
    """Raises: SparkError for a missing path, and rows that the format cannot hold"""
    path = command.path if command.path is not None else u.option(command.options, "path")
    if path is None:
        raise SparkError(ErrorKind.ILLEGAL_ARGUMENT, "_LEGACY_ERROR_TEMP_2047", {})
    columns = tuple(_partition_column(context, name) for name in command.partition_columns)
    destination = Destination(local_path(path), file_format, command.options, command.partition_columns)
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


_BUILDERS: dict[str, Callable[[u.WriteStream, SinkContext], StreamSink]] = {
    "console": _console,
    "foreach": _foreach,
    "foreachBatch": _foreach_batch,
    "memory": _memory,
    "noop": _noop,
}
