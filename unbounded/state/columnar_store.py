"""The state store: the state of one version in memory, every version in files. Keys cost what they are, not the state.

A commit, in this order:

1. the changes are durable as one file
2. the rows in memory are the new version
3. from time to time the whole state is written, in the background, so that a restore need not read every change
4. segments that became many or hollow are merged, also in the background, and cold ones leave memory if it is short
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from unbounded.clock import Clock, Duration, SystemClock
from unbounded.state.arrays import Flags, Words
from unbounded.state.background import Background, InThread
from unbounded.state.compaction import Merge, plan_merges
from unbounded.state.kernels import kernels
from unbounded.state.key_words import KeyWords
from unbounded.state.keyed_rows import KeyedRows
from unbounded.state.segments import SEGMENT_ROWS, live_part
from unbounded.state.spill import spill_cold_segments
from unbounded.state.store import FoundRows, StateMetrics
from unbounded.state.version_files import VersionFiles
from unbounded.storage.api import FileSystem

_LONGEST_HISTORY = 100
"""A snapshot is due after this many intervals even if the changes are few."""


@dataclass(frozen=True, slots=True)
class StateSettings:
    """`snapshot_interval`: commits between two snapshots at least; more if the changes are small beside the state.

    `memory_limit_bytes`: rows above it are kept in files in `spill_directory` (None: the system's temporary one); the
    index of the keys stays in memory.
    """

    snapshot_interval: int = 10
    memory_limit_bytes: int | None = None
    spill_directory: str | None = None


class ColumnarStateStore:
    """Implements `state.store.StateStore`. `schema` has the key columns first, `key_count` of them.

    `expiry` names the column by which rows expire: an integer, date or timestamp; `window.end` is a field of a struct.
    """

    def __init__(
        self,
        files: FileSystem,
        directory: str,
        schema: pa.Schema,
        key_count: int,
        *,
        expiry: str | None = None,
        settings: StateSettings | None = None,
        clock: Clock | None = None,
        background: Background | None = None,
        hash_keys: Callable[[KeyWords], Words] = KeyWords.hashes,
    ) -> None:
        self.schema = schema
        self.expiry = expiry
        self._key_count = key_count
        self._path = None if expiry is None else _path(schema, expiry)
        self._settings = settings or StateSettings()
        self._clock = clock or SystemClock()
        self._background = background or InThread("state-snapshot")
        self._hash_keys = hash_keys
        self._version = 0
        self.rows = self._empty()
        self._files = VersionFiles(files, directory, schema, self.rows.key_schema)
        self._open: ColumnarTransaction | None = None
        self._last = StateMetrics(0, 0)
        self._snapshot_bytes = 0
        self._merges: list[Merge] = []

    # ------------------------------------------------------------------------------------------ the contract

    def begin(self, version: int) -> ColumnarTransaction:
        if self._open is not None:
            self._open.abort()
        self._finish_merges()
        if self._version != version:
            self._restore(version)
        self._open = ColumnarTransaction(self, self._clock)
        return self._open

    def purge_before(self, version: int) -> None:
        self._files.purge_before(version)

    def metrics(self) -> StateMetrics:
        return replace(
            self._last,
            row_count=self.rows.row_count,
            memory_bytes=self.rows.memory_bytes,
            snapshot_bytes=self._snapshot_bytes,
        )

    def close(self) -> None:
        with suppress(OSError):  # a snapshot that cannot be written only makes the next restore longer
            self._background.wait()

    # ------------------------------------------------------------------------------------------ for its transaction

    def commit(self, transaction: ColumnarTransaction) -> None:
        """Raises: ValueError if `transaction` is not the one that is open"""
        self._require(transaction)
        started_us = self._clock.monotonic_us()
        put = self.rows.live_since_kept()
        removed = transaction.removed_keys()
        changes_bytes = self._files.write_changes(self._version + 1, put, removed)
        self._version += 1
        self.rows.keep()
        self._open = None
        self._snapshot_if_due()
        self._begin_merges()
        self._spill(self.rows)
        commit_ms = (self._clock.monotonic_us() - started_us) // 1000
        durations = (transaction.updates.total_us // 1000, transaction.removals.total_us // 1000)
        self._last = StateMetrics(0, 0, put.num_rows, removed.num_rows, commit_ms, changes_bytes, 0, *durations)

    def abort(self, transaction: ColumnarTransaction) -> None:
        self._require(transaction)
        self._open = None
        self.rows.undo()

    def _require(self, transaction: ColumnarTransaction) -> None:
        if self._open is not transaction:
            raise ValueError("the transaction has ended")

    # ------------------------------------------------------------------------------------------ restoring

    def _empty(self) -> KeyedRows:
        return KeyedRows(self.schema, self._key_count, self._path, hash_keys=self._hash_keys)

    def _restore(self, version: int) -> None:
        """Snapshot, then changes. Until all is read the store is at version 0, so that a failure leaves no mixture."""
        self._background.wait()
        self._merges = []
        self._files.look()
        self._version, self.rows = 0, self._empty()
        rows = self._empty()
        for piece in self._files.restoring(version, self._files.latest_snapshot(version)):
            rows.apply(piece)
            self._keep(rows)
        self._version, self.rows = version, rows

    def _keep(self, rows: KeyedRows) -> None:
        rows.keep()
        for group in plan_merges(rows.segments.parts):
            merge = Merge(group)
            merge.run()
            merge.install(rows.segments)
        self._spill(rows)

    # ------------------------------------------------------------------------------------------ after a commit

    def _snapshot_if_due(self) -> None:
        cost = self._files.restore_cost(self._version)
        interval = self._settings.snapshot_interval
        is_outgrown = cost.change_count >= interval and cost.change_bytes >= cost.snapshot_bytes
        is_due = is_outgrown or cost.change_count >= interval * _LONGEST_HISTORY
        if not is_due or self._background.is_busy:
            return
        version = self._version
        captured = [(part.rows, part.is_live.copy(), part.live_count) for part in self.rows.segments.parts]
        self._background.run(lambda: self._write_snapshot(version, captured))

    def _write_snapshot(self, version: int, captured: Sequence[tuple[pa.RecordBatch, Flags, int]]) -> None:
        self._snapshot_bytes = self._files.write_snapshot(version, _snapshot_tables(self.schema, captured))

    def _begin_merges(self) -> None:
        if self._merges or self._background.is_busy:
            return
        self._merges = [Merge(group) for group in plan_merges(self.rows.segments.parts)]
        if self._merges:
            merges = tuple(self._merges)
            self._background.run(lambda: _run_all(merges))

    def _finish_merges(self) -> None:
        """Puts merged segments in their places. Raises: what a task in the background raised"""
        if self._background.is_busy:
            return
        merges, self._merges = self._merges, []
        self._background.wait()
        for merge in merges:
            merge.install(self.rows.segments)

    def _spill(self, rows: KeyedRows) -> None:
        limit = self._settings.memory_limit_bytes
        if limit is not None:
            spill_cold_segments(rows.segments, rows.memory_bytes - limit, self._settings.spill_directory)


class ColumnarTransaction:
    """Implements `state.store.StateTransaction`: changes the store's rows at once, and can take that back."""

    def __init__(self, store: ColumnarStateStore, clock: Clock) -> None:
        self._store = store
        self.updates = Duration(clock)
        self.removals = Duration(clock)
        self._rows = store.rows
        self._removed: list[pa.Table] = []

    def find(self, keys: pa.Table) -> FoundRows:
        with self.updates:
            rows, positions, _ = self._rows.find(keys)
        return FoundRows(rows, positions)

    def positions(self, keys: pa.Table) -> npt.NDArray[np.int64]:
        with self.updates:
            return self._rows.positions(keys)

    def get(self, keys: pa.Table) -> pa.Table:
        with self.updates:
            rows, _, ids = self._rows.find(keys)
            if not kernels.has_repeated(ids):
                return rows
            _, firsts = np.unique(ids, return_index=True)
            return rows.take(pa.array(np.sort(firsts)))

    def put(self, rows: pa.Table) -> None:
        with self.updates:
            self._rows.put(rows.cast(self._rows.schema))

    def remove(self, keys: pa.Table) -> None:
        self._removed.append(self._rows.remove(keys))

    def take_expired(self, column: str, limit: int) -> pa.Table:
        if column != self._store.expiry:
            raise ValueError(f"the state expires by {self._store.expiry}, not by {column}")
        with self.removals:
            rows = self._rows.take_expired(limit)
            self._removed.append(rows.select(self._rows.key_schema.names))
        return rows

    def scan(self) -> pa.Table:
        return self._rows.segments.scan()

    def row_count(self) -> int:
        return self._rows.row_count

    def commit(self) -> None:
        self._store.commit(self)

    def abort(self) -> None:
        self._store.abort(self)

    def removed_keys(self) -> pa.Table:
        """Every key removed in this transaction, even if it was put again."""
        some = [keys for keys in self._removed if keys.num_rows]
        if not some:
            return self._rows.key_schema.empty_table()
        has_columns = bool(self._rows.key_schema.names)
        return pa.concat_tables(some) if has_columns else some[0]


def _run_all(merges: Sequence[Merge]) -> None:
    for merge in merges:
        merge.run()


def _snapshot_tables(schema: pa.Schema, captured: Sequence[tuple[pa.RecordBatch, Flags, int]]) -> list[pa.Table]:
    """The rows that count, in tables of about SEGMENT_ROWS rows; one at least."""
    tables: list[list[pa.RecordBatch]] = [[]]
    row_count = 0
    for rows, is_live, live_count in captured:
        if tables[-1] and row_count + live_count > SEGMENT_ROWS:
            tables.append([])
            row_count = 0
        tables[-1].append(live_part(rows, is_live, live_count))
        row_count += live_count
    return [pa.Table.from_batches(batches, schema=schema) for batches in tables]


def _path(schema: pa.Schema, name: str) -> tuple[str, ...]:
    """`name` is a column, or a column and fields within it separated by dots."""
    return (name,) if name in schema.names else tuple(name.split("."))
