"""Writes of rows into a folder: checks first, then one query whose rows a file sink takes. Knows no table names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from unbounded.connectors.files.paths import shown_path
from unbounded.connectors.files.scan import FileScan
from unbounded.errors import analysis_error
from unbounded.execution.queries import run_query
from unbounded.plan import unresolved as u
from unbounded.plan.expressions import Attribute
from unbounded.plan.logical import LogicalPlan, Scan
from unbounded.plan.tree import collect
from unbounded.session.commands.context import CommandContext
from unbounded.session.file_writes import Destination, FileWrite, check_write, find_column

_NOOP = "noop"


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
