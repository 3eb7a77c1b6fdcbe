"""The streaming queries of one session: starts them, finds them, waits for them, tells listeners."""

from __future__ import annotations

import json
import queue
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from unbounded.cancellation import Cancellation
from unbounded.checkpoint.checkpoint import Checkpoint, open_checkpoint
from unbounded.clock import Clock
from unbounded.connectors.available_now import bounded_to_now
from unbounded.connectors.streams import OutputMode, SourceContext, StreamSink, StreamSource
from unbounded.errors import ErrorKind, SparkError, analysis_error
from unbounded.execution.database import Database
from unbounded.execution.queries import Run
from unbounded.functions.durations import parse_duration_us
from unbounded.functions.environment import Environment
from unbounded.ids import is_uuid, new_id
from unbounded.optimizer.spark_row_order import order_as_spark
from unbounded.plan import unresolved as u
from unbounded.plan.logical import LogicalPlan
from unbounded.session.catalog import SessionCatalog
from unbounded.session.commands.context import CommandContext
from unbounded.session.config import SessionConfig
from unbounded.session.foreach_batch import BatchFunction
from unbounded.session.late_rows import late_rows_table
from unbounded.session.results import StreamStarted
from unbounded.session.stream_sinks import TEMPORARY_CHECKPOINT_FORMATS, SinkContext, build_sink, sink_name
from unbounded.session.streams_api import EventKind, ListenerEvent, QueryFailure, QueryStatus, RunningQuery
from unbounded.state.columnar_store import StateSettings
from unbounded.state.store import StateStore
from unbounded.storage.local import LocalFileSystem
from unbounded.streaming.checks import check_streaming_query, parse_output_mode
from unbounded.streaming.fragments import FragmentRunner
from unbounded.streaming.incremental import incremental_plan
from unbounded.streaming.late_rows import LateRowsTable
from unbounded.streaming.microbatch import MicroBatch, StreamSettings
from unbounded.streaming.plans import IncrementalPlan
from unbounded.streaming.progress import QueryIdentity, render_timestamp
from unbounded.streaming.query import QueryEvents, ReportSettings, StreamingQuery
from unbounded.streaming.runner import Schedule, schedule_of
from unbounded.streaming.stores import open_stores

LOGGED_SETTINGS = (
    "spark.sql.shuffle.partitions",
    "spark.sql.streaming.stateStore.providerClass",
    "spark.sql.streaming.multipleWatermarkPolicy",
    "spark.sql.streaming.flatMapGroupsWithState.stateFormatVersion",
    "spark.sql.streaming.aggregation.stateFormatVersion",
    "spark.sql.streaming.join.stateFormatVersion",
    "spark.sql.streaming.stateStore.compression.codec",
    "spark.sql.streaming.stateStore.rocksdb.formatVersion",
    "spark.sql.streaming.stateStore.rocksdb.mergeOperatorVersion",
    "spark.sql.streaming.stateStore.rowChecksum.enabled",
    "spark.sql.streaming.queryEvolution.enableSourceEvolution",
    "spark.sql.function.protobufExtensions.enabled",
    "spark.sql.streaming.statefulOperator.useStrictDistribution",
    "spark.sql.optimizer.pruneFiltersCanPruneStreamingSubplan",
    "spark.sql.streaming.stateStore.encodingFormat",
)
"""Settings that Spark keeps with every batch, so that a cluster can go on from the checkpoint."""

IDLE_TIMEOUT = "unbounded.streaming.idleTimeout"
CHECKPOINT_OPTION = "checkpointlocation"
CHECKPOINT_SETTING = "spark.sql.streaming.checkpointLocation"


@dataclass(frozen=True, slots=True)
class StartRequest:
    """A `writeStream…start()` whose query is typed."""

    command: u.WriteStream
    plan: LogicalPlan
    environment: Environment
    context: CommandContext


