"""`unbounded run --progress`: a line for each query of the program, at the bottom of the terminal while it runs.

The terminal scrolls above these lines only, so what the program prints stays whole, and the address of the page stays
in sight below them. Into a file they go as lines.
"""

from __future__ import annotations

import logging
import shutil
import threading
from collections.abc import Sequence
from typing import TextIO

from unbounded.dashboard.monitor import QueryMonitor
from unbounded.dashboard.terminal import query_lines

LIVE_INTERVAL_S = 0.5
LINES_INTERVAL_S = 5.0
"""In a file lines come less often."""

_SAVE, _RESTORE, _ALL_SCROLLS, _CLEAR_LINE, _CLEAR_BELOW = "\x1b7", "\x1b8", "\x1b[r", "\x1b[2K", "\x1b[J"

_logger = logging.getLogger("unbounded.dashboard")


class ProgressLines:
    """Draws the queries of a monitor until it is closed. `last_line`: below them."""

    def __init__(self, monitor: QueryMonitor, out: TextIO, last_line: str) -> None:
        self._monitor = monitor
        self._last_line = last_line
        self._out = out
        self._bottom = BottomLines(out) if out.isatty() else None
        self._is_closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="progress", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Draws once more."""
        self._is_closed.set()
        self._thread.join(LIVE_INTERVAL_S)

    def _run(self) -> None:
        try:
            self._draw_until_closed()
        except Exception:  # the root of the thread; queries go on without lines
            _logger.exception("The progress of the queries can no longer be shown.")

    def _draw_until_closed(self) -> None:
        if self._bottom is None:
            while not self._is_closed.wait(LINES_INTERVAL_S):
                self._write(self._lines())
        else:
            while not self._is_closed.wait(LIVE_INTERVAL_S):
                self._bottom.draw([*self._lines(), self._last_line])
            self._bottom.close()
        self._write(self._lines())

    def _lines(self) -> list[str]:
        return query_lines(self._monitor.overview()["queries"])

    def _write(self, lines: Sequence[str]) -> None:
        self._out.write("".join(f"{line}\n" for line in lines))
        self._out.flush()


class BottomLines:
    """Lines at the bottom of a terminal, half of it at most."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._reserved = 0

    def draw(self, lines: Sequence[str]) -> None:
        width, height = shutil.get_terminal_size()
        shown = lines[-(height // 2) :]
        text = self._reserve(len(shown), height)
        first = height - self._reserved + 1
        rows = (f"\x1b[{first + i};1H{_CLEAR_LINE}{line[:width]}" for i, line in enumerate(shown))
        self._out.write(f"{text}{_SAVE}{''.join(rows)}{_RESTORE}")
        self._out.flush()

    def _reserve(self, count: int, height: int) -> str:
        """Makes room for more lines: scrolls the others up, and lets only those scroll from now on."""
        more = count - self._reserved
        if more <= 0:
            return ""
        self._reserved = count
        return "\n" * count + f"\x1b[{count}A{_SAVE}\x1b[1;{height - count}r{_RESTORE}"

    def close(self) -> None:
        """The whole terminal scrolls again, and the lines are gone."""
        if self._reserved:
            self._out.write(f"{_SAVE}{_ALL_SCROLLS}{_RESTORE}{_CLEAR_BELOW}")
            self._out.flush()
            self._reserved = 0
