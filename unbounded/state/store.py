"""The state store's contract: keyed rows in Arrow, changed in transactions, versioned, durable per version.

A store belongs to one stateful operator. Version N+1 is the state after batch N; version 0 is empty.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import pyarrow as pa


@dataclass(frozen=True, slots=True)
class StateMetrics:
    row_count: int
    memory_bytes: int


class StateTransaction(Protocol):
    """The changes of one batch. Ends with `commit` or is dropped."""

    def get(self, keys: pa.Table) -> pa.Table:
        """The rows stored under `keys` (key columns only); keys without a row are left out."""
        ...

    def put(self, rows: pa.Table) -> None:
        """Stores `rows` (all columns), each in place of the row with its key. Keys must be distinct."""
        ...

    def remove(self, keys: pa.Table) -> None: ...

    def scan(self) -> pa.Table:
        """Every row, with this transaction's changes."""
        ...

    def row_count(self) -> int:
        """Rows in the state, with this transaction's changes."""
        ...

    def commit(self) -> None:
        """Makes the changes durable as the next version."""
        ...


class StateStore(Protocol):
    def begin(self, version: int) -> StateTransaction:
        """A transaction on the state of `version`, restored from disk if it is not the one in memory.

        Raises: SparkError if a file of that version is missing or damaged
        """
        ...

    def purge_before(self, version: int) -> None:
        """Drops what is only needed to restore versions before `version`."""
        ...

    def metrics(self) -> StateMetrics: ...
