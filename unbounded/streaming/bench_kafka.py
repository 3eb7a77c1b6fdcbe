"""`unbounded bench kafka`: records a second into Kafka, out of it, and through a windowed average of their JSON."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from unbounded.cancellation import Cancellation
from unbounded.clock import SystemClock
from unbounded.connectors.kafka.dev_broker import DevCluster
from unbounded.connectors.kafka.sink.sink_options import sink_options
from unbounded.connectors.kafka.sink.writer import KafkaWriter
from unbounded.connectors.kafka.source.batch_source import kafka_batch
from unbounded.connectors.kafka.source.stream_source import kafka_provider
from unbounded.ids import new_id
from unbounded.streaming.bench_query import bench_query
from unbounded.types.datatypes import STRING, StructField, StructType

MOST_IN_MEMORY = 200_000
USAGE_EXIT_CODE = 2
_ROWS_PER_BATCH = 100_000
_SENSORS = 100
_START_MS = 1_760_000_000_000
_SCHEMA = StructType((StructField("key", STRING), StructField("value", STRING)))
_AVERAGE = """
SELECT window(r.timestamp, '1 minute') AS w, r.sensor_id, avg(r.temperature) AS mean FROM (
  SELECT from_json(CAST(value AS STRING), 'sensor_id INT, timestamp TIMESTAMP, temperature DOUBLE') AS r FROM records)
WHERE r.temperature > 30 GROUP BY window(r.timestamp, '1 minute'), r.sensor_id"""


def measure_kafka(servers: str | None, message_count: int) -> int:
    """Prints a line per direction; `servers` None: a cluster in memory. The exit code of the command."""
    if servers is None and message_count > MOST_IN_MEMORY:
        sys.stderr.write(f"unbounded: a cluster in memory keeps {MOST_IN_MEMORY:,} messages: give --servers\n")
        return USAGE_EXIT_CODE
    with _cluster(servers) as address:
        where = f"at {servers}" if servers else "in memory, in this process"
        _print(f"{message_count:,} readings as JSON of about 75 bytes, brokers {where}; a second")
        client = {"kafka.bootstrap.servers": address}
        topic = f"unbounded-bench-{new_id()}"
        readings = list(_readings(message_count))
        _report("Arrow to Kafka", message_count, lambda: _write(readings, {**client, "topic": topic}))
        read = {**client, "subscribe": topic, "startingoffsets": "earliest"}
        _report("Kafka to Arrow", message_count, lambda: _read(read))
        _report("Kafka, JSON, filter, windowed average", message_count, lambda: _average(read))
    return 0


@contextmanager
def _cluster(servers: str | None) -> Iterator[str]:
    if servers is not None:
        yield servers
        return
    cluster = DevCluster([])
    yield cluster.address
    del cluster


def _readings(count: int) -> Iterator[pa.RecordBatch]:
    for first in range(0, count, _ROWS_PER_BATCH):
        numbers = np.arange(first, min(first + _ROWS_PER_BATCH, count))
        sensors = pa.array(numbers % _SENSORS).cast(pa.string())
        times = pa.array(_START_MS + numbers * 10).cast(pa.timestamp("ms"))
        temperatures = pa.array(20 + numbers * 7 % 25).cast(pa.string())
        text = pc.binary_join_element_wise(
            '{"sensor_id":', sensors, ',"timestamp":"', pc.strftime(times, "%Y-%m-%dT%H:%M:%S"), '","temperature":',
            temperatures, ".5}", "",
        )  # fmt: skip
        yield pa.record_batch([sensors, text], names=["key", "value"])


def _write(readings: list[pa.RecordBatch], options: dict[str, str]) -> int:
    writer = KafkaWriter(sink_options(options), _SCHEMA, Cancellation(), SystemClock())
    count = writer.write(readings)
    writer.close()
    return count


def _read(options: dict[str, str]) -> int:
    return sum(batch.num_rows for batch in kafka_batch(options).read())


def _average(options: dict[str, str]) -> int:
    with tempfile.TemporaryDirectory() as directory:
        batch = bench_query(_AVERAGE, kafka_provider(options), directory, SystemClock())
        report = batch.step()
        batch.close()
    return sum(source.row_count for source in report.sources) if report is not None else 0


def _report(name: str, expected: int, run: Callable[[], int]) -> None:
    clock = SystemClock()
    started_us = clock.monotonic_us()
    count = run()
    assert count == expected, f"{name}: {count} of {expected}"
    _print(f"{name:>38} {count * 1_000_000 // (clock.monotonic_us() - started_us):12,}")


def _print(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
