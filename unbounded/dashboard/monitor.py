"""Watches the queries of an engine: takes what they tell without holding them up, and starts the page with the first.

What a query tells is put into a queue in the query's thread; it is read here only by the thread of the page.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable
from typing import Protocol

from unbounded.clock import Clock
from unbounded.dashboard import views
from unbounded.dashboard.records import QueryRecord, Records
from unbounded.streaming.watch import WatchedRun

_logger = logging.getLogger("unbounded.dashboard")


START_DELAY_S_MAX = 1.0


class Shown(Protocol):
    """A page, or lines in a terminal: shows a monitor until it is closed."""

    def close(self) -> None: ...


ShowOn = Callable[["QueryMonitor", int], Shown]
"""(monitor, preferred port) -> what shows it; called in a thread of its own."""


class QueryMonitor:
    """Implements `streaming.watch.QueryWatcher`. `show` is called once, when the first query starts."""

    def __init__(self, clock: Clock, show: ShowOn) -> None:
        self._clock = clock
        self._show = show
        self._told: queue.SimpleQueue[Callable[[Records, float], None]] = queue.SimpleQueue()
        self._records = Records()
        self._reading = threading.Lock()
        self._starting = threading.Lock()
        self._starter: threading.Thread | None = None
        self._has_result = threading.Event()
        self._shown: Shown | None = None
        self._is_closed = False
        self._second = 0.0
        self.version = 0
        """Changes with everything that queries tell."""

    # ------------------------------------------------------------------------------------------ told by queries

    def started(self, run: WatchedRun, *, port: int) -> None:
        self._tell(lambda records, now_ms: records.started(run, now_ms))
        with self._starting:
            if self._starter is None and not self._is_closed:
                self._starter = threading.Thread(target=self._start, args=(port,), name="dashboard start", daemon=True)
                self._starter.start()

    def progressed(self, run_id: str, progress: str) -> None:
        self._has_result.set()
        self._tell(lambda records, now_ms: records.progressed(run_id, progress, now_ms))

    def ended(self, run_id: str) -> None:
        self._tell(lambda records, now_ms: records.ended(run_id, now_ms))

    def _tell(self, note: Callable[[Records, float], None]) -> None:
        """Nobody reads what is told when there is no page."""
        if not self._is_closed:
            self._told.put(note)

    def _start(self, port: int) -> None:
        """The first batch has the processor to itself: loading the page waits for it, but not for long."""
        self._has_result.wait(START_DELAY_S_MAX)
        try:
            shown = self._show(self, port)
        except OSError as error:
            _logger.warning("There is no monitoring page: %s", error)
            self._is_closed = True
            return
        except Exception:  # the root of the thread; queries go on without a page
            _logger.exception("The monitoring page could not be started.")
            self._is_closed = True
            return
        with self._starting:
            self._shown = shown
            is_closed = self._is_closed
        if is_closed:
            shown.close()

    def close(self) -> None:
        with self._starting:
            self._is_closed = True
            shown = self._shown
        if shown is not None:
            shown.close()

    # ------------------------------------------------------------------------------------------ asked by the page

    def read_told(self) -> None:
        """Takes in what queries have told since the last time; to be called at least once a second."""
        with self._reading:
            now_ms = self._now_ms()
            while True:
                try:
                    note = self._told.get_nowait()
                except queue.Empty:
                    break
                note(self._records, now_ms)
                self.version += 1
            if now_ms - self._second >= 1000:
                self._second = now_ms // 1000 * 1000
                self._records.pass_second(now_ms)
                self.version += 1

    def find(self, name: str) -> QueryRecord | None:
        """The query with this id or name."""
        self.read_told()
        with self._reading:
            return self._records.find(name)

    def overview(self) -> views.Json:
        self.read_told()
        with self._reading:
            return views.overview(self._records, self._now_ms())

    def overview_json(self) -> str:
        return views.render(self.overview())

    def summary(self, record: QueryRecord) -> views.Json:
        with self._reading:
            return views.summary(record, self._now_ms())

    def _now_ms(self) -> float:
        return self._clock.now_us() // 1000
