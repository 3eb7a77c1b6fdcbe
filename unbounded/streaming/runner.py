"""The thread of a streaming query: trigger -> step, until stopped, finished or failed. The only one in `streaming`."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from unbounded.clock import Clock
from unbounded.errors import NO_CONDITION, ErrorKind, SparkError
from unbounded.functions.durations import parse_duration_us
from unbounded.plan.unresolved import Trigger, TriggerKind

POLL_US = 10_000
"""How long a query without new data waits before it asks its sources again (Spark's `pollingDelay`)."""

Step = Callable[[], bool]
"""Runs one batch; False if there was nothing to do."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """When batches run. `interval_us` 0: one after the other. `ends_when_idle`: once and availableNow.

    `commit_interval_us`: of the continuous triggers, which wait for nothing but data.
    """

    interval_us: int = 0
    ends_when_idle: bool = False
    is_single: bool = False
    commit_interval_us: int = 0

    def wait_us(self, started_us: int, now_us: int) -> int:
        """How long to wait after a batch that began at `started_us`: until the next multiple of the interval."""
        if self.interval_us == 0:
            return 0
        due_us = (started_us // self.interval_us + 1) * self.interval_us
        return max(0, due_us - now_us)


def schedule_of(trigger: Trigger) -> Schedule:
    """Raises: SparkError for an interval that cannot be read"""
    match trigger.kind:
        case TriggerKind.ONCE:
            return Schedule(ends_when_idle=True, is_single=True)
        case TriggerKind.AVAILABLE_NOW:
            return Schedule(ends_when_idle=True)
        case TriggerKind.PROCESSING_TIME if trigger.interval is not None:
            return Schedule(interval_us=_interval_us(trigger.interval))
        case TriggerKind.CONTINUOUS | TriggerKind.REAL_TIME if trigger.interval is not None:
            return Schedule(commit_interval_us=_interval_us(trigger.interval))
        case _:
            return Schedule()


def _interval_us(text: str) -> int:
    try:
        interval_us = parse_duration_us(text)
    except SparkError as error:
        raise SparkError(ErrorKind.ILLEGAL_ARGUMENT, error.condition, error.parameters) from error
    if interval_us < 0:
        message = "requirement failed: the interval of trigger should not be negative"
        raise SparkError(ErrorKind.ILLEGAL_ARGUMENT, NO_CONDITION, {"message": message})
    return interval_us


class QueryThread:
    """Calls `step` by the schedule; `on_end` once at the end, with the failure if there was one.

    `on_idle` may itself wait for new data, `POLL_US` at most: then it answers True.
    """

    def __init__(
        self,
        name: str,
        schedule: Schedule,
        clock: Clock,
        step: Step,
        on_idle: Callable[[], bool],
        on_end: Callable[[BaseException | None], None],
    ) -> None:
        self._schedule = schedule
        self._clock = clock
        self._step = step
        self._on_idle = on_idle
        self._on_end = on_end
        self._is_stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Asks the thread to end after its batch."""
        self._is_stopping.set()

    def join(self, timeout_s: float | None = None) -> None:
        if self._thread is not threading.current_thread():
            self._thread.join(timeout_s)

    def _run(self) -> None:
        failure: BaseException | None = None
        try:
            self._loop()
        except BaseException as error:  # the root of the thread; the query reports it
            failure = error
        self._on_end(failure)

    def _loop(self) -> None:
        while not self._is_stopping.is_set():
            started_us = self._clock.now_us()
            has_run = self._step()
            has_waited = not has_run and self._on_idle()
            if self._schedule.ends_when_idle and (not has_run or self._schedule.is_single):
                return
            wait_us = self._schedule.wait_us(started_us, self._clock.now_us())
            if not has_run and not has_waited:
                wait_us = max(wait_us, POLL_US)
            if wait_us:
                self._is_stopping.wait(wait_us / 1e6)
