"""Records of one partition as Arrow columns, and their row schema. Knows no client."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import pyarrow as pa

from unbounded.connectors.kafka.source.offsets import TopicPartition
from unbounded.types.arrow import to_arrow_field
from unbounded.types.datatypes import BINARY, INTEGER, LONG, STRING, TIMESTAMP, ArrayType, StructField, StructType

_OFFSET_BYTES = 4

_COLUMNS = (
    StructField("key", BINARY),
    StructField("value", BINARY),
    StructField("topic", STRING),
    StructField("partition", INTEGER),
    StructField("offset", LONG),
    StructField("timestamp", TIMESTAMP),
    StructField("timestampType", INTEGER),
)
HEADERS = ArrayType(StructType((StructField("key", STRING), StructField("value", BINARY))))
RECORD_SCHEMA = pa.schema(
    [
        ("key", pa.binary()),
        ("value", pa.binary()),
        ("offset", pa.int64()),
        ("timestamp_ms", pa.int64()),
        ("timestampType", pa.int32()),
    ]
)
"""Rows of one partition as they are read; `timestampType` in Spark's numbers (-1 none, 0 created, 1 appended)."""
HEADERS_FIELD = to_arrow_field(StructField("headers", HEADERS), "UTC")
RECORD_SCHEMA_WITH_HEADERS = RECORD_SCHEMA.append(HEADERS_FIELD)


def source_schema(*, has_headers: bool) -> StructType:
    """The columns of the source."""
    return StructType((*_COLUMNS, StructField("headers", HEADERS)) if has_headers else _COLUMNS)


Column = tuple[bytes, bytes, bytes, int]
"""A binary column: validity bits, offsets, bytes, number of NULLs."""


@dataclass(frozen=True, slots=True)
class Records:
    """`rows`: of RECORD_SCHEMA (`_WITH_HEADERS` if asked for), by rising offset. `end_offset`: where the partition ends
    at present, if the read came to its end; then nothing is missing before it."""

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

    def known_end(self) -> int | None:
        """Where the partition ended when the broker last told, without asking it; None: it has not told yet."""
        ...

    def close(self) -> None:
        """Needed before the same partition is started again."""
        ...


class RecordConsumer(Protocol):
    """A connection to a cluster that is not in any consumer group."""

    def start(self, partition: TopicPartition, offset: int, *, has_headers: bool) -> PartitionReader:
        """Begins to read ahead; no other reader of the partition may be open."""
        ...

    def close(self) -> None: ...


def binary_array(count: int, column: Column) -> pa.Array:
    """Over the buffers themselves."""
    validity, offsets, data, null_count = column
    buffers = [pa.py_buffer(validity) if null_count else None, pa.py_buffer(offsets), pa.py_buffer(data)]
    return pa.Array.from_buffers(pa.binary(), count, buffers, null_count)


def headers_array(count: int, lists: Column, names: Column, values: Column) -> pa.Array:
    """Of the lists' bits and offsets (no bytes), and all names and values one after the other."""
    validity, offsets, _, null_count = lists
    header_count = len(names[1]) // _OFFSET_BYTES - 1
    columns = [binary_array(header_count, names).cast(pa.string()), binary_array(header_count, values)]
    headers = pa.StructArray.from_arrays(columns, fields=list(HEADERS_FIELD.type.value_type))
    buffers = [pa.py_buffer(validity) if null_count else None, pa.py_buffer(offsets)]
    return pa.Array.from_buffers(HEADERS_FIELD.type, count, buffers, null_count, children=[headers])


def record_batch(
    count: int, binaries: Sequence[Column], numbers: Sequence[bytes], headers: Sequence[Column] | None
) -> pa.RecordBatch:
    """Of the columns of RECORD_SCHEMA, with those of headers (lists, names, values) if there are any."""
    types = RECORD_SCHEMA.types[len(binaries) :]
    arrays = [binary_array(count, column) for column in binaries]
    arrays += [pa.Array.from_buffers(t, count, [None, pa.py_buffer(data)]) for t, data in zip(types, numbers)]
    if headers is None:
        return pa.RecordBatch.from_arrays(arrays, schema=RECORD_SCHEMA)
    return pa.RecordBatch.from_arrays([*arrays, headers_array(count, *headers)], schema=RECORD_SCHEMA_WITH_HEADERS)
