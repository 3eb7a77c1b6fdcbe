"""One micro-batch as a transaction with a written order. No thread, no sleep: `step` runs one batch and returns.

 1. plan: ask every source for its next offset
 2. offsets/N durable: what the batch reads, its time and watermark (a replay takes them from here)
 3. run: the incremental plan over the new rows
 4. state of every operator durable as version N+1, and with its first one what it is
 5. the sink has batch N (writing it again changes nothing)
 6. commits/N durable
 7. old entries of logs and state are dropped; the sources hear what is done

A crash between any two steps replays N with the logged offsets and time. Each stage is a type, so the order cannot be
mixed up: `_write` takes only an `_ExecutedBatch`, `_commit` only a `_WrittenBatch`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pyarrow as pa

from unbounded.checkpoint.checkpoint import Checkpoint
from unbounded.checkpoint.logs import PlannedOffsets
from unbounded.clock import Clock
from unbounded.connectors.streams import OutputMode, StreamSink, StreamSource, WaitingSource
from unbounded.errors import analysis_error
from unbounded.plan.logical import Scan
from unbounded.state.store import StateStore, StateTransaction
from unbounded.streaming.fragments import FragmentRunner
from unbounded.streaming.operators.batch import OperatorBatch, OperatorResult
from unbounded.streaming.operators.described_state import operator_metadata
from unbounded.streaming.operators.dispatch import asks_for_batch, counted_rows, operator_name, run_operator
from unbounded.streaming.plans import Feed, Fragment, IncrementalPlan, SourceFeed, StatefulOperator, WatermarkNode
from unbounded.streaming.progress import BatchReport, OperatorReport, SourceReport, Stopwatch
from unbounded.streaming.watermark import EventTimes, WatermarkTracker, event_times

_SEVERAL_OPERATORS = "spark.sql.streaming.statefulOperator.allowMultiple"


@dataclass(frozen=True, slots=True)
class StreamSettings:
    """`retained_batches`: entries of the logs that stay behind the last one (`minBatchesToRetain`).

    `runs_without_data`: whether a watermark that has moved is reason enough for a batch.
    """

    mode: OutputMode
    retained_batches: int = 100
    logged: Mapping[str, str] = field(default_factory=dict)
    runs_without_data: bool = True
    takes_maximum_watermark: bool = False


@dataclass(frozen=True, slots=True)
class _PlannedBatch:
    """Steps 1 and 2 are done: the offsets are in the log.

    Rows at or before `late_ms`, the watermark of the batch before, come too late; what is at or before `watermark_ms`
    is complete.
    """

    batch_id: int
    start: tuple[str | None, ...]
    end: tuple[str | None, ...]
    timestamp_ms: int
    watermark_ms: int
    late_ms: int


@dataclass(frozen=True, slots=True)
class _ExecutedBatch:
    """Step 3 is done: rows for the sink, and changes of state that are not durable yet."""

    planned: _PlannedBatch
    rows: pa.Table
    transactions: tuple[StateTransaction, ...]
    input_counts: tuple[int, ...]
    results: Mapping[int, OperatorResult]
    event_times: Mapping[int, EventTimes]


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
    ) -> None:
        self._plan = plan
        self._sources = sources
        self._sink = sink
        self._stores = stores
        self._checkpoint = checkpoint
        self._runner = runner
        self._clock = clock
        self._settings = settings
        self.batch_id = 0
        self.committed: tuple[str | None, ...] = (None,) * len(sources)
        self.available: tuple[str | None, ...] = self.committed
        self._replay: _PlannedBatch | None = None
        self._operators = tuple(plan.operators())
        self._last_watermark_ms = 0
        self._has_executed = False
        self.counts: dict[int, int] = {}
        delays = {node.number: node.delay_ms for node in plan.watermark_nodes()}
        self._watermark = WatermarkTracker(delays, takes_maximum=settings.takes_maximum_watermark)
        self._recover()

    # ------------------------------------------------------------------------------------------ one batch

    def step(self, *, has_limit: bool = True) -> BatchReport | None:
        """Runs one batch; None if there is nothing new. `has_limit`: whether the sources' limits apply.

        Raises: SparkError; the batch is then replayed by the next run
        """
        watch = Stopwatch(self._clock)
        planned = self._replay or self._plan_batch(watch, has_limit=has_limit)
        if planned is None:
            return None
        self.available = planned.end
        with watch.measure("addBatch"):
            executed = self._execute(planned)
            written = self._write(executed)
        with watch.measure("commitOffsets"):
            self._commit(written)
        return self._report(written, watch)

    def _plan_batch(self, watch: Stopwatch, *, has_limit: bool) -> _PlannedBatch | None:
        with watch.measure("latestOffset"):
            pairs = zip(self._sources, self.committed, strict=True)
            end = tuple(source.latest_offset(start, has_limit=has_limit) for source, start in pairs)
        if end == self.committed and not self._has_work_without_data():
            return None
        watermark_ms = self._watermark.current_ms
        now_ms = self._clock.now_us() // 1000
        planned = _PlannedBatch(
            self.batch_id, self.committed, end, now_ms, watermark_ms, late_ms=self._last_watermark_ms
        )
        with watch.measure("walCommit"):
            logged = PlannedOffsets(end, planned.timestamp_ms, watermark_ms, self._settings.logged)
            self._checkpoint.offsets.add(planned.batch_id, logged)
        return planned

    def _has_work_without_data(self) -> bool:
        """Whether the watermark has moved since the last batch of this run, and an operator waits for it."""
        if not self._settings.runs_without_data or not self._has_executed:
            return False
        has_moved = self._watermark.current_ms > self._last_watermark_ms
        return has_moved and any(asks_for_batch(operator, self._settings.mode) for operator in self._operators)

    def _execute(self, planned: _PlannedBatch) -> _ExecutedBatch:
        if planned.watermark_ms > 0 and self._plan.redefines_watermark:
            raise analysis_error("_LEGACY_ERROR_TEMP_3076", config=_SEVERAL_OPERATORS)
        run = _BatchRun(self, planned)
        rows = run.fragment(self._plan.output)
        counts = tuple(run.counts.get(i, 0) for i in range(len(self._sources)))
        return _ExecutedBatch(planned, rows, tuple(run.transactions.values()), counts, run.results, run.event_times)

    def _write(self, executed: _ExecutedBatch) -> _WrittenBatch:
        if not self._has_executed:
            for operator in self._operators:
                self._checkpoint.operators.add(operator_metadata(operator))
        for transaction in executed.transactions:
            transaction.commit()
        written = self._sink.write(executed.planned.batch_id, executed.rows, self._settings.mode)
        return _WrittenBatch(executed, written)

    def _commit(self, written: _WrittenBatch) -> None:
        planned = written.executed.planned
        self._watermark.observe(written.executed.event_times)
        self._checkpoint.commits.add(planned.batch_id, self._watermark.current_ms)
        self._replay = None
        self._has_executed, self._last_watermark_ms = True, planned.watermark_ms
        self.committed = planned.end
        self.batch_id = planned.batch_id + 1
        self._drop_old(planned)

    def _drop_old(self, planned: _PlannedBatch) -> None:
        oldest = planned.batch_id - self._settings.retained_batches
        for log in (self._checkpoint.offsets.log, self._checkpoint.commits.log):
            log.purge_before(oldest)
        for store in self._stores.values():
            store.purge_before(oldest)
        for source, end in zip(self._sources, planned.end, strict=True):
            if end is not None:
                source.commit(end)

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
        self.available = logged.offsets
        if self._checkpoint.commits.log.latest() == latest:
            self.batch_id, self.committed = latest + 1, logged.offsets
            self._watermark.current_ms = max(logged.watermark_ms, self._checkpoint.commits.read(latest))
            self._last_watermark_ms = logged.watermark_ms
            return
        late_ms = 0
        if latest > 0:
            before = self._checkpoint.offsets.read(latest - 1)
            self.committed, late_ms = before.offsets, before.watermark_ms
        self.batch_id = latest
        self._watermark.current_ms = logged.watermark_ms
        self._replay = _PlannedBatch(
            latest, self.committed, logged.offsets, logged.timestamp_ms, logged.watermark_ms, late_ms
        )

    # ------------------------------------------------------------------------------------------ for a batch

    def read_source(self, feed: SourceFeed, planned: _PlannedBatch) -> pa.Table:
        """The new rows of a source; none if it has nothing new in this batch."""
        start, end = planned.start[feed.position], planned.end[feed.position]
        if end is None or start == end:
            return self._runner.empty(feed.scan.schema)
        batch = self._sources[feed.position].batch(start, end)
        return self._runner.read(Scan(batch, feed.scan.output), planned.timestamp_ms * 1000)

    def begin_state(self, operator: StatefulOperator, planned: _PlannedBatch) -> StateTransaction:
        return self._stores[operator.operator_id].begin(planned.batch_id)

    @property
    def runner(self) -> FragmentRunner:
        return self._runner

    @property
    def mode(self) -> OutputMode:
        return self._settings.mode

    # ------------------------------------------------------------------------------------------ reporting

    def _report(self, written: _WrittenBatch, watch: Stopwatch) -> BatchReport:
        executed = written.executed
        planned = executed.planned
        columns = zip(self._sources, planned.start, planned.end, executed.input_counts, strict=True)
        sources = tuple(SourceReport(s.description, start, end, count) for s, start, end, count in columns)
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
        )

    def _operator_report(self, operator: StatefulOperator, executed: _ExecutedBatch) -> OperatorReport:
        result = executed.results[operator.operator_id]
        metrics = self._stores[operator.operator_id].metrics()
        return OperatorReport(
            operator_name(operator),
            self.counts.get(operator.operator_id, metrics.row_count),
            result.updated_count,
            result.removed_count,
            result.late_count,
            metrics.commit_ms,
            metrics.memory_bytes,
            result.custom,
        )


class _BatchRun:
    """Evaluates the incremental plan for one batch."""

    def __init__(self, batch: MicroBatch, planned: _PlannedBatch) -> None:
        self._batch = batch
        self._planned = planned
        self.counts: dict[int, int] = {}
        self.transactions: dict[int, StateTransaction] = {}
        self.results: dict[int, OperatorResult] = {}
        self.event_times: dict[int, EventTimes] = {}

    def fragment(self, fragment: Fragment) -> pa.Table:
        given = {name: self._feed(feed) for name, feed in fragment.feeds.items()}
        return self._batch.runner.run(fragment.plan, given, self._planned.timestamp_ms * 1000)

    def _feed(self, feed: Feed) -> pa.Table:
        match feed:
            case SourceFeed(position=position):
                table = self._batch.read_source(feed, self._planned)
                self.counts[position] = table.num_rows
                return table
            case WatermarkNode(number=number, column=column):
                table = self.fragment(feed.below)
                seen = event_times(table.column(column))
                if seen is not None:
                    self.event_times[number] = seen
                return table
            case operator:
                return self._run_operator(operator)

    def _run_operator(self, operator: StatefulOperator) -> pa.Table:
        """Without a watermark below, an operator knows no late rows and nothing is complete."""
        rows = self.fragment(operator.below)
        state = self._batch.begin_state(operator, self._planned)
        self.transactions[operator.operator_id] = state
        planned = self._planned
        batch = OperatorBatch(
            self._batch.mode,
            self._batch.runner,
            planned.timestamp_ms * 1000,
            planned.late_ms * 1000,
            planned.watermark_ms * 1000,
        )
        count = self._batch.counts.get(operator.operator_id)
        before = counted_rows(operator, state) if count is None else count
        result = run_operator(operator, rows, state, batch)
        if before is not None and result.added_count is not None:
            self._batch.counts[operator.operator_id] = before + result.added_count
        self.results[operator.operator_id] = result
        return result.rows
