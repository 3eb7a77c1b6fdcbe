"""Watermarks: what a batch says about event time, and how far event time has come. All times are milliseconds."""

from __future__ import annotations

from collections.abc import Mapping
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
    """

    def __init__(self, delays_ms: Mapping[int, int], *, takes_maximum: bool, start_ms: int = 0) -> None:
        self._delays_ms = delays_ms
        self._values: dict[int, int] = {}
        self._takes_maximum = takes_maximum
        self.current_ms = start_ms

    def observe(self, times: Mapping[int, EventTimes]) -> None:
        """Takes in what the nodes saw in one batch."""
        for node, seen in times.items():
            value = seen.maximum - self._delays_ms[node]
            self._values[node] = max(value, self._values.get(node, value))
        values = [self._values.get(node, 0) for node in self._delays_ms]
        if values:
            candidate = max(values) if self._takes_maximum else min(values)
            self.current_ms = max(candidate, self.current_ms)
