"""The state store's contract: keyed rows in Arrow, changed in transactions, versioned, durable per version.

A store belongs to one stateful operator. Version N+1 is the state after batch N; version 0 is empty. Keys are equal as
Spark groups them: NULL equals NULL, NaN equals NaN, -0.0 equals 0.0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa


@dataclass(frozen=True, slots=True)
class StateMetrics:
    """Of the state as it is: `row_count`, `memory_bytes`. Of the last transaction that was committed: the others.

    `changes_bytes` and `snapshot_bytes` are the sizes of the last files written, 0 if none was. `updates_ms` is time
    of reading and writing keys, `removals_ms` that of taking out what has expired.
    """

    row_count: int
    memory_bytes: int
    updated_count: int = 0
    removed_count: int = 0
    commit_ms: int = 0
    changes_bytes: int = 0
    snapshot_bytes: int = 0
    updates_ms: int = 0
    removals_ms: int = 0


@dataclass(frozen=True, slots=True)
class FoundRows:
    """Row i of `rows` is stored under key `positions[i]` of those asked for; the positions ascend."""

    rows: pa.Table
    positions: npt.NDArray[np.int64]


class StateTransaction(Protocol):
    """The changes of one batch. Ends with `commit` or `abort`; the next `begin` aborts one that was dropped."""

    def find(self, keys: pa.Table) -> FoundRows:
        """What is stored under `keys` (key columns only, may repeat)."""
        ...

    def positions(self, keys: pa.Table) -> npt.NDArray[np.int64]:
        """Which of `keys` have a row: their positions, ascending."""
        ...

    def get(self, keys: pa.Table) -> pa.Table:
        """The rows stored under `keys` (key columns only), each once; keys without a row are left out."""
        ...

    def put(self, rows: pa.Table) -> None:
        """Stores `rows` (all columns), each in place of the row with its key. Keys must be distinct.

        Raises: ValueError if they are not
        """
        ...

    def remove(self, keys: pa.Table) -> None: ...

    def take_expired(self, column: str, limit: int) -> pa.Table:
        """Removes the rows whose `column` is `limit` or less, and gives them, in no particular order.

        `column` is the one by which the store was opened to expire; `limit` is in its unit. NULL does not expire.
        """
        ...

    def scan(self) -> pa.Table:
        """Every row, with this transaction's changes."""
        ...

    def row_count(self) -> int:
        """Rows in the state, with this transaction's changes."""
        ...

    def commit(self) -> None:
        """Makes the changes durable as the next version."""
        ...

    def abort(self) -> None:
        """Takes the changes back."""
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

    def close(self) -> None:
        """Waits for what is written in the background. The store is not used afterwards."""
        ...
