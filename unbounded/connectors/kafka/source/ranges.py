"""Offsets `start` to `end` of partitions as rows of the source, from readers that stay open and read ahead."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from unbounded.cancellation import Cancellation
from unbounded.connectors.kafka.client.connection import NOT_THERE, REFUSALS
from unbounded.connectors.kafka.client.failures import NOT_READ, client_failure, data_loss, error_text, illegal_state
from unbounded.connectors.kafka.source.cluster import Cluster
from unbounded.connectors.kafka.source.offsets import Offsets, TopicPartition
from unbounded.connectors.kafka.source.records import (
    PartitionReader,
    ReadFailed,
    RecordConsumer,
    Records,
    source_schema,
)
from unbounded.errors import ErrorKind, SparkError
from unbounded.types.arrow import to_arrow_schema

_OUT_OF_RANGE = frozenset({-140, 1})
"""Of librdkafka's codes: no such offset, told by the client or by the broker."""
_SLICE_MS = 500
_FAILURES_MAX = 5
_FAILURE_WAIT_S = 0.2
_MILLISECONDS_MAX = (2**63 - 1) // 1000
_logger = logging.getLogger("unbounded")


@dataclass
class _Cursor:
    """A reader and the next offset it gives; `ahead`: rows from there on which were read too early. `failures`: how
    often in a row reading was begun again."""

    reader: PartitionReader
    position: int
    ahead: pa.RecordBatch | None = None
    failures: int = 0


@dataclass(frozen=True, slots=True)
class ReadSettings:
    """`group_id`: the name that the client carries and data loss is told with; no group is joined."""

    group_id: str
    fails_on_data_loss: bool
    poll_timeout_ms: int
    has_headers: bool


