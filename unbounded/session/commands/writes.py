"""Writes of rows into a folder: checks first, then one query whose rows a file sink takes. Knows no table names."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

from unbounded.connectors.files.paths import local_path, shown_path
from unbounded.connectors.files.scan import FileScan
from unbounded.connectors.formats import DELTA, KAFKA, find_file_format, is_jdbc
from unbounded.errors import ErrorKind, SparkError, analysis_error
from unbounded.execution.queries import run_query
from unbounded.plan import unresolved as u
from unbounded.plan.expressions import Attribute
from unbounded.plan.logical import LogicalPlan, Scan
from unbounded.plan.tree import collect
from unbounded.session.commands.context import CommandContext
from unbounded.session.delta.writes import save_delta
from unbounded.session.file_writes import Destination, FileWrite, check_write, find_column
from unbounded.session.jdbc_writes import save_jdbc
from unbounded.session.kafka_writes import save_kafka

_NOOP = "noop"


def save(command: u.Write, context: CommandContext) -> None:
    """df.write.save(path).

    Raises: SparkError PATH_ALREADY_EXISTS, what the checks and the query raise
    """
    if command.bucket_count is not None:
        raise analysis_error("_LEGACY_ERROR_TEMP_1312", operation="save")
    if command.sort_columns:
        raise analysis_error("_LEGACY_ERROR_TEMP_1311")
    name = command.format or context.config.get("spark.sql.sources.default")
    plan = context.analyze_written(command.query)
    if name.lower() == _NOOP:
        _run_without_output(plan, context)
        return
    if name.lower() == DELTA:
        save_delta(command, plan, context)
        return
    if name.lower() == KAFKA:
        save_kafka(command, plan, context)
        return
    if is_jdbc(name):
        save_jdbc(command, plan, context)
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
    write: FileWrite
    context: CommandContext

    def run(self) -> None:
        self._refuse_own_source()
        query, sink = self.write.begin(self.plan)
        sink.write(run_query(query, self.context.pipeline.run_of(self.context.cancellation)))

    def _refuse_own_source(self) -> None:
        """Raises UNSUPPORTED_OVERWRITE.PATH for an overwrite of files the query reads."""
        destination = self.write.destination
        if not destination.overwrites:
            return
        target = destination.path.rstrip("/") + "/"
        for scan in collect(self.plan, Scan):
            if isinstance(scan.source, FileScan) and any(path.startswith(target) for path in scan.source.paths):
                raise analysis_error("UNSUPPORTED_OVERWRITE.PATH", path=shown_path(destination.path))


def prepare(plan: LogicalPlan, destination: Destination, context: CommandContext) -> PreparedWrite:
    """Raises: SparkError, see `check_write`, and for partition columns that are not there or all there are"""
    partitions = _partitions(plan, destination.partition_columns, context)
    return PreparedWrite(plan, check_write(plan, destination, partitions, context.environment, context.config), context)


def _partitions(plan: LogicalPlan, names: Sequence[str], context: CommandContext) -> tuple[Attribute, ...]:
    found = []
    for name in names:
        column = find_column(plan, name, context.environment)
        if column is None:
            raise analysis_error("_LEGACY_ERROR_TEMP_1155", col=name, schemaCatalog=plan.schema.simple_string)
        found.append(column)
    return tuple(found)
