"""Watermarks: what a batch says about event time, and how far event time has come. All times are milliseconds."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc


@dataclass(frozen=True, slots=True)
class EventTimes:
    """Of the rows that passed a watermark node in one batch; NULL counts as 0, late rows count too."""

    minimum: int
    maximum: int
    mean: float


def event_micros(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Event time in microseconds: of a timestamp itself, of a window its end."""
    if pa.types.is_struct(column.type):
        column = pc.struct_field(column, [1])
    return column.cast(pa.int64())


def event_times(column: pa.ChunkedArray) -> EventTimes | None:
    """None for no rows."""
    if len(column) == 0:
        return None
    times = pc.fill_null(event_micros(column), 0).to_numpy() // 1000
    return EventTimes(int(times.min()), int(times.max()), float(times.mean()))


def is_late(column: pa.ChunkedArray, limit_us: int) -> pa.ChunkedArray:
    """Which rows are at or before `limit_us`; NULL is never late."""
    return pc.fill_null(pc.less_equal(event_micros(column), limit_us), False)


def without_late(rows: pa.Table, column: int, limit_us: int) -> tuple[pa.Table, int]:
    """`rows` without those whose event time, in `column`, is at or before `limit_us`; and how many these are."""
    late = is_late(rows.column(column), limit_us)
    count = int(pc.sum(late).as_py() or 0)
    return (rows.filter(pc.invert(late)) if count else rows), count


class WatermarkTracker:
    """The query's watermark: the least (or the greatest) of its nodes' maxima minus delay; it never goes back.

    Nodes that have seen no row in this run count as 0, so after a restart every source must speak again.

    `idle_timeout_ms` (Spark has no such thing): a node that has been silent for so long is idle. It no longer holds the
    watermark back; when all are idle, the watermark goes on with the clock, one timeout at a time.
    """

    def __init__(
        self, delays_ms: Mapping[int, int], *, takes_maximum: bool, idle_timeout_ms: int | None = None, now_ms: int = 0
    ) -> None:
        self._delays_ms = delays_ms
        self._values: dict[int, int] = {}
        self._takes_maximum = takes_maximum
        self._idle_timeout_ms = idle_timeout_ms
        self._heard_ms = dict.fromkeys(delays_ms, now_ms)
        self.current_ms = 0

    def observe(self, times: Mapping[int, EventTimes], now_ms: int) -> None:
        """Takes in what the nodes saw in one batch."""
        for node, seen in times.items():
            value = seen.maximum - self._delays_ms[node]
            self._values[node] = max(value, self._values.get(node, value))
            self._heard_ms[node] = now_ms
        self._advance([self._values.get(node, 0) for node in self._delays_ms])

    def pass_over_idle(self, now_ms: int) -> bool:
        """Whether the watermark has moved because nodes are idle."""
        if self._idle_timeout_ms is None:
            return False
        before = self.current_ms
        silent = {node: (now_ms - heard) // self._idle_timeout_ms for node, heard in self._heard_ms.items()}
        active = [node for node, timeouts in silent.items() if timeouts < 1]
        if active:
            self._advance([self._values.get(node, 0) for node in active])
        elif self.current_ms > 0:
            self._advance([self._idle_value(node, timeouts) for node, timeouts in silent.items()])
        return self.current_ms > before

    def _idle_value(self, node: int, timeouts: int) -> int:
        """A node that was silent from the start of the run is taken to be where the watermark was."""
        value = self._values.setdefault(node, self.current_ms)
        return value + timeouts * (self._idle_timeout_ms or 0)

    def _advance(self, values: Collection[int]) -> None:
        if values:
            candidate = max(values) if self._takes_maximum else min(values)
            self.current_ms = max(candidate, self.current_ms)
