"""Writes of rows into a folder: checks first, then one query whose rows a file sink takes. Knows no table names."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace

from unbounded.connectors.files.options import FileOptions
from unbounded.connectors.files.parquet import with_schema
from unbounded.connectors.files.paths import local_path, shown_path
from unbounded.connectors.files.scan import FileScan
from unbounded.connectors.files.sink import FileSink, SinkLayout
from unbounded.connectors.files.write_options import write_format
from unbounded.connectors.formats import FileFormat, find_file_format
from unbounded.errors import ErrorKind, SparkError, analysis_error, unsupported_error
from unbounded.execution.queries import next_prefix, run_query
from unbounded.lowering.files.output import lower_output
from unbounded.optimizer.rules import optimize
from unbounded.plan import unresolved as u
from unbounded.plan.expressions import Attribute
from unbounded.plan.logical import LogicalPlan, Scan
from unbounded.plan.tree import collect
from unbounded.session.commands.context import CommandContext
from unbounded.session.file_sources import check_types
from unbounded.types.arrow import to_arrow_schema
from unbounded.types.datatypes import StructType

_NOOP = "noop"


@dataclass(frozen=True, slots=True)
class Destination:
    """Where rows go. `path` is absolute; `overwrites` replaces what is there, `is_dynamic` only written partitions."""

    path: str
    format: FileFormat
    options: u.Options = ()
    partition_columns: tuple[str, ...] = ()
    overwrites: bool = False
    is_dynamic: bool = False
    file_count: int = 1


def save(command: u.Write, context: CommandContext) -> None:
    """df.write.save(path).

    Raises: SparkError PATH_ALREADY_EXISTS, what the checks and the query raise
    """
    if command.bucket_count is not None:
        raise analysis_error("_LEGACY_ERROR_TEMP_1312", operation="save")
    if command.sort_columns:
        raise analysis_error("_LEGACY_ERROR_TEMP_1311")
    name = command.format or context.config.get("spark.sql.sources.default")
    plan = context.analyze(command.query)
    if name.lower() == _NOOP:
        _run_without_output(plan, context)
        return
    file_format = find_file_format(name)
    path = _path_of(command)
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


def _path_of(command: u.Write) -> str:
    path = command.path if command.path is not None else u.option(command.options, "path")
    if path is None:
        raise SparkError(ErrorKind.ILLEGAL_ARGUMENT, "_LEGACY_ERROR_TEMP_2047", {})
    return local_path(path)


def _run_without_output(plan: LogicalPlan, context: CommandContext) -> None:
    for _ in context.pipeline.run(plan, context.cancellation):
        pass


def is_dynamic_overwrite(options: u.Options, context: CommandContext) -> bool:
    """The option `partitionOverwriteMode`, else the setting."""
    mode = u.option(options, "partitionOverwriteMode") or context.config.get("spark.sql.sources.partitionOverwriteMode")
    return mode.upper() == "DYNAMIC"


def file_count(query: u.Relation) -> int:
    """How many files a program asked for with repartition or coalesce; one if it did not."""
    match query:
        case u.PlanId(child=child) | u.SubqueryAlias(child=child) | u.Project(child=child) | u.Filter(child=child):
            return file_count(child)
        case u.WithColumns(child=child) | u.Sort(child=child, is_global=False) | u.Drop(child=child):
            return file_count(child)
        case u.Repartition(partition_count=count) if count is not None:
            return max(count, 1)
        case _:
            return 1


# ---------------------------------------------------------------------------------------------- one write


@dataclass(frozen=True, slots=True)
class PreparedWrite:
    """A checked write; `run` does it."""

    plan: LogicalPlan
    partitions: tuple[Attribute, ...]
    destination: Destination
    context: CommandContext

    def run(self) -> None:
        self._refuse_own_source()
        options = FileOptions(self.destination.options, self.destination.format)
        codec = self.context.config.get("spark.sql.parquet.compression.codec")
        formatted = write_format(options, self.destination.format, codec)
        environment = self.context.environment
        query = lower_output(
            optimize(self.plan), self.partitions, self.destination.format, formatted, environment, next_prefix()
        )
        ids = {a.id for a in self.partitions}
        schema = StructType(tuple(a.to_field() for a in self.plan.output if a.id not in ids))
        stored = to_arrow_schema(StructType(query.schema.fields[:-1]), environment.time_zone)
        layout = SinkLayout(
            self.destination.path,
            self.destination.format,
            formatted,
            with_schema(stored, schema) if self.destination.format is FileFormat.PARQUET else stored,
            schema.names,
            bool(self.partitions),
            self.destination.overwrites,
            self.destination.is_dynamic and self.destination.overwrites,
            self.destination.file_count,
        )
        FileSink(layout).write(run_query(query, self.context.pipeline.run_of(self.context.cancellation)))

    def _refuse_own_source(self) -> None:
        """Raises UNSUPPORTED_OVERWRITE.PATH for an overwrite of files the query reads."""
        if not self.destination.overwrites:
            return
        target = self.destination.path.rstrip("/") + "/"
        for scan in collect(self.plan, Scan):
            if isinstance(scan.source, FileScan) and any(path.startswith(target) for path in scan.source.paths):
                raise analysis_error("UNSUPPORTED_OVERWRITE.PATH", path=shown_path(self.destination.path))


def prepare(plan: LogicalPlan, destination: Destination, context: CommandContext) -> PreparedWrite:
    """Checks columns, types, partitions and the compression before anything is touched.

    Raises: SparkError COLUMN_ALREADY_EXISTS, UNSUPPORTED_DATA_TYPE_FOR_DATASOURCE, ALL_PARTITION_COLUMNS_NOT_ALLOWED, …
    """
    if destination.format is FileFormat.BINARY:
        raise unsupported_error("UNSUPPORTED_FEATURE.WRITE_FOR_BINARY_SOURCE")
    _refuse_repeated(plan.output, context)
    partitions = _partitions(plan, destination.partition_columns, context)
    data = StructType(tuple(a.to_field() for a in plan.output if a not in partitions))
    check_types(data, destination.format)
    _check_text_columns(data, destination.format)
    options = FileOptions(destination.options, destination.format)
    write_format(options, destination.format, context.config.get("spark.sql.parquet.compression.codec"))
    return PreparedWrite(plan, partitions, destination, context)


def _check_text_columns(data: StructType, file_format: FileFormat) -> None:
    if file_format is FileFormat.TEXT and len(data.fields) != 1:
        raise analysis_error("_LEGACY_ERROR_TEMP_1290", schemaSize=str(len(data.fields)))
    if not data.fields and file_format is not FileFormat.TEXT:
        raise analysis_error("EMPTY_SCHEMA_NOT_SUPPORTED_FOR_DATASOURCE", format=file_format.shown)


def _refuse_repeated(columns: Sequence[Attribute], context: CommandContext) -> None:
    seen: set[str] = set()
    for column in columns:
        name = column.name if context.environment.is_case_sensitive else column.name.lower()
        if name in seen:
            raise analysis_error("COLUMN_ALREADY_EXISTS", columnName=f"`{name}`")
        seen.add(name)


def _partitions(plan: LogicalPlan, names: Sequence[str], context: CommandContext) -> tuple[Attribute, ...]:
    found = []
    for name in names:
        column = next((a for a in plan.output if _same(a.name, name, context)), None)
        if column is None:
            raise analysis_error("_LEGACY_ERROR_TEMP_1155", col=name, schemaCatalog=plan.schema.simple_string)
        found.append(replace(column, name=name))
    if found and len(found) == len(plan.output):
        raise analysis_error("ALL_PARTITION_COLUMNS_NOT_ALLOWED")
    return tuple(found)


def _same(a: str, b: str, context: CommandContext) -> bool:
    return a == b if context.environment.is_case_sensitive else a.lower() == b.lower()
