"""What somebody who watches the queries of an engine is told. Who watches, and how it is shown, is not known here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from unbounded.connectors.streams import OutputMode, StreamSink
from unbounded.streaming.late_rows import LateRowsSample
from unbounded.streaming.query import StreamingQuery


@dataclass(frozen=True, slots=True)
class WatchedRun:
    """One run of a query. `time_zone`: of its session, by name."""

    query: StreamingQuery
    sink: StreamSink
    mode: OutputMode
    late_rows: LateRowsSample
    time_zone: str


class QueryWatcher(Protocol):
    """Called in the query's own threads: must return at once, and must not fail."""

    def started(self, run: WatchedRun, *, port: int) -> None:
        """`port`: where the session would like the page to be."""
        ...

    def progressed(self, run_id: str, progress: str) -> None:
        """`progress`: the JSON that listeners get."""
        ...

    def ended(self, run_id: str) -> None: ...
