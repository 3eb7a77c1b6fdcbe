"""Records of one partition as Arrow columns, and their row schema. Knows no client."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import pyarrow as pa

from unbounded.connectors.kafka.offsets import TopicPartition
from unbounded.types.datatypes import BINARY, INTEGER, LONG, STRING, TIMESTAMP, StructField, StructType

SCHEMA = StructType(
    (
        StructField("key", BINARY),
        StructField("value", BINARY),
        StructField("topic", STRING),
        StructField("partition", INTEGER),
        StructField("offset", LONG),
        StructField("timestamp", TIMESTAMP),
        StructField("timestampType", INTEGER),
    )
)
RECORD_SCHEMA = pa.schema(
    [
        ("key", pa.binary()),
        ("value", pa.binary()),
        ("offset", pa.int64()),
        ("timestamp_ms", pa.int64()),
        ("timestamp_type", pa.int32()),
    ]
)
"""Rows of one partition as they are read; `timestamp_type` in Spark's numbers (-1 none, 0 created, 1 appended)."""

Column = tuple[bytes, bytes, bytes, int]
"""A binary column: validity bits, offsets, bytes, number of NULLs."""


@dataclass(frozen=True, slots=True)
class Records:
    """`rows`: of RECORD_SCHEMA, by rising offset. `end_offset`: where the partition ends at present, if the read came
    to its end; then nothing is missing before it."""

    rows: pa.RecordBatch
    end_offset: int | None = None


class ReadFailed(Exception):
    """librdkafka could not go on with a partition; `code` is its error code."""

    def __init__(self, partition: TopicPartition, code: int) -> None:
        super().__init__(f"{partition}: error {code} of librdkafka")
        self.partition = partition
        self.code = code


class PartitionReader(Protocol):
    """Reads one partition onwards. Called by one thread."""

    def read(self, max_count: int, timeout_ms: int) -> Records:
        """Up to `max_count` records; it waits for the first of them only. Raises: ReadFailed"""
        ...

    def close(self) -> None:
        """Needed before the same partition is started again."""
        ...


class RecordConsumer(Protocol):
    """A connection to a cluster that is not in any consumer group."""

    def start(self, partition: TopicPartition, offset: int) -> PartitionReader:
        """Begins to read ahead; no other reader of the partition may be open."""
        ...

    def close(self) -> None: ...


def binary_array(count: int, column: Column) -> pa.Array:
    """Over the buffers themselves."""
    validity, offsets, data, null_count = column
    buffers = [pa.py_buffer(validity) if null_count else None, pa.py_buffer(offsets), pa.py_buffer(data)]
    return pa.Array.from_buffers(pa.binary(), count, buffers, null_count)


def record_batch(count: int, binaries: Sequence[Column], numbers: Sequence[bytes]) -> pa.RecordBatch:
    """Of the columns of RECORD_SCHEMA."""
    types = RECORD_SCHEMA.types[len(binaries) :]
    arrays = [binary_array(count, column) for column in binaries]
    arrays += [pa.Array.from_buffers(t, count, [None, pa.py_buffer(data)]) for t, data in zip(types, numbers)]
    return pa.RecordBatch.from_arrays(arrays, schema=RECORD_SCHEMA)
