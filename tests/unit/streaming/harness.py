"""A streaming query without threads: rows are added, a batch is stepped, a run is dropped and begun again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pyarrow as pa

from unbounded.analysis.analyzer import analyze
from unbounded.analysis.context import Ids
from unbounded.cancellation import Cancellation
from unbounded.checkpoint.checkpoint import open_checkpoint
from unbounded.clock import ManualClock
from unbounded.connectors.streams import OutputMode, SourceContext, StreamSink
from unbounded.execution.database import Database
from unbounded.functions.environment import Environment
from unbounded.plan import unresolved as u
from unbounded.plan.logical import Deduplicate, LocalRelation, LogicalPlan, StreamScan, WithWatermark
from unbounded.sql import parse_statement
from unbounded.state.background import AtOnce
from unbounded.state.columnar_store import StateSettings
from unbounded.state.store import StateStore
from unbounded.storage.api import FileSystem
from unbounded.storage.local import LocalFileSystem
from unbounded.streaming.fragments import FragmentRunner
from unbounded.streaming.incremental import incremental_plan
from unbounded.streaming.late_rows import LateRowsTable
from unbounded.streaming.microbatch import MicroBatch, StreamSettings
from unbounded.streaming.plan_text import ShownPlan
from unbounded.streaming.plans import IncrementalPlan
from unbounded.streaming.progress import BatchReport, QueryIdentity
from unbounded.streaming.query import QueryEvents, ReportSettings, StreamingQuery
from unbounded.streaming.runner import Schedule
from unbounded.streaming.stores import open_stores
from unbounded.types.arrow import to_arrow_schema
from unbounded.types.datatypes import STRING, TIMESTAMP, StructField, StructType

SCHEMA = StructType((StructField("user", STRING), StructField("at", TIMESTAMP)))
DAY = "2026-01-01"


@dataclass(frozen=True, eq=False)
class TableSource:
    """A batch source over rows in memory."""

    table: pa.Table

    @property
    def schema(self) -> StructType:
        return SCHEMA

    def input_files(self) -> list[str]:
        return []

    def read(self) -> pa.RecordBatchReader:
        return self.table.to_reader()


@dataclass(eq=False)
class Clicks:
    """A replayable stream: its offset is the number of rows so far. Provider and source in one."""

    schema: StructType = SCHEMA
    rows: list[tuple[str, str]] = field(default_factory=list)
    description: str = "Clicks"
    limit: int | None = None

    def open(self, context: SourceContext) -> Clicks:
        return self

    def latest_offset(self, start: str | None, *, has_limit: bool) -> str | None:
        if not self.rows:
            return None
        end = len(self.rows)
        if has_limit and self.limit is not None:
            end = min(end, int(start or 0) + self.limit)
        return str(end)

    def batch(self, start: str | None, end: str) -> TableSource:
        return TableSource(self.table(self.rows[int(start or 0) : int(end)]))

    def table(self, chosen: list[tuple[str, str]]) -> pa.Table:
        schema = to_arrow_schema(SCHEMA, "UTC")
        users = pa.array([user for user, _ in chosen], pa.string())
        times = pa.array([f"{DAY} {time}" for _, time in chosen]).cast(pa.timestamp("us")).cast(schema.types[1])
        return pa.Table.from_arrays([users, times], schema=schema)

    def commit(self, end: str) -> None: ...

    def close(self) -> None: ...


@dataclass
class Collected:
    """A sink that keeps every batch as rows of text; it can be told to fail."""

    batches: dict[int, list[str]] = field(default_factory=dict)
    fails: bool = False
    takes_parts: bool = False
    description: str = "Collected"

    def write(self, batch_id: int, rows: pa.Table, mode: OutputMode) -> int:
        if self.fails:
            raise OSError("disk full")
        written = sorted(" ".join(map(str, row.values())) for row in rows.to_pylist())
        self.batches[batch_id] = self.batches.get(batch_id, []) + written if self.takes_parts else written
        return rows.num_rows

    def close(self) -> None: ...


PEOPLE_SCHEMA = StructType((StructField("user", STRING), StructField("team", STRING)))
PEOPLE = pa.table({"user": ["a", "b", "b"], "team": ["red", "blue", "green"]})
"""A table that does not change; not everybody is in it, and one is twice."""


@dataclass
class OneStream:
    """`clicks`, with a watermark on `at` if `delay_s` is given, perhaps without its duplicates; the table `people`.

    `is_distinct_within`: users that come again within the watermark are left out.
    """

    clicks: Clicks
    delay_s: int | None = None
    is_distinct: bool = False
    is_distinct_within: bool = False

    def find_relation(self, parts: tuple[str, ...], options: u.Options, is_streaming: bool, ids: Ids) -> LogicalPlan:
        if parts == ("people",):
            return LocalRelation(ids.attributes(PEOPLE_SCHEMA), PEOPLE)
        assert parts == ("clicks",)
        scan = StreamScan(self.clicks, ids.attributes(SCHEMA))
        if self.delay_s is None:
            return scan
        marked = WithWatermark(scan, scan.output[1], self.delay_s * 1_000_000)
        if self.is_distinct_within:
            return Deduplicate(marked, marked.output[:1], is_within_watermark=True)
        return Deduplicate(marked, marked.output) if self.is_distinct else marked

    def find_function(self, name: str) -> None: ...

    def stored(self, relation: u.Relation, plan: LogicalPlan) -> LogicalPlan:
        return plan


@cache
def _database() -> Database:
    """Shared by all stories: they keep nothing in it."""
    return Database({})


class Story:
    """One query over `Clicks`, written in SQL over the view `clicks`; a checkpoint in `directory`.

    `open_sink` makes the sink of every run; without it all runs have the one in `sink`. With `snapshots_every` commits
    the state is also written whole, at once.
    """

    def __init__(
        self,
        sql: str,
        directory: Path,
        mode: OutputMode = OutputMode.UPDATE,
        delay_s: int | None = None,
        is_distinct: bool = False,
        files: FileSystem | None = None,
        *,
        is_distinct_within: bool = False,
        clicks: Clicks | None = None,
        open_sink: Callable[[Story], StreamSink] | None = None,
        snapshots_every: int | None = None,
        settings: StreamSettings | None = None,
        late_table: LateRowsTable | None = None,
    ) -> None:
        self.clicks = clicks or Clicks()
        self.sink = Collected()
        self._open_sink = open_sink
        self._snapshots_every = snapshots_every
        self._settings = settings or StreamSettings(mode, retained_batches=2)
        self._late_table = late_table
        self.clock = ManualClock(1_000_000)
        self.files: FileSystem = files or LocalFileSystem()
        self._sql = sql
        self._mode = mode
        self._clicks = OneStream(self.clicks, delay_s, is_distinct, is_distinct_within)
        self._directory = str(directory / "checkpoint")
        self.database = _database()
        self.restart()

    def restart(self) -> None:
        """A new run on the same checkpoint, as after a crash."""
        self.environment = Environment()
        runner = FragmentRunner(self.environment, self.database, Cancellation())
        statement = parse_statement(self._sql, {}, ())
        assert isinstance(statement, u.Relation)
        self.plan = analyze(statement, self.environment, self._clicks)
        plan = incremental_plan(self.plan, self._mode)
        self.shown_plan = ShownPlan(self.plan, plan, self._mode)
        self.checkpoint = checkpoint = open_checkpoint(self.files, self._directory)
        stores = self._open_stores(plan)
        sink = self.sink if self._open_sink is None else self._open_sink(self)
        sources = tuple(
            scan.source.open(SourceContext(checkpoint.source_directory(i), self.files, self.clock))
            for i, scan in enumerate(plan.scans)
        )
        parts = (plan, sources, sink, stores, checkpoint, runner, self.clock)
        self.batch = MicroBatch(*parts, self._settings, () if self._late_table is None else (self._late_table,))

    def _open_stores(self, plan: IncrementalPlan) -> Mapping[int, StateStore]:
        if self._snapshots_every is None:
            return open_stores(plan, self.files, self.checkpoint, "UTC", self.clock)
        settings = StateSettings(self._snapshots_every)
        return open_stores(plan, self.files, self.checkpoint, "UTC", self.clock, settings=settings, background=AtOnce)

    def add(self, text: str) -> None:
        """Rows as `user hh:mm` separated by commas."""
        for row in text.split(","):
            user, time = row.split()
            self.clicks.rows.append((user, f"{time}:00"))

    def add_times(self, text: str) -> None:
        """Rows as seconds after midnight, perhaps behind the user's letter: `10 a11`."""
        self.clicks.rows.extend(_rows_of(text))

    def step(self) -> BatchReport | None:
        self.clock.advance(1_000_000)
        return self.batch.step()

    def drain(self) -> Iterator[BatchReport]:
        while (report := self.step()) is not None:
            yield report


