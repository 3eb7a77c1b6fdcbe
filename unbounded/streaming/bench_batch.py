"""`unbounded bench batch`: what one micro-batch costs with its checkpoint on disk, for few rows or none."""

from __future__ import annotations

import statistics
import sys
import tempfile
from dataclasses import dataclass

from unbounded.clock import SystemClock
from unbounded.connectors.numbered_rows import SCHEMA, NumberedRows
from unbounded.connectors.streams import SourceContext
from unbounded.plan.logical import StreamScan, WithWatermark
from unbounded.streaming.bench_query import bench_query
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
        source = _Steps(row_count)
        batch = bench_query(sql, source, directory, clock, _with_watermark)
        taken = []
        for _ in range(BATCH_COUNT + WARM_UP_COUNT):
            started_us = clock.monotonic_us()
            batch.step()
            taken.append((clock.monotonic_us() - started_us) / 1000)
        batch.close()
    return taken[WARM_UP_COUNT:]


def _with_watermark(scan: StreamScan) -> WithWatermark:
    return WithWatermark(scan, scan.output[0], DELAY_US)


def _print(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
