"""`unbounded bench latency`: from Kafka into Delta at a steady rate; how old a reading is when it is committed.

The program is one a user would write, with the real client. A reading's age is the end of the trigger that wrote it
minus the time at which the producer made its record.
"""

from __future__ import annotations

import json
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pyspark.sql import SparkSession
from pyspark.sql.streaming.query import StreamingQuery

from unbounded.cancellation import Cancellation
from unbounded.clock import SystemClock
from unbounded.connectors.kafka.dev_broker import DevCluster
from unbounded.connectors.kafka.sink.sink_options import sink_options
from unbounded.connectors.kafka.sink.writer import KafkaWriter
from unbounded.embed.notebook import local_session
from unbounded.ids import new_id
from unbounded.types.datatypes import STRING, StructField, StructType

BLOCKS_PER_SECOND = 50
WARM_UP_S = 3
_PERCENTILES = (50, 90, 99, 100)
_VALUES = StructType((StructField("value", STRING),))
_READING = "sensor_id INT, timestamp TIMESTAMP, temperature DOUBLE"
_SELECTION = ("partition", "offset", "CAST(unix_millis(timestamp) AS LONG) AS sent_ms", "reading.*")

Numbers = npt.NDArray[np.int64]


def measure_latency(servers: str | None, rows_per_second: int, seconds: int) -> int:
    """Prints the ages; the first seconds, in which the engine warms up, do not count. The exit code of the command."""
    with _cluster(servers) as address, tempfile.TemporaryDirectory() as directory:
        topic = f"unbounded-bench-{new_id()}"
        writer = _writer(address, topic)
        writer.write([_block(1)])
        spark = local_session({"spark.sql.streaming.numRecentProgressUpdates": "100000"})
        query = _start(spark, address, topic, directory)
        _produce(writer, rows_per_second, seconds + WARM_UP_S)
        query.processAllAvailable()
        ages_ms, batch_count = _ages(spark, query, directory)
        query.stop()
        spark.stop()
    shown = ", ".join(f"{p} % {np.percentile(ages_ms, p):,.0f} ms" for p in _PERCENTILES)
    sys.stdout.write(
        f"{rows_per_second:,} rows/s from Kafka into Delta for {seconds} s, {batch_count} batches; age when committed\n"
        f"{shown.replace('100 %', 'all')}\n"
    )
    return 0


@contextmanager
def _cluster(servers: str | None) -> Iterator[str]:
    if servers is not None:
        yield servers
        return
    cluster = DevCluster([])
    yield cluster.address
    del cluster


def _writer(address: str, topic: str) -> KafkaWriter:
    options: Mapping[str, str] = {"kafka.bootstrap.servers": address, "topic": topic, "kafka.linger.ms": "1"}
    return KafkaWriter(sink_options(options), _VALUES, Cancellation(), SystemClock())


def _start(spark: SparkSession, address: str, topic: str, directory: str) -> StreamingQuery:
    options = {"kafka.bootstrap.servers": address, "subscribe": topic, "startingOffsets": "earliest"}
    records = spark.readStream.format("kafka").options(**options).load()
    reading = f"from_json(CAST(value AS STRING), '{_READING}') AS reading"
    rows = records.selectExpr("partition", "offset", "timestamp", reading).selectExpr(*_SELECTION)
    output = rows.writeStream.format("delta").option("checkpointLocation", f"{directory}/checkpoint")
    return output.start(f"{directory}/table")  # type: ignore[return-value]


def _produce(writer: KafkaWriter, rows_per_second: int, seconds: int) -> None:
    """Blocks at even times; what is late because of the machine is not made up for."""
    block, clock, pause = _block(rows_per_second // BLOCKS_PER_SECOND), SystemClock(), threading.Event()
    started_us = clock.monotonic_us()
    for number in range(seconds * BLOCKS_PER_SECOND):
        due_us = started_us + number * 1_000_000 // BLOCKS_PER_SECOND
        pause.wait(max(0, due_us - clock.monotonic_us()) / 1e6)
        writer.write([block])
    writer.close()


def _block(row_count: int) -> pa.RecordBatch:
    text = [f'{{"sensor_id":{i % 50},"timestamp":"2026-01-01T12:00:00","temperature":23.5}}' for i in range(row_count)]
    return pa.record_batch([pa.array(text)], names=["value"])


def _ages(spark: SparkSession, query: StreamingQuery, directory: str) -> tuple[Numbers, int]:
    """Milliseconds for every row after the warm-up, and how many batches had rows."""
    reports = [progress for progress in query.recentProgress if progress.numInputRows]
    rows = spark.read.format("delta").load(f"{directory}/table").select("partition", "offset", "sent_ms").toArrow()
    partitions, offsets, sent_ms = (column.to_numpy() for column in rows.columns)
    ends_ms = np.array([_end_ms(progress) for progress in reports])
    committed_ms = np.empty(len(offsets), dtype=np.int64)
    for partition in np.unique(partitions):
        ends = [_end_offset(progress.sources[0].endOffset, int(partition)) for progress in reports]
        chosen = partitions == partition
        committed_ms[chosen] = ends_ms[np.searchsorted(np.array(ends), offsets[chosen], side="right")]
    is_counted = sent_ms >= sent_ms.min() + WARM_UP_S * 1000
    return (committed_ms - sent_ms)[is_counted], len(reports)


def _end_ms(progress: object) -> int:
    started = datetime.fromisoformat(progress.timestamp)  # type: ignore[attr-defined]
    return int(started.timestamp() * 1000) + int(progress.durationMs["triggerExecution"])  # type: ignore[attr-defined]


def _end_offset(text: str, partition: int) -> int:
    (partitions,) = json.loads(text).values()
    return int(partitions.get(str(partition), 0))
