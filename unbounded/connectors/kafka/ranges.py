"""Offsets `start` to `end` of partitions as rows of the source, from readers that stay open and read ahead."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from unbounded.connectors.kafka.cluster import Cluster, client_failure
from unbounded.connectors.kafka.offsets import TopicPartition
from unbounded.connectors.kafka.records import SCHEMA, PartitionReader, ReadFailed, RecordConsumer, Records
from unbounded.types.arrow import to_arrow_schema

ARROW_SCHEMA = to_arrow_schema(SCHEMA, "UTC")
_OUT_OF_RANGE = frozenset({-140, 1})
"""Of librdkafka's codes: no such offset, told by the client or by the broker."""
_DATA_LOSS = (
    "Some data may have been lost because they are not available in Kafka any more;\neither the data was aged out by "
    "Kafka or the topic may have been deleted before all the data in the\ntopic was processed.\nIf you don't want "
    "your streaming query to fail on such cases, set the source option failOnDataLoss to false.\nReason: "
)
_logger = logging.getLogger("unbounded")


@dataclass
class _Cursor:
    """A reader and the next offset it gives; `ahead`: rows from there on which were read too early."""

    reader: PartitionReader
    position: int
    ahead: pa.RecordBatch | None = None


class RangeReader:
    """Called by one thread at a time."""

    def __init__(
        self, cluster: Cluster, consumer: RecordConsumer, *, fails_on_data_loss: bool, poll_timeout_ms: int
    ) -> None:
        self._cluster = cluster
        self._consumer = consumer
        self._fails_on_data_loss = fails_on_data_loss
        self._poll_timeout_ms = poll_timeout_ms
        self._cursors: dict[TopicPartition, _Cursor] = {}

    def read(self, ranges: Mapping[TopicPartition, tuple[int, int]]) -> Iterator[pa.RecordBatch]:
        """Rows of ARROW_SCHEMA, partition after partition. Raises: SparkError for lost records and dead brokers"""
        self._start_all(ranges)
        for partition, (start, end) in sorted(ranges.items()):
            for rows in self._read_range(partition, start, end):
                yield _source_rows(partition, rows)

    def close(self) -> None:
        for partition in list(self._cursors):
            self._stop(partition)
        self._consumer.close()

    def lost(self, reason: str) -> None:
        """Raises: SparkError, unless the query is to go on without what was lost"""
        if self._fails_on_data_loss:
            raise client_failure(_DATA_LOSS + reason)
        _logger.warning("Kafka records may have been lost: %s", reason)

    def _start_all(self, ranges: Mapping[TopicPartition, tuple[int, int]]) -> None:
        """Before the first read, so that all partitions are fetched at the same time."""
        for partition, (start, end) in ranges.items():
            cursor = self._cursors.get(partition)
            if start < end and (cursor is None or cursor.position != start):
                self._start(partition, start)

    def _start(self, partition: TopicPartition, offset: int) -> None:
        self._stop(partition)
        self._cursors[partition] = _Cursor(self._consumer.start(partition, offset), offset)

    def _stop(self, partition: TopicPartition) -> None:
        cursor = self._cursors.pop(partition, None)
        if cursor is not None:
            cursor.reader.close()

    def _read_range(self, partition: TopicPartition, start: int, end: int) -> Iterator[pa.RecordBatch]:
        position = start
        while position < end:
            cursor = self._cursors[partition]
            try:
                records = self._next(cursor, end)
            except ReadFailed as error:
                position = self._after_failure(error, position, end)
                continue
            rows, position = _cut(cursor, records, end)
            if position < end and (not records.rows.num_rows or records.end_offset is not None):
                position = self._after_silence(partition, records, position, end)
            if rows.num_rows:
                yield rows

    def _next(self, cursor: _Cursor, end: int) -> Records:
        if cursor.ahead is None:
            return cursor.reader.read(end - cursor.position, self._poll_timeout_ms)
        ahead, cursor.ahead = cursor.ahead, None
        return Records(ahead)

    def _after_failure(self, error: ReadFailed, position: int, end: int) -> int:
        """Where to go on."""
        partition = error.partition
        if error.code not in _OUT_OF_RANGE:
            raise client_failure(f"Kafka: {error}") from error
        earliest = self._cluster.earliest([partition])[partition]
        self.lost(f"Could not read records in offset [{position}, {end}) for topic partition {partition}.")
        if not position < earliest < end:
            self._stop(partition)
            return end
        self._start(partition, earliest)
        return earliest

    def _after_silence(self, partition: TopicPartition, records: Records, position: int, end: int) -> int:
        """The partition ended too early, or nothing came in time."""
        if records.end_offset is None:
            raise client_failure(f"Cannot fetch record for offset {position} in {self._poll_timeout_ms} milliseconds")
        if self._cluster.latest([partition])[partition] >= end:
            return position
        self.lost(f"Could not read records in offset [{position}, {end}) for topic partition {partition}.")
        self._stop(partition)
        return end


def _cut(cursor: _Cursor, records: Records, end: int) -> tuple[pa.RecordBatch, int]:
    """The rows before `end` and the position after them; offsets have gaps where records were compacted away."""
    rows = records.rows
    if rows.num_rows:
        count = int(np.searchsorted(rows.column("offset").to_numpy(), end))
        if count < rows.num_rows:
            cursor.ahead = rows.slice(count)
            rows = rows.slice(0, count)
        last = rows.column("offset")[-1].as_py() + 1 if count else cursor.position
        cursor.position = end if cursor.ahead is not None else last
    if records.end_offset is not None and cursor.ahead is None:
        cursor.position = max(cursor.position, min(records.end_offset, end))
    return rows, cursor.position


def _source_rows(partition: TopicPartition, rows: pa.RecordBatch) -> pa.RecordBatch:
    count = rows.num_rows
    times = pa.array(rows.column("timestamp_ms").to_numpy() * 1000).cast(ARROW_SCHEMA.field("timestamp").type)
    columns = [
        rows.column("key"),
        rows.column("value"),
        pa.repeat(pa.scalar(partition.topic), count),
        pa.repeat(pa.scalar(partition.partition, pa.int32()), count),
        rows.column("offset"),
        times,
        rows.column("timestamp_type"),
    ]
    return pa.RecordBatch.from_arrays(columns, schema=ARROW_SCHEMA)
