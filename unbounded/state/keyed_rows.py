"""A state in memory: rows, and an index that finds them by their keys. Every change can be undone until `keep`.

Not known here: versions and files (`columnar_store`), which segments are merged (`compaction`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from unbounded.state.arrays import Flags, Ids, Positions, Words
from unbounded.state.hash_index import HashIndex
from unbounded.state.kernels import kernels
from unbounded.state.key_words import KeyWords, encode_keys, has_repeated_key
from unbounded.state.segments import Segments
from unbounded.state.state_file import StateFile


@dataclass(frozen=True, slots=True)
class Lookup:
    """`slots` and `ids` per key asked for, -1 if it is not there; the `rows` of the others, in that order."""

    slots: Positions
    ids: Ids
    rows: pa.Table


@dataclass(frozen=True, slots=True)
class _Asked:
    """The keys asked for last, and where they are: a batch puts what it has asked for."""

    words: KeyWords
    hashes: Words
    slots: Positions
    ids: Ids

    def positions(self, words: KeyWords, hashes: Words) -> Positions | None:
        """For each key its position among these; None if they are not all there."""
        positions = np.empty(len(hashes), dtype=np.int64)
        kernels.match(self.hashes, hashes, positions)
        if np.any(positions < 0):
            return None
        return positions if self.words.take(positions).equals(words).all() else None


@dataclass(frozen=True, slots=True)
class _Change:
    """Row `old_ids[i]` (-1: none) gave way to row `new_ids[i]` (-1: none); their key has `hashes[i]`."""

    hashes: Words
    old_ids: Ids
    new_ids: Ids


class KeyedRows:
    """`schema` has the key columns first, `key_count` of them. `hash_keys` is a component so that tests may choose."""

    def __init__(
        self,
        schema: pa.Schema,
        key_count: int,
        expiry: tuple[str, ...] | None = None,
        *,
        hash_keys: Callable[[KeyWords], Words] = KeyWords.hashes,
    ) -> None:
        self.schema = schema
        self.key_schema = pa.schema([schema.field(i) for i in range(key_count)])
        self.segments = Segments(schema, expiry)
        self.row_count = 0
        self._index = HashIndex()
        self._hash_keys = hash_keys
        self._changes: list[_Change] = []
        self._asked: _Asked | None = None
        self._kept_id = 0

    @property
    def memory_bytes(self) -> int:
        return self.segments.memory_bytes + self._index.memory_bytes

    # ------------------------------------------------------------------------------------------ reading

    def find(self, keys: pa.Table) -> tuple[pa.Table, Positions, Ids]:
        """The rows stored under `keys`, for each its position in `keys` (ascending), and its id."""
        words = self._encode(self._as_keys(keys))
        hashes = self._hash_keys(words)
        found = self._look_up(words, hashes, self.schema.names)
        self._asked = _Asked(words, hashes, found.slots, found.ids)
        positions = np.flatnonzero(found.ids >= 0)
        return found.rows, positions, found.ids[positions]

    def positions(self, keys: pa.Table) -> Positions:
        """Which of `keys` have a row, ascending."""
        words = self._encode(self._as_keys(keys))
        return np.flatnonzero(self._locate(words, self._hash_keys(words)).ids >= 0)

    def live_since_kept(self) -> pa.Table:
        """The rows put since `keep` that count."""
        fresh = [part.live_rows() for part in self.segments.parts if part.first_id >= self._kept_id]
        return pa.Table.from_batches(fresh, schema=self.schema)

    # ------------------------------------------------------------------------------------------ changing

    def put(self, rows: pa.Table) -> None:
        """Raises: ValueError if two rows have the same key"""
        words = self._encode(rows)
        hashes = self._hash_keys(words)
        if has_repeated_key(words, hashes):
            raise ValueError("two rows of one put have the same key")
        found = self._locate(words, hashes)
        self._asked = None
        new_ids = self.segments.append(rows)
        is_known = found.ids >= 0
        self._index.replace(found.slots[is_known], new_ids[is_known])
        self._index.insert(hashes[~is_known], new_ids[~is_known])
        self.segments.mark(found.ids[is_known], is_live=False)
        self.row_count += int(np.count_nonzero(~is_known))
        self._changes.append(_Change(hashes, found.ids, new_ids))

    def apply(self, changes: StateFile) -> None:
        """Removes what it removes, then puts what it puts."""
        if changes.removed is not None:
            self.remove(changes.removed)
        self.put(changes.rows)

    def remove(self, keys: pa.Table) -> pa.Table:
        """The keys that were there, each once."""
        words = self._encode(self._as_keys(keys))
        found = self._locate(words, self._hash_keys(words)).ids
        ids = np.unique(found[found >= 0])
        return self._remove_rows(ids, self.segments.take(ids, self.key_schema.names))

    def take_expired(self, limit: int) -> pa.Table:
        """Removes the rows whose expiry is `limit` or less, and gives them."""
        ids = self.segments.expire(limit)
        rows = self.segments.take(ids)
        self._remove_rows(ids, rows.select(self.key_schema.names))
        return rows

    def _remove_rows(self, ids: Ids, keys: pa.Table) -> pa.Table:
        hashes = self._hash_keys(self._encode(keys))
        self._asked = None
        self._index.delete(self._index.slots_of(hashes, ids))
        self.segments.mark(ids, is_live=False)
        self.row_count -= len(ids)
        self._changes.append(_Change(hashes, ids, np.full(len(ids), -1, dtype=np.int64)))
        return keys

    def keep(self) -> None:
        """What changed so far stays."""
        self._changes.clear()
        self._kept_id = self.segments.next_id

    def undo(self) -> None:
        """Takes back what changed since `keep`, the last change first."""
        if not self._changes:
            return
        self._asked = None
        for change in reversed(self._changes):
            self._undo(change)
        self._changes.clear()
        self.segments.truncate(self._kept_id)
        self.segments.look_again()

    def _undo(self, change: _Change) -> None:
        had_old, has_new = change.old_ids >= 0, change.new_ids >= 0
        replaced, added, removed = had_old & has_new, has_new & ~had_old, had_old & ~has_new
        slots = self._index.slots_of(change.hashes[replaced], change.new_ids[replaced])
        self._index.replace(slots, change.old_ids[replaced])
        self._index.delete(self._index.slots_of(change.hashes[added], change.new_ids[added]))
        self._index.insert(change.hashes[removed], change.old_ids[removed])
        self.segments.mark(change.old_ids[had_old], is_live=True)
        self.row_count += int(np.count_nonzero(removed)) - int(np.count_nonzero(added))

    # ------------------------------------------------------------------------------------------ keys

    def _as_keys(self, keys: pa.Table) -> pa.Table:
        return keys if keys.schema.equals(self.key_schema) else keys.cast(self.key_schema)

    def _encode(self, rows: pa.Table) -> KeyWords:
        """The words of the key columns of `rows`, which have the store's types."""
        rows = rows.select(self.key_schema.names)
        return encode_keys((_one_array(column) for column in rows.columns), rows.num_rows)

    def _locate(self, words: KeyWords, hashes: Words) -> _Asked:
        """Where some keys are; without a search if they are among those asked for last."""
        positions = None if self._asked is None else self._asked.positions(words, hashes)
        if self._asked is None or positions is None:
            found = self._look_up(words, hashes, self.key_schema.names)
            self._asked = _Asked(words, hashes, found.slots, found.ids)
            return self._asked
        return _Asked(words, hashes, self._asked.slots[positions], self._asked.ids[positions])

    def _look_up(self, words: KeyWords, hashes: Words, names: list[str]) -> Lookup:
        """The rows (columns `names`, which include the keys) under some keys.

        A row whose hash is right is the one only if its key is; else the search goes on behind it.
        """
        slots = self._index.probe(hashes)
        found = np.flatnonzero(slots >= 0)
        rows = self.segments.take(self._index.ids_at(slots[found]), names)
        wrong = found[~self._is_key(rows, words, found)]
        is_final = not wrong.size
        while wrong.size:
            slots[wrong] = self._index.probe(hashes[wrong], after=slots[wrong])
            wrong = wrong[slots[wrong] >= 0]
            stored = self.segments.take(self._index.ids_at(slots[wrong]), self.key_schema.names)
            wrong = wrong[~self._is_key(stored, words, wrong)]
        ids = np.where(slots >= 0, self._index.ids_at(slots), -1)
        return Lookup(slots, ids, rows if is_final else self.segments.take(ids[ids >= 0], names))

    def _is_key(self, rows: pa.Table, words: KeyWords, positions: Positions) -> Flags:
        """Whether row i has the key at `positions[i]`."""
        asked = words if len(positions) == words.count else words.take(positions)
        return self._encode(rows).equals(asked)


def _one_array(column: pa.ChunkedArray) -> pa.Array:
    if column.num_chunks == 1:
        return column.chunk(0)
    return pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)
