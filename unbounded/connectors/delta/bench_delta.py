"""`unbounded bench delta`: what a batch costs that a stream writes into a Delta table, commit included."""

from __future__ import annotations

import statistics
import sys
import tempfile
from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from unbounded.clock import SystemClock
from unbounded.connectors.delta.stream_sink import DeltaStreamSink
from unbounded.connectors.delta.table import open_snapshot
from unbounded.connectors.delta.writer import DeltaWriter
from unbounded.connectors.streams import OutputMode
from unbounded.types.datatypes import DOUBLE, LONG, STRING, TIMESTAMP, StructField, StructType

BATCH_COUNT = 200
WARM_UP_COUNT = 10
OPTIMIZE_EVERY = 50
_SENSORS = 100
_SCHEMA = StructType(
    (
        StructField("at", TIMESTAMP),
        StructField("sensor", STRING),
        StructField("number", LONG),
        StructField("value", DOUBLE),
    )
)


def measure_delta(row_counts: list[int]) -> int:
    """Prints two lines per number of rows, without and with compaction: all batches, the first and the last ones."""
    _print(f"{BATCH_COUNT} batches into a Delta table on disk; milliseconds of one batch")
    _print(f"{'rows':>9} {'compaction':>11} {'median':>7} {'p90':>7} {'first 20':>9} {'last 20':>8} {'files':>6}")
    for row_count in row_counts:
        for optimize_every in (0, OPTIMIZE_EVERY):
            with tempfile.TemporaryDirectory() as directory:
                _print(_line(f"{directory}/table", row_count, optimize_every))
    return 0


def _line(path: str, row_count: int, optimize_every: int) -> str:
    sink = DeltaStreamSink(DeltaWriter(path, is_durable=True), _SCHEMA, "bench", optimize_every)
    clock, taken = SystemClock(), []
    for batch_id, rows in enumerate(_batches(row_count)):
        started_us = clock.monotonic_us()
        sink.write(batch_id, rows, OutputMode.APPEND)
        taken.append((clock.monotonic_us() - started_us) / 1000)
    taken = taken[WARM_UP_COUNT:]
    numbers = (
        statistics.median(taken),
        statistics.quantiles(taken, n=10)[-1],
        statistics.median(taken[:20]),
        statistics.median(taken[-20:]),
    )
    median, high, first, last = numbers
    shown = f"every {optimize_every}" if optimize_every else "none"
    files = len(open_snapshot(path, None, "UTC").files)
    return f"{row_count:9,} {shown:>11} {median:7.1f} {high:7.1f} {first:9.1f} {last:8.1f} {files:6}"


def _batches(row_count: int) -> Iterator[pa.Table]:
    """The same sensors in every batch, each reading another."""
    generator = np.random.default_rng(1)
    names = pa.array([f"sensor-{n}" for n in range(_SENSORS)])
    for batch_id in range(BATCH_COUNT + WARM_UP_COUNT):
        numbers = np.arange(batch_id * row_count, (batch_id + 1) * row_count)
        yield pa.table(
            {
                "at": pa.array(numbers * 1000, pa.timestamp("us", "UTC")),
                "sensor": names.take(pa.array(numbers % _SENSORS)),
                "number": pa.array(numbers),
                "value": pa.array(generator.random(row_count)),
            }
        )


def _print(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
