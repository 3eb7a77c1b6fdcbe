"""The incremental plan over the new rows of one batch: fragments on the engine, operators on their state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from unbounded.connectors.streams import OutputMode, StreamSource
from unbounded.plan.logical import Filter, Scan
from unbounded.state.store import StateStore, StateTransaction
from unbounded.streaming.fragments import FragmentRunner
from unbounded.streaming.late_rows import LateRows
from unbounded.streaming.operators.batch import OperatorBatch, OperatorResult
from unbounded.streaming.operators.dispatch import counted_rows, operator_name, run_operator
from unbounded.streaming.plans import NEW, Feed, Fragment, ObserverNode, SourceFeed, StatefulOperator, WatermarkNode
from unbounded.streaming.progress import ObservedMetrics, Stopwatch
from unbounded.streaming.watermark import EventTimes, event_times, is_late


@dataclass(frozen=True, slots=True)
class PlannedBatch:
    """What a batch reads, and its times.

    Rows at or before `late_ms`, the watermark of the batch before, come too late; what is at or before `watermark_ms`
    is complete.
    """

    batch_id: int
    start: tuple[str | None, ...]
    end: tuple[str | None, ...]
    timestamp_ms: int
    watermark_ms: int
    late_ms: int


class BatchRun:
    """One evaluation. `state_counts` (rows of state by operator, where Spark counts others than the store) goes on
    from batch to batch."""

    def __init__(
        self,
        planned: PlannedBatch,
        sources: Sequence[StreamSource],
        stores: Mapping[int, StateStore],
        runner: FragmentRunner,
        mode: OutputMode,
        state_counts: dict[int, int],
        watch: Stopwatch,
        *,
        keeps_late: bool,
    ) -> None:
        self._planned = planned
        self._sources = sources
        self._stores = stores
        self._runner = runner
        self._state_counts = state_counts
        self._watch = watch
        self._keeps_late = keeps_late
        times = (planned.timestamp_ms, planned.late_ms, planned.watermark_ms)
        self._batch = OperatorBatch(mode, runner, *(time * 1000 for time in times))
        self.counts: dict[int, int] = {}
        self.row_counts: dict[int, int] = {}
        """Rows that each fragment and feed gave, by its `id`."""
        self.transactions: dict[int, StateTransaction] = {}
        self.results: dict[int, OperatorResult] = {}
        self.event_times: dict[int, EventTimes] = {}
        self.observed: dict[str, ObservedMetrics] = {}
        self.late: list[LateRows] = []

    def fragment(self, fragment: Fragment) -> pa.Table:
        return self._fragment_of(fragment, self._given(fragment))

    def _fragment_of(self, fragment: Fragment, given: Mapping[str, pa.Table]) -> pa.Table:
        rows = self._runner.run(fragment.plan, given, self._batch.now_us)
        self.row_counts[id(fragment)] = rows.num_rows
        return rows

    def _given(self, fragment: Fragment) -> dict[str, pa.Table]:
        given = {}
        for name, feed in fragment.feeds.items():
            given[name] = self._feed(feed)
            self.row_counts[id(feed)] = given[name].num_rows
        return given

    def _feed(self, feed: Feed) -> pa.Table:
        match feed:
            case SourceFeed(position=position):
                table = self._read_source(feed)
                self.counts[position] = self.counts.get(position, 0) + table.num_rows
                return table
            case WatermarkNode(number=number, column=column):
                table = self.fragment(feed.below)
                seen = event_times(table.column(column))
                if seen is not None:
                    self.event_times[number] = seen
                return table
            case ObserverNode(name=name, metrics=metrics):
                table = self.fragment(feed.below)
                row = self._runner.run(metrics, {NEW: table}, self._batch.now_us)
                self.observed[name] = ObservedMetrics(metrics.schema, row)
                return table
            case operator:
                return self._run_operator(operator)

    def _read_source(self, feed: SourceFeed) -> pa.Table:
        """The new rows of a source; none if it has nothing new in this batch."""
        start, end = self._planned.start[feed.position], self._planned.end[feed.position]
        if end is None or start == end:
            return self._runner.empty(feed.scan.schema)
        with self._watch.measure("getBatch"):
            batch = self._sources[feed.position].batch(start, end)
            scan = Scan(batch, feed.scan.output)
            if feed.condition is None:
                return self._runner.read(scan, self._batch.now_us)
            return self._runner.run_once(Filter(scan, feed.condition), self._batch.now_us)

    def _run_operator(self, operator: StatefulOperator) -> pa.Table:
        given = self._given(operator.below)
        rows = self._fragment_of(operator.below, given)
        state = self._stores[operator.operator_id].begin(self._planned.batch_id)
        self.transactions[operator.operator_id] = state
        count = self._state_counts.get(operator.operator_id)
        before = counted_rows(operator, state) if count is None else count
        result = run_operator(operator, rows, state, self._batch)
        if before is not None and result.added_count is not None:
            self._state_counts[operator.operator_id] = before + result.added_count
        self.results[operator.operator_id] = result
        if self._keeps_late and result.late_count and operator.late_rows is not None:
            times = self._runner.run(operator.late_rows, given, self._batch.now_us)
            late = times.filter(is_late(times.column(0), self._batch.late_us))
            self.late.append(LateRows(operator_name(operator), late))
        return result.rows
