"""`unbounded run --progress`: a line for each query of the program, drawn while it runs."""

from __future__ import annotations

import logging
import threading
from typing import TextIO

from unbounded.dashboard.monitor import QueryMonitor
from unbounded.dashboard.terminal import Screen, query_line

LIVE_INTERVAL_S = 0.5
LINES_INTERVAL_S = 5.0
"""Where lines cannot be drawn over, as in a file, they come less often."""

_logger = logging.getLogger("unbounded.dashboard")


class ProgressLines:
    """Draws the queries of a monitor until it is closed. What the program prints itself moves the lines down."""

    def __init__(self, monitor: QueryMonitor, out: TextIO) -> None:
        self._monitor = monitor
        self._screen = Screen(out)
        self._is_closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="progress", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Draws once more."""
        self._is_closed.set()
        self._thread.join(LIVE_INTERVAL_S)

    def _run(self) -> None:
        interval_s = LIVE_INTERVAL_S if self._screen.is_live else LINES_INTERVAL_S
        try:
            while not self._is_closed.wait(interval_s):
                self._draw()
            self._draw()
        except Exception:  # the root of the thread; queries go on without lines
            _logger.exception("The progress of the queries can no longer be shown.")

    def _draw(self) -> None:
        self._screen.draw([query_line(query) for query in self._monitor.overview()["queries"]])