def _rows_of(text: str) -> Iterator[tuple[str, str]]:
    for item in text.split():
        user = item[0] if item[0].isalpha() else "k"
        seconds = int(item.removeprefix(user))
        yield user, f"00:{seconds // 60:02d}:{seconds % 60:02d}"


@dataclass
class OneTable(OneStream):
    """`clicks` as a table with all its rows."""

    def find_relation(self, parts: tuple[str, ...], options: u.Options, is_streaming: bool, ids: Ids) -> LogicalPlan:
        if parts == ("people",):
            return super().find_relation(parts, options, is_streaming, ids)
        relation = LocalRelation(ids.attributes(SCHEMA), self.clicks.table(self.clicks.rows))
        return Deduplicate(relation, relation.output) if self.is_distinct else relation


def batch_rows(sql: str, times: str, *, is_distinct: bool = False) -> list[str]:
    """The rows of a batch query over `times`, as `Collected` shows them."""
    clicks = Clicks(rows=list(_rows_of(times)))
    statement = parse_statement(sql, {}, ())
    assert isinstance(statement, u.Relation)
    plan = analyze(statement, Environment(), OneTable(clicks, None, is_distinct))
    sink = Collected()
    sink.write(0, FragmentRunner(Environment(), _database(), Cancellation()).run_once(plan, 0), OutputMode.APPEND)
    return sink.batches[0]


def running(
    story: Story, schedule: Schedule, events: QueryEvents | None = None, reports: ReportSettings | None = None
) -> StreamingQuery:
    """The query of `story` with a thread of its own, started."""
    query = StreamingQuery(
        QueryIdentity("q", "r", None),
        schedule,
        lambda: story.batch,
        story.clock,
        Cancellation(),
        events or QueryEvents(),
        reports or ReportSettings(),
        story.shown_plan,
    )
    query.start()
    return query
