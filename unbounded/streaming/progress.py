"""Progress of a query: what a batch did, and its JSON as `StreamingQueryProgress` parses it."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa

from unbounded.clock import Clock
from unbounded.streaming.watermark import EventTimes
from unbounded.types.datatypes import StructType
from unbounded.types.json_form import to_json_value

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class SourceReport:
    """`latest`: the offset of all there is, of sources that know it."""

    description: str
    start: str | None
    end: str | None
    row_count: int
    latest: str | None = None
    metrics: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OperatorReport:
    """`late_count`: groups or rows dropped because they came behind the watermark."""

    name: str
    row_count: int
    updated_count: int
    removed_count: int = 0
    late_count: int = 0
    commit_ms: int = 0
    memory_bytes: int = 0
    updates_ms: int = 0
    removals_ms: int = 0
    custom: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ObservedMetrics:
    """What df.observe saw of one batch: a single row."""

    schema: StructType
    row: pa.Table


@dataclass(frozen=True, slots=True)
class BatchReport:
    """`output_count` None: unknown. `durations_ms`: by Spark's names of the phases, with `triggerExecution`.

    `watermark_ms` None: the query has no event time. `event_times` None: no row with event time has passed.
    """

    batch_id: int
    timestamp_ms: int
    sources: tuple[SourceReport, ...]
    operators: tuple[OperatorReport, ...]
    sink: str
    output_count: int | None
    durations_ms: Mapping[str, int]
    watermark_ms: int | None = None
    event_times: EventTimes | None = None
    observed: Mapping[str, ObservedMetrics] = field(default_factory=dict)


class Stopwatch:
    """Durations of the phases of one trigger. A phase inside another one does not count for the outer one."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._started_us = clock.monotonic_us()
        self._measured_us: dict[str, int] = {}
        self._inner_us = 0

    @contextmanager
    def measure(self, phase: str) -> Iterator[None]:
        """Adds to what was measured of `phase` before."""
        started_us, outer_inner_us = self._clock.monotonic_us(), self._inner_us
        self._inner_us = 0
        try:
            yield
        finally:
            taken_us = self._clock.monotonic_us() - started_us
            self._measured_us[phase] = self._measured_us.get(phase, 0) + taken_us - self._inner_us
            self._inner_us = outer_inner_us + taken_us

    def add(self, phase: str, taken_us: int) -> None:
        """A phase within the current one that was measured elsewhere."""
        self._measured_us[phase] = self._measured_us.get(phase, 0) + taken_us
        self._inner_us += taken_us

    def finish(self) -> dict[str, int]:
        """Milliseconds by phase, with the whole trigger."""
        total_us = self._clock.monotonic_us() - self._started_us
        durations_us = {**self._measured_us, "triggerExecution": total_us}
        return {phase: us // 1000 for phase, us in sorted(durations_us.items())}


@dataclass(frozen=True, slots=True)
class QueryIdentity:
    query_id: str
    run_id: str
    name: str | None


def render_progress(report: BatchReport, identity: QueryIdentity, interval_ms: int | None) -> str:
    """The progress of one batch as JSON; `interval_ms` since the trigger before (None: it is the first)."""
    duration_ms = report.durations_ms["triggerExecution"]
    sources = [_source(source, duration_ms, interval_ms) for source in report.sources]
    totals = ("numInputRows", "inputRowsPerSecond", "processedRowsPerSecond")
    progress = {
        "id": identity.query_id,
        "runId": identity.run_id,
        "name": identity.name,
        "timestamp": render_timestamp(report.timestamp_ms),
        "batchId": report.batch_id,
        "batchDuration": duration_ms,
        **{name: sum(source[name] for source in sources) for name in totals},
        "durationMs": dict(report.durations_ms),
        "eventTime": _event_time(report) if report.watermark_ms is not None else {},
        "stateOperators": [_operator(operator) for operator in report.operators],
        "sources": sources,
        "sink": {
            "description": report.sink,
            "numOutputRows": -1 if report.output_count is None else report.output_count,
            "metrics": {},
        },
        "observedMetrics": {name: _observed(metrics) for name, metrics in report.observed.items()},
    }
    return json.dumps(progress, separators=(",", ":"))


def render_timestamp(timestamp_ms: int) -> str:
    """`2026-01-31T12:00:00.000Z`"""
    moment = _EPOCH + timedelta(milliseconds=timestamp_ms)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{timestamp_ms % 1000:03d}Z"


def _event_time(report: BatchReport) -> dict[str, str]:
    """Keys in the order of Spark's JSON."""
    seen = report.event_times
    watermark = {"watermark": render_timestamp(report.watermark_ms or 0)}
    if seen is None:
        return watermark
    times = {"avg": int(seen.mean), "max": seen.maximum, "min": seen.minimum}
    return {**{name: render_timestamp(time) for name, time in times.items()}, **watermark}


def _source(source: SourceReport, duration_ms: int, interval_ms: int | None) -> dict[str, Any]:
    return {
        "description": source.description,
        "startOffset": source.start,
        "endOffset": source.end,
        "latestOffset": source.latest,
        "numInputRows": source.row_count,
        "inputRowsPerSecond": _rate(source.row_count, interval_ms) if interval_ms is not None else 0.0,
        "processedRowsPerSecond": _rate(source.row_count, duration_ms),
        "metrics": dict(sorted(source.metrics.items())),
    }


def _rate(count: int, duration_ms: int) -> float:
    return count * 1000 / max(duration_ms, 1)


def _observed(metrics: ObservedMetrics) -> dict[str, Any]:
    """As Spark 4.2 sends it: its row with its schema."""
    values = [_plain(column[0].as_py()) for column in metrics.row.columns]
    return {"values": values, "schema": to_json_value(metrics.schema)}


def _plain(value: Any) -> Any:
    """A value as JSON has it; what JSON does not know goes as text."""
    match value:
        case None | bool() | int() | float() | str():
            return value
        case Decimal():
            return float(value)
        case list():
            return [_plain(item) for item in value]
        case dict():
            return {str(key): _plain(item) for key, item in value.items()}
        case datetime():
            return value.strftime("%Y-%m-%d %H:%M:%S.%f").rstrip("0").rstrip(".")
        case bytes():
            return b64encode(value).decode()
        case _:
            return str(value)


def _operator(operator: OperatorReport) -> dict[str, Any]:
    rendered = {
        "operatorName": operator.name,
        "numRowsTotal": operator.row_count,
        "numRowsUpdated": operator.updated_count,
        "numRowsRemoved": operator.removed_count,
        "allUpdatesTimeMs": operator.updates_ms,
        "allRemovalsTimeMs": operator.removals_ms,
        "commitTimeMs": operator.commit_ms,
        "memoryUsedBytes": operator.memory_bytes,
        "numRowsDroppedByWatermark": operator.late_count,
        "numShufflePartitions": 1,
        "numStateStoreInstances": 1,
    }
    return {**rendered, "customMetrics": dict(operator.custom)} if operator.custom else rendered
