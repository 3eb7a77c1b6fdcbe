"""`unbounded bench batch`: what one micro-batch costs with its checkpoint on disk, for few rows or none."""

from __future__ import annotations

import statistics
import sys
import tempfile
from dataclasses import dataclass
from typing import cast

from unbounded.analysis.analyzer import analyze
from unbounded.analysis.context import Catalog, Ids
from unbounded.cancellation import Cancellation
from unbounded.checkpoint.checkpoint import open_checkpoint
from unbounded.clock import SystemClock
from unbounded.connectors.noop import NoopSink
from unbounded.connectors.numbered_rows import SCHEMA, NumberedRows
from unbounded.connectors.streams import OutputMode, SourceContext
from unbounded.execution.database import Database
from unbounded.functions.environment import Environment
from unbounded.plan import unresolved as u
from unbounded.plan.logical import LogicalPlan, StreamScan, WithWatermark
from unbounded.sql import parse_statement
from unbounded.storage.local import LocalFileSystem
from unbounded.streaming.fragments import FragmentRunner
from unbounded.streaming.incremental import incremental_plan
from unbounded.streaming.microbatch import MicroBatch, StreamSettings
from unbounded.streaming.stores import open_stores
from unbounded.types.datatypes import StructType

BATCH_COUNT = 200
WARM_UP_COUNT = 20
DELAY_US = 10_000_000
STEP_MS = 1000

_QUERIES = {
    "filter": "SELECT * FROM readings WHERE value % 2 = 0",
    "windowed average": "SELECT window(timestamp, '1 minute') AS w, value % 100 AS sensor, avg(value) AS mean "
    "FROM readings WHERE value % 2 = 0 GROUP BY window(timestamp, '1 minute'), value % 100",
}


@dataclass
class _Steps:
    """A stream of `row_count` rows a batch, a second of event time each. Provider and source in one."""

    row_count: int
    schema: StructType = SCHEMA
    description: str = "Steps"

    def open(self, context: SourceContext) -> _Steps:
        return self

    def latest_offset(self, start: str | None, *, has_limit: bool) -> str:
        return str(int(start or 0) + 1)

    def batch(self, start: str | None, end: str) -> NumberedRows:
        first = int(start or 0)
        value = first * self.row_count
        return NumberedRows(value, value + self.row_count, first * STEP_MS, STEP_MS / max(self.row_count, 1))

    def commit(self, end: str) -> None: ...

    def close(self) -> None: ...


@dataclass(frozen=True)
class _Names:
    """The only relation is `readings`, with a watermark."""

    source: _Steps

    def find_relation(self, parts: tuple[str, ...], options: u.Options, is_streaming: bool, ids: Ids) -> LogicalPlan:
        scan = StreamScan(self.source, ids.attributes(SCHEMA))
        return WithWatermark(scan, scan.output[0], DELAY_US)

    def find_function(self, name: str) -> None: ...

    def stored(self, relation: u.Relation, plan: LogicalPlan) -> LogicalPlan:
        return plan


def measure_batches(row_counts: list[int]) -> int:
    """Prints a line per query and number of rows: median and 90th percentile of a batch."""
    _print(f"{BATCH_COUNT} batches, checkpoint on disk; milliseconds\n{'':>18} {'rows':>7} {'median':>7} {'p90':>7}")
    for name, sql in _QUERIES.items():
        for row_count in row_counts:
            taken = _run(sql, row_count)
            median, high = statistics.median(taken), statistics.quantiles(taken, n=10)[-1]
            _print(f"{name:>18} {row_count:7,} {median:7.2f} {high:7.2f}")
    return 0


def _run(sql: str, row_count: int) -> list[float]:
    clock = SystemClock()
    with tempfile.TemporaryDirectory() as directory:
        batch = _query(sql, _Steps(row_count), directory, clock)
        taken = []
        for _ in range(BATCH_COUNT + WARM_UP_COUNT):
            started_us = clock.monotonic_us()
            batch.step()
            taken.append((clock.monotonic_us() - started_us) / 1000)
        batch.close()
    return taken[WARM_UP_COUNT:]


def _query(sql: str, source: _Steps, directory: str, clock: SystemClock) -> MicroBatch:
    environment, files, mode = Environment(), LocalFileSystem(), OutputMode.UPDATE
    statement = parse_statement(sql, {}, ())
    assert isinstance(statement, u.Relation)
    plan = incremental_plan(analyze(statement, environment, cast(Catalog, _Names(source))), mode)
    checkpoint = open_checkpoint(files, directory)
    stores = open_stores(plan, files, checkpoint, environment.time_zone, clock)
    runner = FragmentRunner(environment, Database({}), Cancellation())
    return MicroBatch(plan, (source,), NoopSink(), stores, checkpoint, runner, clock, StreamSettings(mode))


def _print(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
