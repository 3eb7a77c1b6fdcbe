"""One micro-batch as a transaction with a written order. No thread, no sleep: `step` runs one batch and returns.

 1. plan: ask every source for its next offset
 2. offsets/N durable: what the batch reads, its time and watermark (a replay takes them from here)
 3. run: the incremental plan over the new rows
 4. state of every operator durable as version N+1, and with its first one what it is
 5. the sink has batch N (writing it again changes nothing), and the table of late rows, if one is kept
 6. commits/N durable
 7. old entries of logs and state are dropped; the sources hear what is done

A crash between any two steps replays N with the logged offsets and time. Each stage is a type, so the order cannot be
mixed up: `_write` takes only an `_ExecutedBatch`, `_commit` only a `_WrittenBatch`.

With a commit interval (the continuous triggers) a query without state, into a sink that keeps no record of batches,
delivers a batch in parts: steps 1, 3 and 5 again and again, steps 2 and 6 once per interval. After a crash the rows
since the last commit are delivered again, as in Spark's continuous processing. All other queries commit every batch.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from unbounded.checkpoint.checkpoint import Checkpoint
from unbounded.checkpoint.logs import PlannedOffsets
from unbounded.clock import Clock
from unbounded.connectors.streams import (
    OutputMode,
    RememberingSource,
    ReportingSource,
    StreamSink,
    StreamSource,
    WaitingSource,
)
from unbounded.errors import NO_CONDITION, ErrorKind, SparkError, analysis_error
from unbounded.state.store import StateStore, StateTransaction
from unbounded.streaming.batch_run import BatchRun, PlannedBatch
from unbounded.streaming.changed_queries import check_operators, check_schemas, check_sources
from unbounded.streaming.fragments import FragmentRunner
from unbounded.streaming.late_rows import LateRows, LateRowsKeeper
from unbounded.streaming.operators.batch import OperatorResult
from unbounded.streaming.operators.described_state import operator_metadata
from unbounded.streaming.operators.dispatch import asks_for_batch, operator_name
from unbounded.streaming.plans import IncrementalPlan, StatefulOperator
from unbounded.streaming.progress import BatchReport, ObservedMetrics, OperatorReport, SourceReport, Stopwatch
from unbounded.streaming.watermark import EventTimes, WatermarkTracker

_SEVERAL_OPERATORS = "spark.sql.streaming.statefulOperator.allowMultiple"


@dataclass(frozen=True, slots=True)
class StreamSettings:
    """`retained_batches`: entries of the logs that stay behind the last one (`minBatchesToRetain`).

    `runs_without_data`: whether a watermark that has moved is reason enough for a batch. `idle_timeout_ms`: after it a
    silent source no longer holds the watermark back (None: never). `commit_interval_ms`: 0 commits every batch.
    """

    mode: OutputMode
    retained_batches: int = 100
    logged: Mapping[str, str] = field(default_factory=dict)
    runs_without_data: bool = True
    takes_maximum_watermark: bool = False
    checks_state_schema: bool = True
    idle_timeout_ms: int | None = None
    commit_interval_ms: int = 0


@dataclass(frozen=True, slots=True)
class _ExecutedBatch:
    """Step 3 is done: rows for the sink, and changes of state that are not durable yet."""

    planned: PlannedBatch
    rows: pa.Table
    transactions: tuple[StateTransaction, ...]
    input_counts: tuple[int, ...]
    results: Mapping[int, OperatorResult]
    event_times: Mapping[int, EventTimes]
    late: Sequence[LateRows]
    observed: Mapping[str, ObservedMetrics]


@dataclass(frozen=True, slots=True)
class _WrittenBatch:
    """Steps 4 and 5 are done: state and output are durable."""

    executed: _ExecutedBatch
    output_count: int | None


class MicroBatch:
    """The batches of one run of a query, one `step` at a time. Used by one thread."""

    def __init__(
        self,
        plan: IncrementalPlan,
        sources: tuple[StreamSource, ...],
        sink: StreamSink,
        stores: Mapping[int, StateStore],
        checkpoint: Checkpoint,
        runner: FragmentRunner,
        clock: Clock,
        settings: StreamSettings,
        late_rows: Sequence[LateRowsKeeper] = (),
    ) -> None:
        self._plan = plan
        self._sources = sources
        self._sink = sink
        self._stores = stores
        self._checkpoint = checkpoint
        self._runner = runner
        self._clock = clock
        self._settings = settings
        self._late_rows = late_rows
        self.batch_id = 0
        self.activity = "Initializing sources"
        self.has_new_data = self.has_planned = False
        self.committed: tuple[str | None, ...] = (None,) * len(sources)
        self.available: tuple[str | None, ...] = self.committed
        self._replay: PlannedBatch | None = None
        self._idle_watch = Stopwatch(clock)
        self._operators = tuple(plan.operators())
        self._last_watermark_ms = 0
        self._has_executed = False
        self._state_counts: dict[int, int] = {}
        self.row_counts: Mapping[int, int] = {}
        """Of the last batch that had any: rows that each fragment and feed of the plan gave, by its `id`."""
        delays = {node.number: node.delay_ms for node in plan.watermark_nodes()}
        self._watermark = WatermarkTracker(
            delays,
            takes_maximum=settings.takes_maximum_watermark,
            idle_timeout_ms=settings.idle_timeout_ms,
            now_ms=self._now_ms(),
        )
        self._delivers_parts = settings.commit_interval_ms > 0 and not self._operators and sink.takes_parts
        self._delivered: PlannedBatch | None = None
        self._last_commit_ms = self._now_ms()
        self._recover()

    # ------------------------------------------------------------------------------------------ one batch

    def step(self, *, has_limit: bool = True) -> BatchReport | None:
        """Runs one batch; None if there is nothing new. `has_limit`: whether the sources' limits apply.

        Raises: SparkError; the batch is then replayed by the next run
        """
        watch = Stopwatch(self._clock)
        self._commit_parts()
        planned = self._replay or self._plan_batch(watch, has_limit=has_limit)
        if planned is None:
            self._idle_watch = watch
            return None
        self.available, self.has_planned = planned.end, True
        with watch.measure("addBatch"):
            executed = self._execute(planned, watch)
            written = self._write(executed)
        with watch.measure("commitOffsets"):
            self._commit(written)
        return self._report(written, watch)

    def _plan_batch(self, watch: Stopwatch, *, has_limit: bool) -> PlannedBatch | None:
        with watch.measure("latestOffset"):
            pairs = zip(self._sources, self.committed, strict=True)
            end = tuple(self._next_offset(source, start, has_limit=has_limit) for source, start in pairs)
        self.has_new_data = end != self.committed
        if self._has_executed and self._settings.runs_without_data:
            self._refuse_redefined_watermark(self._watermark.current_ms)
        if end == self.committed and not self._has_work_without_data():
            return None
        watermark_ms, now_ms = self._watermark.current_ms, self._now_ms()
        planned = PlannedBatch(
            self.batch_id, self.committed, end, now_ms, watermark_ms, late_ms=self._last_watermark_ms
        )
        if not self._delivers_parts:
            with watch.measure("walCommit"):
                self._log_offsets(planned)
        return planned

    def _next_offset(self, source: StreamSource, start: str | None, *, has_limit: bool) -> str | None:
        self.activity = f"Getting offsets from {source.description}"
        return source.latest_offset(start, has_limit=has_limit)

    def _log_offsets(self, planned: PlannedBatch) -> None:
        self.activity = "Writing offsets to log"
        end = self._plan.logged_offsets(planned.end)
        logged = PlannedOffsets(end, planned.timestamp_ms, planned.watermark_ms, self._settings.logged)
        self._checkpoint.offsets.add(planned.batch_id, logged)

    def _now_ms(self) -> int:
        return self._clock.now_us() // 1000

    def _has_work_without_data(self) -> bool:
        """Whether the watermark has moved since the last batch of this run, and an operator waits for it."""
        has_idle = self._has_state() and self._watermark.pass_over_idle(self._now_ms())
        if not self._settings.runs_without_data or not (self._has_executed or has_idle):
            return False
        has_moved = self._watermark.current_ms > self._last_watermark_ms
        return has_moved and any(asks_for_batch(operator, self._settings.mode) for operator in self._operators)

    def _refuse_redefined_watermark(self, watermark_ms: int) -> None:
        """A watermark above another one is noticed when there is one to hand on."""
        if watermark_ms > 0 and self._plan.redefines_watermark:
            raise analysis_error("_LEGACY_ERROR_TEMP_3076", config=_SEVERAL_OPERATORS)

    def _has_state(self) -> bool:
        """Whether a watermark may set anything free; state that no batch of this run has read may be anything."""
        if not self._has_executed:
            return bool(self._stores)
        return any(store.metrics().row_count for store in self._stores.values())

    def _execute(self, planned: PlannedBatch, watch: Stopwatch) -> _ExecutedBatch:
        self.activity = "Processing new data" if self.has_new_data else "No new data but cleaning up state"
        self._refuse_redefined_watermark(planned.watermark_ms)
        run = BatchRun(
            planned,
            self._sources,
            self._stores,
            self._runner,
            self._settings.mode,
            self._state_counts,
            watch,
            keeps_late=any(keeper.wants_rows() for keeper in self._late_rows),
        )
        before_us = self._runner.planning.total_us
        rows = run.fragment(self._plan.output)
        watch.add("queryPlanning", self._runner.planning.total_us - before_us)
        counts = tuple(run.counts.get(i, 0) for i in range(len(self._sources)))
        if any(counts):
            self.row_counts = run.row_counts
        transactions = tuple(run.transactions.values())
        return _ExecutedBatch(planned, rows, transactions, counts, run.results, run.event_times, run.late, run.observed)

    def _write(self, executed: _ExecutedBatch) -> _WrittenBatch:
        if not self._has_executed:
            for operator in self._operators:
                self._checkpoint.operators.add(operator_metadata(operator))
        for transaction in executed.transactions:
            transaction.commit()
        written = self._sink.write(executed.planned.batch_id, executed.rows, self._settings.mode)
        for keeper in self._late_rows:
            keeper.write(executed.planned.batch_id, executed.planned.late_ms, executed.late)
        return _WrittenBatch(executed, written)

    def _commit(self, written: _WrittenBatch) -> None:
        planned = written.executed.planned
        self._watermark.observe(written.executed.event_times, self._now_ms())
        if self._delivers_parts:
            self._delivered, self.committed = planned, planned.end
            self._commit_parts()
        else:
            self._mark_committed(planned)

    def _commit_parts(self) -> None:
        """Commits what was delivered since the last commit, if the interval is over."""
        is_due = self._now_ms() - self._last_commit_ms >= self._settings.commit_interval_ms
        if self._delivered is not None and is_due:
            self._log_offsets(self._delivered)
            self._mark_committed(self._delivered)
            self._delivered, self._last_commit_ms = None, self._now_ms()

    def _mark_committed(self, planned: PlannedBatch) -> None:
        self._checkpoint.commits.add(planned.batch_id, self._watermark.current_ms)
        self._replay = None
        self._has_executed, self._last_watermark_ms = True, planned.watermark_ms
        self.committed = planned.end
        self.batch_id = planned.batch_id + 1
        self._drop_old(planned)

    def _drop_old(self, planned: PlannedBatch) -> None:
        oldest = planned.batch_id - self._settings.retained_batches
        for log in (self._checkpoint.offsets.log, self._checkpoint.commits.log):
            log.purge_before(oldest)
        for store in self._stores.values():
            store.purge_before(oldest)
        for source, end in zip(self._sources, planned.end, strict=True):
            if end is not None:
                source.commit(end)

    def offsets(self, of: Sequence[str | None]) -> str:
        """`{source: offset,source: offset}`, as Spark shows `committed` or `available`."""
        pairs = zip(self._sources, of, strict=True)
        return f"{{{','.join(f'{source.description}: {offset}' for source, offset in pairs if offset is not None)}}}"

    @property
    def source_descriptions(self) -> tuple[str, ...]:
        return tuple(source.description for source in self._sources)

    def look_again(self) -> None:
        """The next step sees all there is."""
        for source in self._sources:
            if isinstance(source, RememberingSource):
                source.look_again()

    def wait_for_data(self, timeout_us: int) -> bool:
        """Waits until the source may have something new, `timeout_us` at most; False at once if it cannot wait.

        With several sources nobody waits: a wait for one would be blind to the others.
        """
        source = self._sources[0] if len(self._sources) == 1 else None
        if not isinstance(source, WaitingSource):
            return False
        source.wait_for_data(timeout_us)
        return True

    def close(self) -> None:
        """Closes sources and sink."""
        for source in self._sources:
            source.close()
        self._sink.close()

    # ------------------------------------------------------------------------------------------ recovery

    def _recover(self) -> None:
        """Where the checkpoint says the query was: the next batch, or a planned one that was not committed."""
        latest = self._checkpoint.offsets.log.latest()
        if latest is None:
            return
        logged = self._checkpoint.offsets.read(latest)
        self._check_unchanged(logged)
        self.available = self._plan.source_offsets(logged.offsets)
        if self._checkpoint.commits.log.latest() == latest:
            self.batch_id, self.committed = latest + 1, self.available
            self._watermark.current_ms = max(logged.watermark_ms, self._checkpoint.commits.read(latest))
            self._last_watermark_ms = logged.watermark_ms
            return
        late_ms = 0
        if latest > 0:
            if not self._checkpoint.offsets.log.has(latest - 1):
                message = f"requirement failed: Previous batch {latest - 1} not found in offset log"
                raise SparkError(ErrorKind.ILLEGAL_ARGUMENT, NO_CONDITION, {"message": message})
            before = self._checkpoint.offsets.read(latest - 1)
            self.committed, late_ms = self._plan.source_offsets(before.offsets), before.watermark_ms
        self.batch_id = latest
        self._watermark.current_ms = logged.watermark_ms
        self.has_new_data = self.available != self.committed
        self._replay = PlannedBatch(
            latest, self.committed, self.available, logged.timestamp_ms, logged.watermark_ms, late_ms
        )

    def _check_unchanged(self, logged: PlannedOffsets) -> None:
        now = tuple(map(operator_metadata, self._operators))
        check_sources(len(logged.offsets), len(self._plan.reads))
        if self._checkpoint.commits.log.latest() is not None:
            check_operators(self._checkpoint, now)
        if self._settings.checks_state_schema:
            check_schemas(self._checkpoint, now)

    # ------------------------------------------------------------------------------------------ reporting

    def _report(self, written: _WrittenBatch, watch: Stopwatch) -> BatchReport:
        executed = written.executed
        planned = executed.planned
        columns = zip(self._sources, planned.start, planned.end, executed.input_counts, strict=True)
        sources = tuple(_source_report(s, start, end, count) for s, start, end, count in columns)
        nodes = sorted(executed.event_times)
        has_event_time = next(self._plan.watermark_nodes(), None) is not None
        return BatchReport(
            planned.batch_id,
            planned.timestamp_ms,
            sources,
            tuple(self._operator_report(operator, executed) for operator in self._operators),
            self._sink.description,
            written.output_count,
            watch.finish(),
            planned.watermark_ms if has_event_time else None,
            executed.event_times[nodes[0]] if nodes else None,
            executed.observed,
        )

    def idle_report(self) -> BatchReport:
        """Of a look at the sources that found nothing: the batch that would be next, nothing read or changed."""
        offsets = zip(self._sources, self.committed, strict=True)
        has_event_time = next(self._plan.watermark_nodes(), None) is not None
        return BatchReport(
            self.batch_id,
            self._now_ms(),
            tuple(_source_report(source, end, end, 0) for source, end in offsets),
            tuple(self._idle_operator(operator) for operator in self._operators),
            self._sink.description,
            None,
            self._idle_watch.finish(),
            self._watermark.current_ms if has_event_time else None,
        )

    def _idle_operator(self, operator: StatefulOperator) -> OperatorReport:
        metrics = self._stores[operator.operator_id].metrics()
        row_count = self._state_counts.get(operator.operator_id, metrics.row_count)
        return OperatorReport(operator_name(operator), row_count, 0, memory_bytes=metrics.memory_bytes)

    def _operator_report(self, operator: StatefulOperator, executed: _ExecutedBatch) -> OperatorReport:
        result = executed.results[operator.operator_id]
        metrics = self._stores[operator.operator_id].metrics()
        return OperatorReport(
            operator_name(operator),
            self._state_counts.get(operator.operator_id, metrics.row_count),
            result.updated_count,
            result.removed_count,
            result.late_count,
            metrics.commit_ms,
            metrics.memory_bytes,
            metrics.updates_ms,
            metrics.removals_ms,
            result.custom,
        )


def _source_report(source: StreamSource, start: str | None, end: str | None, row_count: int) -> SourceReport:
    if not isinstance(source, ReportingSource):
        return SourceReport(source.description, start, end, row_count)
    return SourceReport(source.description, start, end, row_count, source.latest_seen(), source.metrics(end))
