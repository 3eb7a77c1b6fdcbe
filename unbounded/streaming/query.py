"""A streaming query as its user holds it: identity, life, status, progress, failure. The batches are `microbatch`'s."""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum

from unbounded.cancellation import Cancellation
from unbounded.clock import Clock
from unbounded.errors import ErrorKind, SparkError
from unbounded.functions.plan_text import Branch
from unbounded.streaming.microbatch import MicroBatch
from unbounded.streaming.plan_text import NOT_PLANNED, ShownPlan
from unbounded.streaming.progress import BatchReport, QueryIdentity, render_progress, render_timestamp
from unbounded.streaming.runner import POLL_US, QueryThread, Schedule

WAITING_FOR_TRIGGER = "Waiting for next trigger"


@dataclass(frozen=True, slots=True)
class QueryEvents:
    """Called in the query's thread: with the progress of a batch, with the event of an idle query (both JSON), at the
    end."""

    progress: Callable[[str], None] = lambda _: None
    idle: Callable[[str], None] = lambda _: None
    ended: Callable[[StreamingQuery], None] = lambda _: None


@dataclass(frozen=True, slots=True)
class ReportSettings:
    """`recent_count` of progress reports are kept; an idle query reports every `idle_interval_us`."""

    recent_count: int = 99
    idle_interval_us: int = 10_000_000


class QueryState(Enum):
    INITIALIZING = "INITIALIZING"
    ACTIVE = "ACTIVE"
    TERMINATED = "TERMINATED"


