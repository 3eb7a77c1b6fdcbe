"""What a query did in the last hour: one row of numbers per second. Bounded; knows no JSON but that of a progress."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

SECONDS_KEPT = 3600

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
    "stateRows",
    "stateBytes",
    "rowsBehind",
)
"""`time`: milliseconds since 1970, whole seconds."""

Row = tuple[float | None, ...]

_SUMS = frozenset({"batches", "rowsIn", "lateRows"})
_MEANS = frozenset({"inputRowsPerSecond", "processedRowsPerSecond", "batchMs", "latencyMs", *COLUMNS[7:13]})
_WHEN_IDLE = {"batches": 0.0, "rowsIn": 0.0, "lateRows": 0.0, "inputRowsPerSecond": 0.0}
_STAYING = ("stateRows", "stateBytes", "rowsBehind")


class History:
    """Rows of `COLUMNS`, oldest first. Batches of one second share a row: sums, means, or the last value."""

    def __init__(self) -> None:
        self._rows: deque[Row] = deque(maxlen=SECONDS_KEPT)
        self._watermark_ms: float | None = None

    @property
    def rows(self) -> Sequence[Row]:
        return tuple(self._rows)

    @property
    def last(self) -> Row | None:
        return self._rows[-1] if self._rows else None

    def add(self, progress: Mapping[str, Any]) -> None:
        """`progress`: the JSON of a batch, as listeners get it."""
        self._watermark_ms = watermark_ms(progress)
        row = numbers_of(progress)
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
        if self._watermark_ms is not None:
            values["watermarkLagMs"] = now_ms - self._watermark_ms
        self._rows.append(tuple(values[name] for name in COLUMNS))


def numbers_of(progress: Mapping[str, Any]) -> Row:
    """The row of one batch. One without rows, which only cleans up, says nothing about rates."""
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
        "latencyMs": None if newest is None else max(started_ms + duration_ms - parse_time_ms(newest), 0.0),
        "watermarkLagMs": None if watermark is None else started_ms - watermark,
        "stateRows": sum(operator["numRowsTotal"] for operator in operators) if operators else None,
        "stateBytes": sum(operator["memoryUsedBytes"] for operator in operators) if operators else None,
        "rowsBehind": rows_behind(progress),
    }
    return tuple(values[name] for name in COLUMNS)


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
