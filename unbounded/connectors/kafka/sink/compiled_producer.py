"""The quick way to write: compiled code sends rows straight from Arrow buffers."""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType
from typing import Any

import numpy as np
import pyarrow as pa

from unbounded.connectors.kafka.sink.producers import Failure

_Column = tuple[Any, Any, Any]
"""A byte per row which is 0 for NULL (None: no row is NULL), offsets, bytes; each a buffer or None."""
_ABSENT: _Column = (None, None, None)


class CompiledProducer:
    """Implements `producers.RecordProducer`."""

    def __init__(self, module: ModuleType, library: str, properties: Mapping[str, str]) -> None:
        """Raises: ValueError for properties that librdkafka refuses, OSError for a library that is not there"""
        self._module = module
        self._handle = module.open_producer(library, dict(properties))

    def send(self, records: pa.RecordBatch, first: int) -> int:
        topic, partition, key, value, headers = records.columns
        columns = (_binary(topic), _numbers(partition), _binary(key), _binary(value), *_headers(headers))
        row: int = self._module.write(self._handle, columns, first, records.num_rows)
        return row

    def flush(self, timeout_ms: int) -> int:
        left: int = self._module.flush(self._handle, timeout_ms)
        return left

    def failure(self) -> Failure | None:
        failed = Failure(*self._module.failure(self._handle))
        return failed if failed.count else None

    def close(self) -> None:
        """The handle is held here alone: letting it go ends the client."""
        self._handle = None


def _binary(column: pa.Array) -> _Column:
    """NULL for a column without any value: then there is nothing to look at."""
    if column.null_count == len(column):
        return _ABSENT
    data = column.buffers()[2]
    return _validity(column), _offsets(column), data if data is not None else b""


def _numbers(column: pa.Array) -> _Column:
    return None, None, column.to_numpy()


def _headers(column: pa.Array) -> tuple[_Column, _Column, _Column]:
    """The lists, and all names and values; a NULL header's name was refused before."""
    if column.null_count == len(column):
        return _ABSENT, _ABSENT, _ABSENT
    names, values = column.values.field(0), column.values.field(1)
    return (_validity(column), _offsets(column), None), _binary(names), _binary(values)


def _validity(column: pa.Array) -> Any:
    return column.is_valid().to_numpy(zero_copy_only=False).view(np.uint8) if column.null_count else None


def _offsets(column: pa.Array) -> Any:
    """One more than there are rows, counted from the beginning of the bytes (or of the lists' values)."""
    offsets = np.frombuffer(column.buffers()[1], np.int32)
    return offsets[column.offset : column.offset + len(column) + 1]
