"""From a `writeStream…start()` whose query is typed to the parts of its run: plan, checkpoint, sink, state, batches."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from unbounded.cancellation import Cancellation
from unbounded.checkpoint.checkpoint import Checkpoint, open_checkpoint
from unbounded.clock import Clock
from unbounded.connectors.available_now import bounded_to_now
from unbounded.connectors.streams import OutputMode, SourceContext, StreamSource
from unbounded.errors import NO_CONDITION, ErrorKind, SparkError, analysis_error
from unbounded.execution.database import Database
from unbounded.execution.queries import Run
from unbounded.functions.environment import Environment
from unbounded.ids import new_id
from unbounded.optimizer.spark_row_order import order_as_spark
from unbounded.plan import unresolved as u
from unbounded.plan.logical import Deduplicate, LogicalPlan
from unbounded.session.catalog import SessionCatalog
from unbounded.session.commands.context import CommandContext
from unbounded.session.config import SessionConfig
from unbounded.session.foreach_batch import BatchFunction
from unbounded.session.formats.api import SinkContext
from unbounded.session.late_rows import late_rows_table
from unbounded.session.settings_table import UI_ENABLED
from unbounded.session.stream_settings import state_settings, stream_settings
from unbounded.session.stream_sinks import TEMPORARY_CHECKPOINT_FORMATS, build_sink, sink_name
from unbounded.storage.api import FileSystem
from unbounded.streaming.checks import check_running_query, check_streaming_query, parse_output_mode
from unbounded.streaming.fragments import FragmentRunner
from unbounded.streaming.incremental import incremental_plan
from unbounded.streaming.late_rows import LateRowsKeeper, LateRowsSample
from unbounded.streaming.microbatch import MicroBatch
from unbounded.streaming.plan_text import ShownPlan
from unbounded.streaming.plans import IncrementalPlan
from unbounded.streaming.progress import QueryIdentity
from unbounded.streaming.query import StreamingQuery
from unbounded.streaming.runner import schedule_of
from unbounded.streaming.shown_order import find_shown
from unbounded.streaming.stores import open_stores
from unbounded.streaming.watch import QueryWatcher, WatchedRun

CHECKPOINT_OPTION = "checkpointlocation"
CHECKPOINT_SETTING = "spark.sql.streaming.checkpointLocation"
_SHOWING = frozenset({"console", "memory", "foreach", "foreachBatch"})
_LENIENT_PATHS = "spark.sql.legacy.pathOptionBehavior.enabled"
_CHECKS_CORRECTNESS = "spark.sql.streaming.statefulOperator.checkCorrectness.enabled"


@dataclass(frozen=True, slots=True)
class StartRequest:
    """A `writeStream…start()` whose query is typed."""

    command: u.WriteStream
    plan: LogicalPlan
    environment: Environment
    context: CommandContext


@dataclass(frozen=True, slots=True)
class StreamServices:
    """What the queries of a session are built with. `open_function` makes a pickled function of batches callable."""

    config: SessionConfig
    catalog: SessionCatalog
    database: Database
    clock: Clock
    files: FileSystem
    open_function: Callable[[bytes], BatchFunction]
    watcher: QueryWatcher | None = None


class StreamBuild:
    """One start of a query. Made: it may run, and its checkpoint is known. `open`: its sink and state are there."""

    def __init__(self, request: StartRequest, services: StreamServices) -> None:
        """Raises: SparkError for what cannot start"""
        self._request = request
        self._services = services
        self._command = command = request.command
        self._refuse_second_path()
        self._mode = parse_output_mode(command.output_mode)
        checks_correctness = services.config.boolean(_CHECKS_CORRECTNESS)
        check_streaming_query(request.plan, self._mode, checks_correctness=checks_correctness)
        self._plan = _shown_in_order(request, self._mode)
        self.shown_plan = ShownPlan(request.plan, self._plan, self._mode)
        self.schedule = schedule_of(command.trigger)
        self._directory, self._is_temporary = self._checkpoint_directory()
        self._checkpoint = self._open_checkpoint()
        self._refuse_lost_table()
        self.identity = QueryIdentity(self._checkpoint.query_id, new_id(), command.query_name)
        self.cancellation = Cancellation()

    def open(self) -> None:
        """Raises: SparkError for unknown sinks and wrong options"""
        services, context = self._services, self._request.context
        self._runner = FragmentRunner(self._request.environment, services.database, self.cancellation, services.clock)
        self._sink = build_sink(self._command, self._sink_context())
        self.watcher = services.watcher if services.config.boolean(UI_ENABLED) else None
        self._late_sample = LateRowsSample(self.identity, services.clock)
        self._late_table = late_rows_table(self.identity, context, services.files)
        self._stores = open_stores(
            self._plan,
            services.files,
            self._checkpoint,
            self._runner.environment.time_zone,
            services.clock,
            settings=state_settings(services.config),
        )

    def micro_batch(self) -> MicroBatch:
        """In the query's own thread: reads the logs, opens the sources. Raises: SparkError"""
        check_running_query(self._request.plan)
        settings = stream_settings(self._services.config, self._mode, self._checkpoint, self.schedule)
        sources = self._open_sources()
        if self._command.trigger.kind is u.TriggerKind.AVAILABLE_NOW:
            sources = tuple(map(bounded_to_now, sources))
        return MicroBatch(
            self._plan,
            sources,
            self._sink,
            self._stores,
            self._checkpoint,
            self._runner,
            self._services.clock,
            settings,
            self._late_rows_keepers(),
        )

    def watched(self, query: StreamingQuery) -> WatchedRun:
        return WatchedRun(query, self._sink, self._mode, self._late_sample, self._services.config.time_zone)

    def _late_rows_keepers(self) -> Sequence[LateRowsKeeper]:
        """The sample stands behind the table, so that it is no part of what a batch must have written."""
        table = [] if self._late_table is None else [self._late_table]
        return [*table, self._late_sample] if self.watcher is not None else table

    def close(self, *, has_failed: bool) -> None:
        """A temporary checkpoint goes, unless somebody may want to look at what failed."""
        self._sink.close()
        self._runner.close()
        for store in self._stores.values():
            store.close()
        if self._is_temporary and not has_failed:
            shutil.rmtree(self._directory, ignore_errors=True)

    def _sink_context(self) -> SinkContext:
        request, services = self._request, self._services

        def run_of(given: Mapping[str, pa.Table]) -> Run:
            return Run(services.database, request.environment.time_zone, self.cancellation, given)

        return SinkContext(
            request.plan,
            self._runner,
            services.catalog,
            services.config,
            services.files,
            services.clock,
            run_of,
            request.context,
            services.open_function,
            self.cancellation,
            self.identity.query_id,
        )

    def _open_sources(self) -> tuple[StreamSource, ...]:
        """All of them, or none stays open."""
        sources: list[StreamSource] = []
        files, clock = self._services.files, self._services.clock
        try:
            for i, scan in enumerate(self._plan.scans):
                directory = self._checkpoint.source_directory(i)
                sources.append(scan.source.open(SourceContext(directory, files, clock, self.cancellation)))
        except BaseException:
            for source in sources:
                source.close()
            raise
        return tuple(sources)

    def _open_checkpoint(self) -> Checkpoint:
        try:
            return open_checkpoint(self._services.files, self._directory)
        except OSError as error:
            message = f"The checkpoint file:{self._directory} cannot be written: {error.strerror or error}"
            raise SparkError(ErrorKind.IO, NO_CONDITION, {"message": message}) from error

    def _checkpoint_directory(self) -> tuple[str, bool]:
        """Where the checkpoint is, and whether it goes with the query."""
        chosen = u.option(self._command.options, CHECKPOINT_OPTION)
        if chosen is not None:
            return _local_path(chosen), False
        parent = self._services.config.find(CHECKPOINT_SETTING)
        if parent:
            return f"{_local_path(parent)}/{self._command.query_name or new_id()}", False
        if sink_name(self._command) not in TEMPORARY_CHECKPOINT_FORMATS:
            raise analysis_error("_LEGACY_ERROR_TEMP_1298", config=CHECKPOINT_SETTING)
        return tempfile.mkdtemp(prefix="temporary-"), True

    def _refuse_second_path(self) -> None:
        is_lenient = self._services.config.boolean(_LENIENT_PATHS)
        if self._command.path is not None and u.option(self._command.options, "path") is not None and not is_lenient:
            raise analysis_error("_LEGACY_ERROR_TEMP_1188", method="start", config=_LENIENT_PATHS)

    def _refuse_lost_table(self) -> None:
        """The memory table of the runs before is gone; only complete mode fills it again."""
        is_lost = sink_name(self._command) == "memory" and self._mode is not OutputMode.COMPLETE
        if is_lost and self._checkpoint.offsets.log.latest() is not None:
            raise analysis_error("_LEGACY_ERROR_TEMP_1299", checkpointPath=f"{self._checkpoint.directory}/offsets")


def _shown_in_order(request: StartRequest, mode: OutputMode) -> IncrementalPlan:
    """The console, the memory table and user functions show their rows, so these come in Spark's order."""
    plan, partition_count = request.plan, request.environment.shuffle_partition_count
    if sink_name(request.command) not in _SHOWING:
        return incremental_plan(plan, mode)
    shown = find_shown(plan)
    if isinstance(shown, Deduplicate) or (shown is not None and mode is OutputMode.UPDATE):
        return incremental_plan(plan, mode, shown_partition_count=partition_count)
    return incremental_plan(order_as_spark(plan, partition_count), mode)


def _local_path(location: str) -> str:
    return location.removeprefix("file://").removeprefix("file:").rstrip("/")
