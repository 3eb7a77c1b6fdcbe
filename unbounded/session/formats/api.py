"""What a data source is to the session: what can be done with it by name, and what each of these takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pyarrow as pa

from unbounded.analysis.context import Ids
from unbounded.cancellation import Cancellation
from unbounded.clock import Clock
from unbounded.connectors.api import BatchSource
from unbounded.connectors.streams import StreamProvider, StreamSink
from unbounded.errors import analysis_error
from unbounded.execution.queries import Run
from unbounded.plan import unresolved as u
from unbounded.plan.logical import LogicalPlan, Scan, StreamScan
from unbounded.session.catalog import SessionCatalog
from unbounded.session.commands.context import CommandContext
from unbounded.session.config import SessionConfig
from unbounded.session.file_sources import FileSources
from unbounded.session.foreach_batch import BatchFunction
from unbounded.storage.api import FileSystem
from unbounded.streaming.fragments import FragmentRunner


@dataclass(frozen=True, slots=True)
class ReadContext:
    """What reads are built with; `ids` are for the columns read."""

    config: SessionConfig
    files: FileSources
    ids: Ids

    def scan(self, source: BatchSource) -> LogicalPlan:
        return Scan(source, self.ids.attributes(source.schema), self.ids.metadata_of(source))

    def stream(self, provider: StreamProvider) -> LogicalPlan:
        return StreamScan(provider, self.ids.attributes(provider.schema), self.ids.metadata_of(provider))


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


@dataclass(frozen=True, slots=True)
class DataSourceFormat:
    """`names` are in lower case, the first one the usual one. What is None cannot be done and is refused as by Spark.

    `instead`: this engine lacks the whole format, and what to use for it.
    """

    names: tuple[str, ...]
    read: Callable[[u.DataSource, ReadContext], LogicalPlan] | None = None
    read_stream: Callable[[u.DataSource, ReadContext], LogicalPlan] | None = None
    write: Callable[[u.Write, LogicalPlan, CommandContext], None] | None = None
    write_stream: Callable[[u.WriteStream, SinkContext], StreamSink] | None = None
    instead: str | None = None


def refuse_partitioning(command: u.WriteStream, name: str) -> None:
    if command.partition_columns:
        raise analysis_error("_LEGACY_ERROR_TEMP_1197", operation=name)


def refuse_two_paths(source: u.DataSource) -> None:
    if source.paths and any(u.option(source.options, name) is not None for name in ("path", "paths")):
        raise analysis_error("_LEGACY_ERROR_TEMP_1306", config="spark.sql.legacy.pathOptionBehavior.enabled")
