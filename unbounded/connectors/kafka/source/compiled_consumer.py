"""The quick way to read: compiled code copies from librdkafka into Arrow buffers. There if it could be built."""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType
from typing import Any

from unbounded.connectors.kafka.source.offsets import TopicPartition
from unbounded.connectors.kafka.source.records import ReadFailed, Records, record_batch

_BYTES_PER_READ = 32 << 20


class CompiledConsumer:
    """Implements `records.RecordConsumer`."""

    def __init__(self, module: ModuleType, library: str, properties: Mapping[str, str]) -> None:
        """Raises: ValueError for properties that librdkafka refuses, OSError for a library that is not there"""
        self._module = module
        self._client = module.open_client(library, dict(properties))

    def start(self, partition: TopicPartition, offset: int, *, has_headers: bool) -> CompiledReader:
        handle = self._module.start(self._client, partition.topic, partition.partition, offset)
        return CompiledReader(self._module, handle, partition, has_headers=has_headers)

    def close(self) -> None:
        """The connection ends with the last reader."""
        self._client = None


class CompiledReader:
    """Implements `records.PartitionReader`."""

    def __init__(self, module: ModuleType, handle: Any, partition: TopicPartition, *, has_headers: bool) -> None:
        self._module = module
        self._handle = handle
        self._partition = partition
        self._has_headers = has_headers
        self._error = 0

    def read(self, max_count: int, timeout_ms: int) -> Records:
        """An error after records is told by the next call."""
        if self._error:
            raise ReadFailed(self._partition, self._error)
        found = self._module.read(self._handle, max_count, _BYTES_PER_READ, timeout_ms, self._has_headers)
        count, self._error, end_offset, binaries, numbers, headers = found
        if self._error and not count:
            raise ReadFailed(self._partition, self._error)
        return Records(record_batch(count, binaries, numbers, headers), end_offset if end_offset >= 0 else None)

    def known_end(self) -> int | None:
        end: int = self._module.known_end(self._handle)
        return end if end >= 0 else None

    def close(self) -> None:
        """The handle is held here alone: letting it go ends the reading."""
        self._handle = None
