"""What a query did in the last hour: one row of numbers per second. Bounded; knows no JSON but that of a progress."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

SECONDS_KEPT = 3600
DAYS_OLD_MAX = 7
"""Event times further from the clock are of another time: how far they are behind it says nothing of the query."""

PHASES = ("latestOffset", "getBatch", "queryPlanning", "addBatch", "walCommit", "commitOffsets")
"""In the order in which a batch goes through them."""

COLUMNS = (
    "time",
    "batches",
    "rowsIn",
    "lateRows",
    "inputRowsPerSecond",
    "processedRowsPerSecond",
    "batchMs",
    *(f"{phase}Ms" for phase in PHASES),
    "latencyMs",
    "watermarkLagMs",
    "watermarkBehindEventsMs",
    "stateRows",
    "stateBytes",
    "rowsBehind",
)
"""`time`: milliseconds since 1970, whole seconds. `latencyMs` and `watermarkLagMs`, both against the clock, are None if
event times are of another time; `watermarkBehindEventsMs` is against the latest event time that the query has seen."""

Row = tuple[float | None, ...]

_SUMS = frozenset({"batches", "rowsIn", "lateRows"})
_MEANS = frozenset(
    {"inputRowsPerSecond", "processedRowsPerSecond", "batchMs", "latencyMs", *(f"{phase}Ms" for phase in PHASES)}
)
_WHEN_IDLE = {"batches": 0.0, "rowsIn": 0.0, "lateRows": 0.0, "inputRowsPerSecond": 0.0}
_STAYING = ("watermarkBehindEventsMs", "stateRows", "stateBytes", "rowsBehind")


class History:
    """Rows of `COLUMNS`, oldest first. Batches of one second share a row: sums, means, or the last value."""

    def __init__(self) -> None:
        self._rows: deque[Row] = deque(maxlen=SECONDS_KEPT)
        self._watermark_ms: float | None = None
        self.latest_event_ms: float | None = None
        """The latest event time of all batches, in milliseconds since 1970; None before there is one."""

    @property
    def rows(self) -> Sequence[Row]:
        return tuple(self._rows)

    @property
    def last(self) -> Row | None:
        return self._rows[-1] if self._rows else None

    def add(self, progress: Mapping[str, Any]) -> None:
        """`progress`: the JSON of a batch, as listeners get it."""
        self._watermark_ms = watermark_ms(progress)
        self.latest_event_ms = _later(self.latest_event_ms, progress["eventTime"].get("max"))
        row = numbers_of(progress, self.latest_event_ms)
        last = self.last
        if last is not None and last[0] == row[0]:
            self._rows[-1] = _merged(last, row)
        else:
            self._rows.append(row)

    def add_idle(self, now_ms: float) -> None:
        """A second in which the query had nothing to do; nothing is added twice."""
        second = _second(now_ms)
        last = self.last
        if last is None or last[0] is None or second <= last[0]:
            return
        values = dict.fromkeys(COLUMNS) | _WHEN_IDLE | {"time": second}
        values |= {name: last[COLUMNS.index(name)] for name in _STAYING}
        values["watermarkLagMs"] = behind_clock(self._watermark_ms, self.latest_event_ms, now_ms)
        self._rows.append(tuple(values[name] for name in COLUMNS))


def numbers_of(progress: Mapping[str, Any], latest_event_ms: float | None) -> Row:
    """The row of one batch. One without rows, which only cleans up, says nothing about rates.

    `latest_event_ms`: the latest event time so far, in milliseconds since 1970.
    """
    started_ms = parse_time_ms(progress["timestamp"])
    duration_ms = float(progress["batchDuration"])
    operators, phases = progress["stateOperators"], progress["durationMs"]
    watermark, newest = watermark_ms(progress), progress["eventTime"].get("max")
    values: dict[str, float | None] = {
        "time": _second(started_ms),
        "batches": 1.0,
        "rowsIn": progress["numInputRows"],
        "lateRows": sum(operator["numRowsDroppedByWatermark"] for operator in operators),
        "inputRowsPerSecond": progress["inputRowsPerSecond"] if progress["numInputRows"] else None,
        "processedRowsPerSecond": progress["processedRowsPerSecond"] if progress["numInputRows"] else None,
        "batchMs": duration_ms,
        **{f"{phase}Ms": phases.get(phase, 0) for phase in PHASES},
        "latencyMs": None if newest is None else _latency(parse_time_ms(newest), started_ms + duration_ms),
        "watermarkLagMs": behind_clock(watermark, latest_event_ms, started_ms),
        "watermarkBehindEventsMs": behind_events(watermark, latest_event_ms),
        "stateRows": sum(operator["numRowsTotal"] for operator in operators) if operators else None,
        "stateBytes": sum(operator["memoryUsedBytes"] for operator in operators) if operators else None,
        "rowsBehind": rows_behind(progress),
    }
    return tuple(values[name] for name in COLUMNS)


def behind_clock(watermark_ms: float | None, latest_event_ms: float | None, now_ms: float) -> float | None:
    """Milliseconds; None without a watermark, and if event times are of another time than the clock's."""
    if watermark_ms is None or not is_of_now(latest_event_ms, now_ms):
        return None
    return now_ms - watermark_ms


def behind_events(watermark_ms: float | None, latest_event_ms: float | None) -> float | None:
    """Milliseconds; None without a watermark or an event."""
    return None if watermark_ms is None or latest_event_ms is None else latest_event_ms - watermark_ms


def is_of_now(event_ms: float | None, now_ms: float) -> bool:
    """Whether an event time is so near to the clock that the two may be compared; unknown: yes."""
    return event_ms is None or abs(now_ms - event_ms) <= DAYS_OLD_MAX * 86_400_000


def _latency(event_ms: float, now_ms: float) -> float | None:
    return max(now_ms - event_ms, 0.0) if is_of_now(event_ms, now_ms) else None


def _later(time_ms: float | None, text: str | None) -> float | None:
    if text is None:
        return time_ms
    return parse_time_ms(text) if time_ms is None else max(time_ms, parse_time_ms(text))


def rows_behind(progress: Mapping[str, Any]) -> float | None:
    """Records of Kafka that the query has yet to read, over all partitions; None without such a source."""
    found = [_behind(source) for source in progress["sources"]]
    known = [count for count in found if count is not None]
    return sum(known) if known else None


def _behind(source: Mapping[str, Any]) -> float | None:
    """The metrics have the mean over the partitions, whose number the end offset knows."""
    mean = source["metrics"].get("avgOffsetsBehindLatest")
    end = source["endOffset"]
    if mean is None:
        return None
    partitions = sum(map(len, end.values())) if isinstance(end, dict) else 1
    return round(float(mean) * max(partitions, 1))


def watermark_ms(progress: Mapping[str, Any]) -> float | None:
    """None while there is none: a watermark at 1970 has seen no row yet."""
    text = progress["eventTime"].get("watermark")
    return None if text is None else parse_time_ms(text) or None


def parse_time_ms(text: str) -> float:
    """Of `2026-01-31T12:00:00.000Z`."""
    return datetime.fromisoformat(text).timestamp() * 1000


def _second(time_ms: float) -> float:
    return time_ms // 1000 * 1000


def _merged(before: Row, row: Row) -> Row:
    batches = before[1] or 0.0
    return tuple(_merge(*column, batches) for column in zip(COLUMNS, before, row, strict=True))


def _merge(name: str, before: float | None, value: float | None, batches: float) -> float | None:
    if before is None or value is None:
        return before if value is None else value
    if name in _SUMS:
        return before + value
    return (before * batches + value) / (batches + 1) if name in _MEANS else value
