"""What the streaming engine asks of a source and a sink. Offsets are the source's own JSON text, as in Spark's logs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Protocol, runtime_checkable

import pyarrow as pa

from unbounded.cancellation import Cancellation
from unbounded.clock import Clock
from unbounded.storage.api import FileSystem
from unbounded.types.datatypes import StructType


class OutputMode(Enum):
    APPEND = "append"
    UPDATE = "update"
    COMPLETE = "complete"


@dataclass(frozen=True, slots=True)
class SourceContext:
    """What a live source works with; `directory` is its own place in the checkpoint. Cancelled when the query stops."""

    directory: str
    files: FileSystem
    clock: Clock
    cancellation: Cancellation = field(default_factory=Cancellation)


class StreamSource(Protocol):
    """One read of one source, while a query runs. Called by one thread."""

    @property
    def description(self) -> str:
        """As `StreamingQueryProgress` shows it."""
        ...

    def latest_offset(self, start: str | None, *, has_limit: bool) -> str | None:
        """The end of the next batch after `start`; None while there has never been any data.

        `has_limit`: whether the source's own limit per trigger applies.
        """
        ...

    def batch(self, start: str | None, end: str) -> Any:
        """The rows after `start` up to `end` as a `connectors.api.BatchSource`; the same rows each time."""
        ...

    def commit(self, end: str) -> None:
        """Everything up to `end` will not be asked for again."""
        ...

    def close(self) -> None: ...


@runtime_checkable
class WaitingSource(Protocol):
    """A source that knows when it may have something new, so that its query need not ask all the time."""

    def wait_for_data(self, timeout_us: int) -> bool:
        """Returns when there may be an offset after the last one told (True), or after `timeout_us` (False)."""
        ...


@runtime_checkable
class RememberingSource(Protocol):
    """A source that does not look at everything each time, because it would hear of changes."""

    def look_again(self) -> None:
        """The next offset is that of all there is: somebody waits for it and must not be told too early."""
        ...


@runtime_checkable
class ReportingSource(Protocol):
    """A source that knows how much more there is than its query has read."""

    def latest_seen(self) -> str | None:
        """The offset of all there was at the last look; None before the first."""
        ...

    def metrics(self, end: str | None) -> Mapping[str, str]:
        """For the progress of a query that has read up to `end`."""
        ...


@runtime_checkable
class BoundableSource(Protocol):
    """A source that can end with what there is at the moment, over several batches (the trigger availableNow)."""

    def bound_to_now(self) -> None:
        """From now on nothing that comes later is offered."""
        ...


class StreamProvider(Protocol):
    """What `readStream…load()` describes: can open the source once a query starts."""

    @property
    def schema(self) -> StructType: ...

    def open(self, context: SourceContext) -> StreamSource:
        """Raises: SparkError for wrong options"""
        ...


@runtime_checkable
class FilteringProvider(Protocol):
    """A provider whose reader may be told which rows are wanted."""

    @property
    def filters_rows(self) -> bool:
        """Whether rows that a simple filter removes do not count as read."""
        ...


class StreamSink(Protocol):
    """Where the rows of a query go."""

    @property
    def description(self) -> str: ...

    @property
    def takes_parts(self) -> bool:
        """Whether it keeps no record of batches, so that one may come in parts (and, after a crash, again)."""
        ...

    def write(self, batch_id: int, rows: pa.Table, mode: OutputMode) -> int | None:
        """Writes batch `batch_id`; writing it again changes nothing. Returns the row count if it is known.

        In complete mode `rows` are the whole result, otherwise the new or changed rows.
        """
        ...

    def close(self) -> None: ...
