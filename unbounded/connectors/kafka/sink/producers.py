"""What sends records: one way is compiled, one is plain (`opened_producer` chooses)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import pyarrow as pa


@dataclass(frozen=True, slots=True)
class Failure:
    """`count` records were not delivered; the first for librdkafka's reason `code`."""

    count: int
    code: int
    topic: str
    partition: int


class RecordProducer(Protocol):
    """Sends records and counts what becomes of them. Used by one thread."""

    def send(self, records: pa.RecordBatch, first: int) -> int:
        """Sends records (of OUTGOING_SCHEMA) from `first` on as far as there is room; where it got to."""
        ...

    def flush(self, timeout_ms: int) -> int:
        """Waits a while for what is under way; how many records still are."""
        ...

    def failure(self) -> Failure | None:
        """Of all that was sent; after one the producer is of no more use."""
        ...

    def close(self) -> None:
        """Drops what is under way."""
        ...
