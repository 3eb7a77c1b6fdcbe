"""The slow way to read, through an object per record: for installations without a compiler."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from unbounded.connectors.kafka.client.library import client_library
from unbounded.connectors.kafka.source.offsets import TopicPartition
from unbounded.connectors.kafka.source.records import RECORD_SCHEMA, RECORD_SCHEMA_WITH_HEADERS, ReadFailed, Records

_CALL_MAX = 10_000
_END_OF_PARTITION = -191


class PlainConsumer:
    """Implements `records.RecordConsumer`. A client of its own for each partition keeps their records apart."""

    def __init__(self, properties: Mapping[str, str]) -> None:
        """`properties` name a group, which is never joined. Raises: ValueError for refused properties"""
        self._properties = properties
        self._clients: dict[TopicPartition, Any] = {}
        try:
            self._spare: Any = client_library().Consumer(self._properties)
        except client_library().KafkaException as error:
            raise ValueError(error.args[0].str()) from None

    def start(self, partition: TopicPartition, offset: int, *, has_headers: bool) -> PlainReader:
        client = self._clients.get(partition)
        if client is None:
            client = self._clients[partition] = self._spare or client_library().Consumer(self._properties)
            self._spare = None
        client.assign([client_library().TopicPartition(*partition, offset)])
        return PlainReader(client, partition, has_headers=has_headers)

    def close(self) -> None:
        for client in [*self._clients.values(), *filter(None, [self._spare])]:
            client.close()
        self._clients.clear()
        self._spare = None


class PlainReader:
    """Implements `records.PartitionReader`."""

    def __init__(self, client: Any, partition: TopicPartition, *, has_headers: bool) -> None:
        self._client = client
        self._place = client_library().TopicPartition(*partition)
        self._schema = RECORD_SCHEMA_WITH_HEADERS if has_headers else RECORD_SCHEMA
        self._partition = partition
        self._error = 0

    def read(self, max_count: int, timeout_ms: int) -> Records:
        """An error after records is told by the next call."""
        messages = [] if self._error else self._consume(max_count, timeout_ms)
        records: list[Any] = []
        end_offset = None
        for message in messages:
            error = message.error()
            if error is None:
                records.append(message)
                end_offset = None
            elif error.code() == _END_OF_PARTITION:
                end_offset = message.offset()
            else:
                self._error = self._error or error.code()
        if self._error and not records:
            raise ReadFailed(self._partition, self._error)
        return Records(_batch(records, self._schema), end_offset)

    def known_end(self) -> int | None:
        found = self._client.get_watermark_offsets(self._place, cached=True)
        return found[1] if found is not None and found[1] >= 0 else None

    def close(self) -> None:
        self._client.unassign()

    def _consume(self, max_count: int, timeout_ms: int) -> list[Any]:
        messages: list[Any] = self._client.consume(1, timeout_ms / 1000)
        if messages and messages[0].error() is None and max_count > 1:
            messages += self._client.consume(min(max_count - 1, _CALL_MAX), 0)
        return messages


def _batch(messages: Sequence[Any], schema: pa.Schema) -> pa.RecordBatch:
    """The client's types of timestamps begin with 0, Spark's with -1."""
    times = [message.timestamp() for message in messages]
    columns = [
        [message.key() for message in messages],
        [message.value() for message in messages],
        [message.offset() for message in messages],
        [time for _, time in times],
        [kind - 1 for kind, _ in times],
        [_headers(message) for message in messages],
    ]
    arrays = [pa.array(column, type) for column, type in zip(columns, schema.types)]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _headers(message: Any) -> list[dict[str, Any]] | None:
    found = message.headers()
    return [{"key": key, "value": value} for key, value in found] if found else None
