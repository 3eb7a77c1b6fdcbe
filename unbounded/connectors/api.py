"""What a connector is to the engine: batch sources and sinks. Knows no plan and no engine.

A source whose rows the engine reads itself (files) is described by a value (`files.scan.FileScan`), which `lowering`
turns into engine SQL; every other source hands over Arrow. Streaming sources and sinks have protocols of their own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol, runtime_checkable

import pyarrow as pa

from unbounded.cancellation import Cancellation
from unbounded.types.datatypes import StructField, StructType


class BatchSource(Protocol):
    """A bounded relation outside the engine. Sources compare by value, so equal reads are equal plans."""

    @property
    def schema(self) -> StructType:
        """All columns, in order."""
        ...

    def input_files(self) -> Sequence[str]:
        """The files it reads, as URIs; none if it reads no files."""
        ...


class ArrowSource(BatchSource, Protocol):
    """A source which makes its rows itself."""

    def read(self) -> pa.RecordBatchReader:
        """All rows, with columns by the position of `schema`; streamed, so memory stays bounded."""
        ...


@runtime_checkable
class InterruptibleSource(Protocol):
    """A source that may wait long for somebody else's answer."""

    def read_until(self, cancellation: Cancellation) -> pa.RecordBatchReader:
        """As `ArrowSource.read`; ends with OPERATION_CANCELED soon after it is cancelled."""
        ...


@runtime_checkable
class DescribedSource(Protocol):
    """A source that `explain` shows in more than its name."""

    @property
    def description(self) -> str: ...


@runtime_checkable
class MetadataSource(Protocol):
    """A source, batch or streaming, with a column more that only a query which names it reads."""

    @property
    def metadata_field(self) -> StructField | None:
        """None if this read has no such column after all."""
        ...

    def with_metadata(self) -> MetadataSource:
        """The same read; the column comes last."""
        ...


class BatchSink(Protocol):
    """Takes the rows of one batch write: all of them or none is visible afterwards."""

    def write(self, batches: Iterator[pa.RecordBatch]) -> None:
        """Writes and commits; an exception leaves nothing under a final name."""
        ...
