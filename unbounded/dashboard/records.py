"""What is known of each query: its runs, last progress, history and failures. Bounded; renders nothing."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from unbounded.dashboard.history import History, rows_behind
from unbounded.dashboard.plan_rows import PlanRows
from unbounded.streaming.watch import WatchedRun

ENDED_KEPT = 50
FAILURES_KEPT = 50
RATES_LAST_MS = 2_000.0
"""A query that has told nothing for so long, and has nothing new to read, counts as idle."""


@dataclass(frozen=True, slots=True)
class Failure:
    """`detail`: what stands below the sentence."""

    time_ms: float
    query_id: str
    name: str | None
    message: str
    detail: str


@dataclass(slots=True)
class QueryRecord:
    """One query through all its runs in this process. `fed`: the progress of the last batch that had rows."""

    run: WatchedRun
    started_ms: float
    history: History = field(default_factory=History)
    progress: Mapping[str, Any] | None = None
    fed: Mapping[str, Any] | None = None
    told_ms: float = 0.0
    ended_ms: float | None = None
    batch_count: int = 0
    row_count: int = 0
    late_count: int = 0
    plan_rows: PlanRows | None = None

    @property
    def query_id(self) -> str:
        return self.run.query.query_id

    def is_quiet(self, now_ms: float) -> bool:
        """Whether it has nothing to do, and has not had for a moment."""
        query = self.run.query
        is_busy = query.is_active and (query.has_new_data or query.is_trigger_active)
        return not is_busy and now_ms - self.told_ms >= RATES_LAST_MS or not query.is_active

    def add(self, text: str, now_ms: float) -> None:
        """A batch of the current run."""
        progress = _with_offsets(json.loads(text))
        self.history.add(progress)
        self.progress, self.told_ms = progress, now_ms
        if progress["numInputRows"]:
            self.fed = progress
        self.batch_count += 1
        self.row_count += progress["numInputRows"]
        self.late_count += sum(operator["numRowsDroppedByWatermark"] for operator in progress["stateOperators"])

    @property
    def rows_behind(self) -> float | None:
        return None if self.progress is None else rows_behind(self.progress)


class Records:
    """All queries, those that run and the last `ENDED_KEPT` that have ended. Used by one thread at a time."""

    def __init__(self) -> None:
        self._records: dict[str, QueryRecord] = {}
        self.failures: deque[Failure] = deque(maxlen=FAILURES_KEPT)

    def all(self) -> Sequence[QueryRecord]:
        """In the order in which they were first started."""
        return tuple(self._records.values())

    def find(self, name: str) -> QueryRecord | None:
        """By id, or by name: the one that runs, else the last one started."""
        if name in self._records:
            return self._records[name]
        named = [record for record in self._records.values() if record.run.query.name == name]
        named.sort(key=lambda record: (record.ended_ms is None, record.started_ms))
        return named[-1] if named else None

    def started(self, run: WatchedRun, now_ms: float) -> None:
        """A later run of a query goes on with its history."""
        before = self._records.get(run.query.query_id)
        record = QueryRecord(run, now_ms)
        if before is not None:
            record.history = before.history
        self._records[run.query.query_id] = record
        self._forget_old()

    def progressed(self, run_id: str, text: str, now_ms: float) -> None:
        record = self._of_run(run_id)
        if record is not None:
            record.add(text, now_ms)

    def ended(self, run_id: str, now_ms: float) -> None:
        record = self._of_run(run_id)
        if record is None:
            return
        record.ended_ms = now_ms
        failure = record.run.query.failure
        if failure is not None:
            name = record.run.query.name
            sentence, _, detail = failure.message.partition("\n")
            self.failures.append(Failure(now_ms, record.query_id, name, sentence, detail))

    def pass_second(self, now_ms: float) -> None:
        """Seconds without a batch belong to the history too."""
        for record in self._records.values():
            if record.run.query.is_active and record.is_quiet(now_ms):
                record.history.add_idle(now_ms)

    def _of_run(self, run_id: str) -> QueryRecord | None:
        return next((record for record in self._records.values() if record.run.query.run_id == run_id), None)

    def _forget_old(self) -> None:
        ended = [record for record in self._records.values() if record.ended_ms is not None]
        ended.sort(key=lambda record: record.ended_ms or 0.0)
        for record in ended[:-ENDED_KEPT]:
            del self._records[record.query_id]


def _with_offsets(progress: dict[str, Any]) -> dict[str, Any]:
    """Offsets are JSON texts of the sources' own; those that are objects become objects."""
    for source in progress["sources"]:
        for key in ("startOffset", "endOffset", "latestOffset"):
            source[key] = _parsed(source[key])
    return progress


def _parsed(offset: Any) -> Any:
    try:
        return json.loads(offset) if isinstance(offset, str) else offset
    except ValueError:
        return offset