class RangeReader:
    """Called by one thread at a time."""

    def __init__(
        self,
        cluster: Cluster,
        consumer: RecordConsumer,
        cancellation: Cancellation,
        settings: ReadSettings,
    ) -> None:
        self._cluster = cluster
        self._consumer = consumer
        self._cancellation = cancellation
        self._settings = settings
        self._schema = to_arrow_schema(source_schema(has_headers=settings.has_headers), "UTC")
        self._cursors: dict[TopicPartition, _Cursor] = {}
        self.read_count = 0
        self.read_bytes = 0

    def read(self, ranges: Mapping[TopicPartition, tuple[int, int]]) -> pa.RecordBatchReader:
        """Rows of the source, partition after partition. Raises: SparkError for lost records and dead brokers"""
        return pa.RecordBatchReader.from_batches(self._schema, self._batches(ranges))

    def _batches(self, ranges: Mapping[TopicPartition, tuple[int, int]]) -> Iterator[pa.RecordBatch]:
        self._start_all(ranges)
        for partition, (start, end) in sorted(ranges.items()):
            for rows in self._read_range(partition, start, end):
                self.read_count += rows.num_rows
                self.read_bytes += _size(rows.column("key")) + _size(rows.column("value"))
                yield _source_rows(partition, rows, self._schema)

    def close(self) -> None:
        for partition in list(self._cursors):
            self._stop(partition)
        self._consumer.close()

    def follow(self, offsets: Offsets) -> None:
        """Begins to fetch ahead where it does not yet."""
        for partition, offset in offsets.items():
            if partition not in self._cursors:
                self._start(partition, offset)

    def has_news(self, latest: Offsets) -> bool:
        """Whether there may be records from `latest` on, as far as is known without asking a broker."""
        for partition, offset in latest.items():
            cursor = self._cursors.get(partition)
            end = cursor.reader.known_end() if cursor is not None else None
            if end is None or end > offset:
                return True
        return False

    def lost(self, reason: str, /, **parameters: str) -> None:
        """Raises: SparkError, unless the query is to go on without what was lost"""
        error = data_loss(reason, **parameters)
        if self._settings.fails_on_data_loss:
            raise error
        _logger.warning("%s", error.message)

    def _lost_range(self, partition: TopicPartition, start: int, end: int) -> None:
        offsets = {"startOffset": str(start), "endOffset": str(end)}
        self.lost(NOT_READ, topicPartition=str(partition), groupId=self._settings.group_id, **offsets)

    def _start_all(self, ranges: Mapping[TopicPartition, tuple[int, int]]) -> None:
        """Before the first read, so that all partitions are fetched at the same time."""
        for partition, (start, end) in ranges.items():
            cursor = self._cursors.get(partition)
            if start < end and (cursor is None or cursor.position != start):
                self._start(partition, start)

    def _start(self, partition: TopicPartition, offset: int) -> None:
        self._stop(partition)
        reader = self._consumer.start(partition, offset, has_headers=self._settings.has_headers)
        self._cursors[partition] = _Cursor(reader, offset)

    def _stop(self, partition: TopicPartition) -> None:
        cursor = self._cursors.pop(partition, None)
        if cursor is not None:
            cursor.reader.close()

    def _read_range(self, partition: TopicPartition, start: int, end: int) -> Iterator[pa.RecordBatch]:
        position = start
        while position < end:
            try:
                records = self._next(partition, position, end)
            except ReadFailed as error:
                position = self._after_failure(error, position, end)
                continue
            self._cursors[partition].failures = 0
            rows, position = _cut(self._cursors[partition], records, end)
            if position < end and records.end_offset is not None:
                position = self._after_end(partition, position, end)
            if rows.num_rows:
                yield rows

    def _next(self, partition: TopicPartition, position: int, end: int) -> Records:
        """What comes next. Raises: ReadFailed, SparkError if nothing comes in time or nobody waits any more"""
        cursor = self._cursors[partition]
        if cursor.ahead is not None:
            ahead, cursor.ahead = cursor.ahead, None
            return Records(ahead)
        left_ms = self._settings.poll_timeout_ms
        while left_ms > 0:
            if self._cancellation.is_cancelled:
                raise SparkError(ErrorKind.SPARK, "OPERATION_CANCELED", {})
            slice_ms = min(left_ms, _SLICE_MS)
            records = cursor.reader.read(end - cursor.position, slice_ms)
            if records.rows.num_rows or records.end_offset is not None:
                return records
            left_ms -= slice_ms
        timeout_ms = self._settings.poll_timeout_ms
        raise client_failure(
            f"Cannot fetch record for offset {position} of {partition} in {timeout_ms} milliseconds. "
            "Check that the brokers run, or raise kafkaConsumer.pollTimeoutMs."
        )

    def _after_failure(self, error: ReadFailed, position: int, end: int) -> int:
        """Where to go on: at the same place if it was the connection, behind what is gone."""
        partition = error.partition
        if error.code in REFUSALS:
            raise client_failure(f"Kafka: {partition}: {error_text(error.code)}") from error
        if error.code in NOT_THERE:
            self._lost_range(partition, position, end)
            self._stop(partition)
            return end
        if error.code not in _OUT_OF_RANGE:
            self._start_again(partition, position, error)
            return position
        earliest = self._cluster.earliest([partition])[partition]
        self._lost_range(partition, position, end)
        if not position < earliest < end:
            self._stop(partition)
            return end
        self._start(partition, earliest)
        return earliest

    def _start_again(self, partition: TopicPartition, position: int, error: ReadFailed) -> None:
        """After the cluster has answered: while it does not, there is nothing to read."""
        failures = self._cursors[partition].failures + 1
        if failures > _FAILURES_MAX:
            raise client_failure(f"Cannot read {partition} at offset {position}: {error_text(error.code)}") from error
        _logger.warning("Kafka: %s: %s; reading again from offset %d", partition, error_text(error.code), position)
        self._cancellation.wait(_FAILURE_WAIT_S)
        self._cluster.latest([partition])
        self._start(partition, position)
        self._cursors[partition].failures = failures

    def _after_end(self, partition: TopicPartition, position: int, end: int) -> int:
        """The partition ended too early: it is shorter now, or its end has moved meanwhile."""
        known_end = self._cursors[partition].reader.known_end()
        if (known_end is not None and known_end >= end) or self._cluster.latest([partition])[partition] >= end:
            return position
        self._lost_range(partition, position, end)
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


def _source_rows(partition: TopicPartition, rows: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    count = rows.num_rows
    columns = {
        "topic": pa.repeat(pa.scalar(partition.topic), count),
        "partition": pa.repeat(pa.scalar(partition.partition, pa.int32()), count),
        "timestamp": _times(partition, rows).cast(schema.field("timestamp").type),
    }
    arrays = [columns[name] if name in columns else rows.column(name) for name in schema.names]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _times(partition: TopicPartition, rows: pa.RecordBatch) -> pa.Array:
    """Microseconds. Raises: SparkError for milliseconds that are none"""
    milliseconds = rows.column("timestamp_ms").to_numpy()
    wrong = np.flatnonzero(np.abs(milliseconds) > _MILLISECONDS_MAX)
    if len(wrong):
        place = {"topic": partition.topic, "partition": str(partition.partition)}
        first = int(wrong[0])
        values = {"offset": str(rows.column("offset")[first]), "timestamp": str(milliseconds[first])}
        raise illegal_state("KAFKA_MALFORMED_RECORD_TIMESTAMP", **place, **values)
    return pa.array(milliseconds * 1000)


def _size(column: pa.Array) -> int:
    return pc.sum(pc.binary_length(column)).as_py() or 0