class StreamingQuery:
    """One run of a query. `prepare` makes its micro-batch in the query's own thread, so that failing sources fail it.

    Public calls may come from any thread.
    """

    def __init__(
        self,
        identity: QueryIdentity,
        schedule: Schedule,
        prepare: Callable[[], MicroBatch],
        clock: Clock,
        cancellation: Cancellation,
        events: QueryEvents,
        reports: ReportSettings,
        plan: ShownPlan,
    ) -> None:
        self._identity = identity
        self._prepare = prepare
        self._is_single = schedule.is_single
        self._ends_when_idle = schedule.ends_when_idle
        self._clock = clock
        self._cancellation = cancellation
        self._events = events
        self._idle_interval_us = reports.idle_interval_us
        self._plan = plan
        self._has_interval = schedule.interval_us > 0
        self._changed = threading.Condition()
        self._state = QueryState.INITIALIZING
        self._batch: MicroBatch | None = None
        self._message = "Initializing sources"
        self._is_trigger_active = False
        self._idle_count = 0
        self._must_look_again = False
        self._progress: deque[str] = deque(maxlen=reports.recent_count)
        self._last_report_us: int | None = None
        self._last_trigger_ms: int | None = None
        self._failure: SparkError | None = None
        thread_name = f"stream {identity.name or identity.query_id}"
        self._thread = QueryThread(thread_name, schedule, clock, self._step, self._went_idle, self._ended)

    # ------------------------------------------------------------------------------------------ identity, status

    @property
    def query_id(self) -> str:
        return self._identity.query_id

    @property
    def run_id(self) -> str:
        return self._identity.run_id

    @property
    def name(self) -> str | None:
        return self._identity.name

    @property
    def is_active(self) -> bool:
        return self._state is not QueryState.TERMINATED

    @property
    def message(self) -> str:
        """What it does at the moment, in Spark's words."""
        batch = self._batch
        return batch.activity if self._is_trigger_active and batch is not None else self._message

    @property
    def has_new_data(self) -> bool:
        """Whether the last look at the sources found something."""
        return self.is_active and self._batch is not None and self._batch.has_new_data

    @property
    def is_trigger_active(self) -> bool:
        return self._is_trigger_active

    def recent_progress(self) -> Sequence[str]:
        with self._changed:
            return list(self._progress)

    @property
    def failure(self) -> SparkError | None:
        return self._failure

    def explain(self, *, is_extended: bool) -> str:
        batch = self._batch
        if batch is None or not batch.has_planned:
            return NOT_PLANNED
        return self._plan.explain(batch.source_descriptions, is_extended=is_extended)

    def plan_branch(self) -> Branch | None:
        """The plan as it runs; None before the first batch."""
        batch = self._batch
        return None if batch is None or not batch.has_planned else self._plan.branch(batch.source_descriptions)

    def row_count(self, counted: object) -> int | None:
        """Rows of the last batch that had any, of what a branch of the plan is `counted` by; None if nobody knows."""
        batch = self._batch
        return None if batch is None else batch.row_counts.get(id(counted))

    # ------------------------------------------------------------------------------------------ life

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Returns when the query has ended; a batch in progress stays uncommitted."""
        self._thread.stop()
        self._cancellation.cancel()
        self._thread.join()

    def await_termination(self, cancellation: Cancellation, *, timeout_us: int | None) -> bool:
        """Whether the query has ended in time. Raises: SparkError STREAM_FAILED if it has failed."""
        has_ended = self._wait(lambda: not self.is_active, cancellation, timeout_us)
        self._raise_failure()
        return has_ended

    def process_all_available(self, cancellation: Cancellation) -> None:
        """Waits for two looks at the sources that find nothing: the second began after this call, and is thorough."""
        self._must_look_again = True
        seen = self._idle_count
        self._wait(lambda: not self.is_active or self._idle_count >= seen + 2, cancellation, None)
        self._raise_failure()

    def _wait(self, is_done: Callable[[], bool], cancellation: Cancellation, timeout_us: int | None) -> bool:
        forget = cancellation.on_cancel(self._wake)
        try:
            with self._changed:
                timeout_s = None if timeout_us is None else timeout_us / 1e6
                self._changed.wait_for(lambda: is_done() or cancellation.is_cancelled, timeout_s)
        finally:
            forget()
        if cancellation.is_cancelled and not is_done():
            raise SparkError(ErrorKind.SPARK, "OPERATION_CANCELED", {})
        return is_done()

    def _wake(self) -> None:
        with self._changed:
            self._changed.notify_all()

    def _raise_failure(self) -> None:
        if self._failure is not None:
            raise self._failure

    # ------------------------------------------------------------------------------------------ the query's thread

    def _step(self) -> bool:
        if self._batch is None:
            self._batch = self._prepare()
            self._state = QueryState.ACTIVE
        if self._must_look_again:
            self._must_look_again = False
            self._batch.look_again()
        self._is_trigger_active = True
        report = self._batch.step(has_limit=not self._is_single)
        self._is_trigger_active = False
        if report is None:
            self._report_idleness(self._batch)
            return False
        interval_ms = None if self._last_trigger_ms is None else report.timestamp_ms - self._last_trigger_ms
        self._last_trigger_ms = report.timestamp_ms
        self._message = WAITING_FOR_TRIGGER
        self._events.progress(self._record(report, interval_ms))
        return True

    def _record(self, report: BatchReport, interval_ms: int | None) -> str:
        text = render_progress(report, self._identity, interval_ms)
        self._last_report_us = self._clock.monotonic_us()
        with self._changed:
            self._progress.append(text)
        return text

    def _report_idleness(self, batch: MicroBatch) -> None:
        """From time to time; at once, and without an event, if nothing has been reported in this run."""
        last_us = self._last_report_us
        if last_us is not None and self._clock.monotonic_us() - last_us < self._idle_interval_us:
            return
        report = batch.idle_report()
        self._record(report, None)
        if last_us is not None:
            event = {"id": self.query_id, "runId": self.run_id, "timestamp": render_timestamp(report.timestamp_ms)}
            self._events.idle(json.dumps(event, separators=(",", ":")))

    def _went_idle(self) -> bool:
        """Whether it has waited until its source may have something, or for a while."""
        self._message = WAITING_FOR_TRIGGER if self._has_interval else "Waiting for data to arrive"
        with self._changed:
            self._idle_count += 1
            self._changed.notify_all()
        return self._batch is not None and not self._ends_when_idle and self._batch.wait_for_data(POLL_US)

    def _ended(self, failure: BaseException | None) -> None:
        is_stopped = self._cancellation.is_cancelled
        if failure is not None and not is_stopped:
            self._failure = self._stream_failed(failure)
            self._message = f"Terminated with exception: {failure_sentence(failure)}"
        else:
            self._message = "Stopped"
        if self._batch is not None:
            self._batch.close()
        self._is_trigger_active = False
        with self._changed:
            self._state = QueryState.TERMINATED
            self._changed.notify_all()
        self._events.ended(self)

    def _stream_failed(self, failure: BaseException) -> SparkError:
        parameters = {"id": self.query_id, "runId": self.run_id, "message": failure_sentence(failure)}
        error = SparkError(ErrorKind.STREAMING_QUERY, "STREAM_FAILED", parameters, detail=self._description())
        error.__cause__ = failure
        return error

    def _description(self) -> str:
        """What Spark says of a query below the sentence of its failure."""
        batch = self._batch
        name = f"{self.name} " if self.name is not None else ""
        lines = [
            "",
            "=== Streaming Query ===",
            f"Identifier: {name}[id = {self.query_id}, runId = {self.run_id}]",
            f"Current Committed Offsets: {batch.offsets(batch.committed) if batch else '{}'}",
            f"Current Available Offsets: {batch.offsets(batch.available) if batch else '{}'}",
            "",
            f"Current State: {self._state.value}",
            "Thread State: RUNNABLE",
        ]
        if batch is not None:
            lines += ["", "Logical Plan:", self._plan.logical_text()]
        return "\n".join(lines)

    @property
    def terminated_event_json(self) -> str:
        """The event that listeners get when the query has ended."""
        cause = self._failure.__cause__ if self._failure else None
        event = {
            "id": self.query_id,
            "runId": self.run_id,
            "exception": self._failure.message if self._failure else None,
            "errorClassOnException": getattr(cause, "condition", None) if cause else None,
        }
        return json.dumps(event, separators=(",", ":"))


def failure_sentence(failure: BaseException) -> str:
    if not isinstance(failure, SparkError):
        return f"{type(failure).__name__}: {failure}"
    if failure.kind is ErrorKind.PYTHON and not failure.condition:
        return f"[PYTHON_EXCEPTION] An exception was thrown from the Python worker: {failure.message} SQLSTATE: 38000"
    return failure.message
