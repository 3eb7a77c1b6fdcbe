"""Records as the JSON that page, API and terminal read. Numbers are plain, times milliseconds since 1970."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from itertools import count
from typing import Any

from unbounded.connectors.dashboard import DashboardSink
from unbounded.dashboard.history import COLUMNS, PHASES, behind_clock, behind_events, watermark_ms
from unbounded.dashboard.plan_rows import PlanRows
from unbounded.dashboard.records import QueryRecord, Records
from unbounded.functions.plan_text import Branch
from unbounded.streaming.plans import (
    IncrementalAggregate,
    IncrementalDeduplicate,
    IncrementalLimit,
    IncrementalSessions,
    SourceFeed,
)

Json = dict[str, Any]

_OPERATORS = IncrementalAggregate | IncrementalDeduplicate | IncrementalLimit | IncrementalSessions


def overview(records: Records, now_ms: float) -> Json:
    """Everything but histories and tables."""
    return {
        "now": now_ms,
        "queries": [summary(record, now_ms) for record in records.all()],
        "failures": [_camel(asdict(failure)) for failure in reversed(records.failures)],
    }


def summary(record: QueryRecord, now_ms: float) -> Json:
    query, sink = record.run.query, record.run.sink
    return {
        "id": record.query_id,
        "runId": query.run_id,
        "name": query.name,
        "state": _state(record, now_ms),
        "message": query.message,
        "mode": record.run.mode.value,
        "started": record.started_ms,
        "ended": record.ended_ms,
        "failure": query.failure.message.partition("\n")[0] if query.failure is not None else None,
        "batches": record.batch_count,
        "rowsIn": record.row_count,
        "lateRows": record.late_count,
        "live": isinstance(sink, DashboardSink),
        "sink": sink.description,
        "sample": record.history.last,
        **_latest(record, now_ms),
    }


def _state(record: QueryRecord, now_ms: float) -> str:
    query = record.run.query
    if not query.is_active:
        return "failed" if query.failure is not None else "stopped"
    if record.progress is None:
        return "starting"
    return "idle" if record.is_quiet(now_ms) else "running"


def _latest(record: QueryRecord, now_ms: float) -> Json:
    """Of the last batch; an idle query has no input."""
    progress = record.progress
    if progress is None:
        return {"batch": None}
    fed = record.fed or progress
    sample = dict(zip(COLUMNS, record.history.last or (None,) * len(COLUMNS), strict=True))
    watermark, latest_event = watermark_ms(progress), record.history.latest_event_ms
    return {
        "batch": progress["batchId"],
        "inputRowsPerSecond": 0.0 if record.is_quiet(now_ms) else fed["inputRowsPerSecond"],
        "processedRowsPerSecond": fed["processedRowsPerSecond"],
        "batchMs": progress["batchDuration"],
        "phases": {phase: progress["durationMs"].get(phase, 0) for phase in PHASES},
        "latencyMs": sample["latencyMs"],
        "watermark": watermark,
        "latestEvent": latest_event,
        "watermarkLagMs": behind_clock(watermark, latest_event, record.ended_ms or now_ms),
        "watermarkBehindEventsMs": behind_events(watermark, latest_event),
        "stateRows": sample["stateRows"],
        "stateBytes": sample["stateBytes"],
        "rowsBehind": record.rows_behind,
        "operators": [
            _camel_operator(operator, changed)
            for operator, changed in zip(progress["stateOperators"], fed["stateOperators"], strict=True)
        ],
        "sources": fed["sources"],
        "rowsOut": fed["sink"]["numOutputRows"],
        "planRows": _plan_rows(record),
    }


def _camel_operator(operator: Mapping[str, Any], changed: Mapping[str, Any]) -> Json:
    """By short names; what is the same for all operators is left out. `changed`: of the last batch that had rows."""
    return {
        "name": operator["operatorName"],
        "rows": operator["numRowsTotal"],
        "updated": changed["numRowsUpdated"],
        "removed": operator["numRowsRemoved"],
        "late": changed["numRowsDroppedByWatermark"],
        "bytes": operator["memoryUsedBytes"],
        "updateMs": operator["allUpdatesTimeMs"],
        "removalMs": operator["allRemovalsTimeMs"],
        "commitMs": operator["commitTimeMs"],
    }


def history(record: QueryRecord) -> Json:
    return {"columns": COLUMNS, "rows": record.history.rows}


def plan(record: QueryRecord) -> Json:
    """The tree; `source`, `operator` and `place` are positions in `sources`, `operators`, `planRows` of the summary."""
    branch = record.run.query.plan_branch()
    if branch is None:
        return {"plan": None}
    ids = sorted(_operator_ids(branch))
    return {"plan": _node(branch, {operator_id: i for i, operator_id in enumerate(ids)}, count())}


def _plan_rows(record: QueryRecord) -> Sequence[int | None]:
    """By the places of the nodes."""
    if record.plan_rows is None:
        branch = record.run.query.plan_branch()
        if branch is None:
            return []
        record.plan_rows = PlanRows(branch)
    return record.plan_rows.counts(record.run.query.row_count)


def _operator_ids(branch: Branch) -> list[int]:
    own = [branch.stands_for.operator_id] if isinstance(branch.stands_for, _OPERATORS) else []
    return own + [found for below in branch.below for found in _operator_ids(below)]


def _node(branch: Branch, positions: Mapping[int, int], places: Iterator[int]) -> Json:
    name, _, told = branch.text.partition(" ")
    node: Json = {"name": name, "text": told, "place": next(places)}
    node["below"] = [_node(below, positions, places) for below in branch.below]
    feed = branch.stands_for
    if isinstance(feed, SourceFeed):
        node["source"] = feed.position
    elif isinstance(feed, _OPERATORS):
        node["operator"] = positions[feed.operator_id]
    return node


def _camel(fields: Mapping[str, Any]) -> Json:
    return {_camel_name(name): value for name, value in fields.items()}


def _camel_name(name: str) -> str:
    first, *rest = name.removesuffix("_ms").split("_")
    return first + "".join(map(str.capitalize, rest))


def render(view: Json) -> str:
    return json.dumps(view, separators=(",", ":"))