class SessionStreams:
    """Implements `session.streams_api.StreamsApi`, and starts queries."""

    def __init__(
        self,
        config: SessionConfig,
        catalog: SessionCatalog,
        database: Database,
        clock: Clock,
        open_function: Callable[[bytes], BatchFunction],
    ) -> None:
        self._config = config
        self._catalog = catalog
        self._database = database
        self._clock = clock
        self._open_function = open_function
        self._files = LocalFileSystem()
        self._changed = threading.Condition()
        self._queries: dict[str, StreamingQuery] = {}
        self._ended: list[StreamingQuery] = []
        self._events: queue.SimpleQueue[ListenerEvent | None] | None = None

    # ------------------------------------------------------------------------------------------ starting

    def start(self, request: StartRequest) -> StreamStarted:
        """Raises: SparkError for what cannot start; what fails later fails the query."""
        command = request.command
        mode = parse_output_mode(command.output_mode)
        correctness = self._config.boolean("spark.sql.streaming.statefulOperator.checkCorrectness.enabled")
        check_streaming_query(request.plan, mode, checks_correctness=correctness)
        plan = incremental_plan(_shown_in_order(request), mode)
        schedule = schedule_of(command.trigger)
        self._refuse_taken_name(command.query_name)
        directory, is_temporary = self._checkpoint_directory(command)
        checkpoint = open_checkpoint(self._files, directory)
        _refuse_lost_table(command, mode, checkpoint)
        self._stop_running(checkpoint.query_id)
        cancellation = Cancellation()
        runner = FragmentRunner(request.environment, self._database, cancellation)
        sink = build_sink(command, self._sink_context(request, runner, cancellation, checkpoint.query_id))
        settings = self._settings(mode, checkpoint, schedule)
        identity = QueryIdentity(checkpoint.query_id, new_id(), command.query_name)
        late_table = late_rows_table(identity, request.context, self._files)

        time_zone = runner.environment.time_zone
        stores = open_stores(plan, self._files, checkpoint, time_zone, self._clock, settings=self._state_settings())

        def ended(query: StreamingQuery) -> None:
            sink.close()
            runner.close()
            for store in stores.values():
                store.close()
            if is_temporary and query.failure is None:
                shutil.rmtree(directory, ignore_errors=True)
            self._query_ended(query)

        query = StreamingQuery(
            identity,
            schedule,
            lambda: self._micro_batch(plan, sink, stores, checkpoint, runner, settings, command.trigger, late_table),
            self._clock,
            cancellation,
            QueryEvents(
                lambda progress: self._publish(EventKind.PROGRESS, _progress_event(progress)),
                lambda event: self._publish(EventKind.IDLE, event),
                ended,
            ),
            self._report_settings(),
            f"== Physical Plan ==\n{request.plan}\n",
        )
        with self._changed:
            self._queries[query.query_id] = query
        started = self._started_event(query) if self._events is not None else None
        query.start()
        return StreamStarted(query.query_id, query.run_id, query.name, started)

    def _settings(self, mode: OutputMode, checkpoint: Checkpoint, schedule: Schedule) -> StreamSettings:
        """What the first run has logged holds for all later ones."""
        prefix = "spark.sql.streaming."
        latest = checkpoint.offsets.log.latest()
        before = checkpoint.offsets.read(latest).settings if latest is not None else {}
        current = {key: value for key in LOGGED_SETTINGS if (value := self._config.find(key)) is not None}
        idle_timeout = self._config.find(IDLE_TIMEOUT)
        logged = {**current, **{key: before[key] for key in current if key in before}}
        return StreamSettings(
            mode,
            self._config.integer(f"{prefix}minBatchesToRetain"),
            logged,
            self._config.boolean(f"{prefix}noDataMicroBatches.enabled"),
            logged[f"{prefix}multipleWatermarkPolicy"].lower() == "max",
            self._config.boolean(f"{prefix}stateStore.stateSchemaCheck"),
            None if idle_timeout is None else parse_duration_us(idle_timeout) // 1000,
            schedule.commit_interval_us // 1000,
        )

    def _report_settings(self) -> ReportSettings:
        """Of `numRecentProgressUpdates` Spark keeps one less."""
        prefix = "spark.sql.streaming."
        recent_count = self._config.integer(f"{prefix}numRecentProgressUpdates") - 1
        return ReportSettings(max(recent_count, 0), self._config.duration_us(f"{prefix}noDataProgressEventInterval"))

    def _state_settings(self) -> StateSettings:
        return StateSettings(
            self._config.integer("spark.sql.streaming.stateStore.minDeltasForSnapshot"),
            self._config.size_bytes("unbounded.streaming.state.memoryLimit"),
        )

    def _sink_context(
        self, request: StartRequest, runner: FragmentRunner, cancellation: Cancellation, query_id: str
    ) -> SinkContext:
        def run_of(given: Mapping[str, pa.Table]) -> Run:
            return Run(self._database, request.environment.time_zone, cancellation, given)

        return SinkContext(
            request.plan,
            runner,
            self._catalog,
            self._config,
            self._files,
            self._clock,
            run_of,
            request.context,
            self._open_function,
            cancellation,
            query_id,
        )

    def _micro_batch(
        self,
        plan: IncrementalPlan,
        sink: StreamSink,
        stores: Mapping[int, StateStore],
        checkpoint: Checkpoint,
        runner: FragmentRunner,
        settings: StreamSettings,
        trigger: u.Trigger,
        late_table: LateRowsTable | None,
    ) -> MicroBatch:
        sources = self._open_sources(plan, checkpoint)
        if trigger.kind is u.TriggerKind.AVAILABLE_NOW:
            sources = tuple(map(bounded_to_now, sources))
        return MicroBatch(plan, sources, sink, stores, checkpoint, runner, self._clock, settings, late_table)

    def _open_sources(self, plan: IncrementalPlan, checkpoint: Checkpoint) -> tuple[StreamSource, ...]:
        """All of them, or none stays open."""
        sources: list[StreamSource] = []
        try:
            for i, scan in enumerate(plan.scans):
                context = SourceContext(checkpoint.source_directory(i), self._files, self._clock)
                sources.append(scan.source.open(context))
        except BaseException:
            for source in sources:
                source.close()
            raise
        return tuple(sources)

    def _refuse_taken_name(self, name: str | None) -> None:
        if name is not None and any(query.name == name for query in self._active()):
            message = (
                f"Cannot start query with name {name} as a query with that name is already active in this SparkSession"
            )
            raise SparkError(ErrorKind.ILLEGAL_ARGUMENT, "_LEGACY_ERROR_TEMP_3102", {"msg": message})

    def _checkpoint_directory(self, command: u.WriteStream) -> tuple[str, bool]:
        """Where the checkpoint is, and whether it goes with the query."""
        chosen = u.option(command.options, CHECKPOINT_OPTION)
        if chosen is not None:
            return _local_path(chosen), False
        parent = self._config.find(CHECKPOINT_SETTING)
        if parent:
            return f"{_local_path(parent)}/{command.query_name or new_id()}", False
        if sink_name(command) not in TEMPORARY_CHECKPOINT_FORMATS:
            raise analysis_error("_LEGACY_ERROR_TEMP_1298", config=CHECKPOINT_SETTING)
        return tempfile.mkdtemp(prefix="temporary-"), True

    def _stop_running(self, query_id: str) -> None:
        """A checkpoint has one run at a time: the new one takes over."""
        running = self._queries.get(query_id)
        if running is not None and running.is_active:
            running.stop()

    # ------------------------------------------------------------------------------------------ the protocol's calls

    def active(self) -> Sequence[RunningQuery]:
        return [_Handle(query) for query in self._active()]

    def _active(self) -> list[StreamingQuery]:
        with self._changed:
            return [query for query in self._queries.values() if query.is_active]

    def find(self, query_id: str, run_id: str | None = None) -> RunningQuery | None:
        if not is_uuid(query_id):
            message = f"Invalid UUID string: {query_id}"
            raise SparkError(ErrorKind.ILLEGAL_ARGUMENT, "_LEGACY_ERROR_TEMP_3102", {"msg": message})
        with self._changed:
            known = [*self._ended, *self._queries.values()]
        if run_id is not None:
            found = next((q for q in known if q.query_id == query_id and q.run_id == run_id), None)
        else:
            found = next((q for q in known if q.query_id == query_id and q.is_active), None)
        return _Handle(found) if found is not None else None

    def await_any_termination(self, cancellation: Cancellation, *, timeout_us: int | None) -> bool:
        forget = cancellation.on_cancel(self._wake)
        timeout_s = None if timeout_us is None else timeout_us / 1e6
        try:
            with self._changed:
                self._changed.wait_for(lambda: bool(self._ended) or cancellation.is_cancelled, timeout_s)
        finally:
            forget()
        failed = [query for query in self._ended if query.failure is not None]
        if failed and failed[-1].failure is not None:
            raise failed[-1].failure
        return bool(self._ended)

    def reset_terminated(self) -> None:
        with self._changed:
            self._ended = []

    def _wake(self) -> None:
        with self._changed:
            self._changed.notify_all()

    def stop_all(self) -> None:
        for query in self._active():
            query.stop()

    # ------------------------------------------------------------------------------------------ listeners

    def listen(self) -> Iterator[ListenerEvent]:
        events: queue.SimpleQueue[ListenerEvent | None] = queue.SimpleQueue()
        self._events = events
        return iter(events.get, None)

    def stop_listening(self) -> None:
        events, self._events = self._events, None
        if events is not None:
            events.put(None)

    def _publish(self, kind: EventKind, text: str) -> None:
        events = self._events
        if events is not None:
            events.put(ListenerEvent(kind, text))

    def _started_event(self, query: StreamingQuery) -> str:
        event: dict[str, object] = {
            "id": query.query_id,
            "runId": query.run_id,
            "name": query.name,
            "timestamp": render_timestamp(self._clock.now_us() // 1000),
            "jobTags": [],
        }
        return json.dumps(event, separators=(",", ":"))

    def _query_ended(self, query: StreamingQuery) -> None:
        self._publish(EventKind.TERMINATED, query.terminated_event_json)
        with self._changed:
            self._ended.append(query)
            self._changed.notify_all()


class _Handle:
    """A query as the protocol asks for it (`session.streams_api.RunningQuery`)."""

    def __init__(self, query: StreamingQuery) -> None:
        self._query = query
        self.query_id = query.query_id
        self.run_id = query.run_id
        self.name = query.name
        self.recent_progress = query.recent_progress
        self.stop = query.stop
        self.process_all_available = query.process_all_available
        self.await_termination = query.await_termination
        self.explain = query.explain

    def status(self) -> QueryStatus:
        query = self._query
        return QueryStatus(query.message, query.is_trigger_active, query.is_trigger_active, query.is_active)

    def failure(self) -> QueryFailure | None:
        failure = self._query.failure
        return None if failure is None else QueryFailure(failure.message, failure.condition)


def _shown_in_order(request: StartRequest) -> LogicalPlan:
    """The console, the memory table and user functions show their rows, so these come in Spark's order."""
    if sink_name(request.command) not in TEMPORARY_CHECKPOINT_FORMATS:
        return request.plan
    return order_as_spark(request.plan, request.environment.shuffle_partition_count)


def _refuse_lost_table(command: u.WriteStream, mode: OutputMode, checkpoint: Checkpoint) -> None:
    """The memory table of the runs before is gone; only complete mode fills it again."""
    is_lost = sink_name(command) == "memory" and mode is not OutputMode.COMPLETE
    if is_lost and checkpoint.offsets.log.latest() is not None:
        raise analysis_error("_LEGACY_ERROR_TEMP_1299", checkpointPath=f"{checkpoint.directory}/offsets")


def _progress_event(progress: str) -> str:
    return f'{{"progress":{progress}}}'


def _local_path(location: str) -> str:
    return location.removeprefix("file://").removeprefix("file:").rstrip("/")
