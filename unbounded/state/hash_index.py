"""Where the row of a key is: an open-addressing hash table over two arrays, used for whole columns of keys.

A slot holds a key's hash and the id of its row, or is free, or was freed (its id is negative). The table knows hashes
only: whether the row found is the key's own the caller decides, and looks `after` it if not.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from unbounded.state.key_words import Positions, Words

Ids = npt.NDArray[np.int64]

_FREE = -1
_FREED = -2
_SMALLEST_BITS = 10
_FULLEST = 0.65
_REBUILT_FULLEST = 0.5


class HashIndex:
    def __init__(self, row_count: int = 0) -> None:
        self._allocate(_bits_for(row_count))

    @property
    def memory_bytes(self) -> int:
        return self._hashes.nbytes + self._ids.nbytes

    def probe(self, hashes: Words, *, after: Positions | None = None) -> Positions:
        """The slot of the first row with each hash, -1 if there is none; behind the slot `after` if given."""
        slots = self._home(hashes) if after is None else (after + 1) & self._mask
        found = np.full(len(hashes), -1, dtype=np.int64)
        rows = np.arange(len(hashes))
        while rows.size:
            ids = self._ids[slots]
            is_hit = (self._hashes[slots] == hashes) & (ids >= 0)
            found[rows[is_hit]] = slots[is_hit]
            goes_on = np.flatnonzero(~is_hit & (ids != _FREE))
            rows, hashes, slots = rows[goes_on], hashes[goes_on], (slots[goes_on] + 1) & self._mask
        return found

    def slots_of(self, hashes: Words, ids: Ids) -> Positions:
        """The slots of rows that are in the table."""
        found = self._home(hashes)
        rows = np.flatnonzero(self._ids[found] != ids)
        while rows.size:
            found[rows] = (found[rows] + 1) & self._mask
            rows = rows[self._ids[found[rows]] != ids[rows]]
        return found

    def ids_at(self, slots: Positions) -> Ids:
        return self._ids[slots]

    def replace(self, slots: Positions, ids: Ids) -> None:
        self._ids[slots] = ids

    def delete(self, slots: Positions) -> None:
        self._ids[slots] = _FREED
        self._row_count -= len(slots)

    def insert(self, hashes: Words, ids: Ids) -> None:
        """Adds rows whose keys are not in the table; the ids are new."""
        self._reserve(len(ids))
        self._row_count += len(ids)
        slots = self._home(hashes)
        while ids.size:
            found = self._ids[slots]
            is_open = found < 0
            self._ids[slots[is_open]] = ids[is_open]
            is_placed = self._ids[slots] == ids
            self._hashes[slots[is_placed]] = hashes[is_placed]
            self._used_count += int(np.count_nonzero(found[is_placed] == _FREE))
            left = np.flatnonzero(~is_placed)
            hashes, ids, slots = hashes[left], ids[left], (slots[left] + 1) & self._mask

    def _allocate(self, bits: int) -> None:
        self._bits = bits
        self._mask = np.int64((1 << bits) - 1)
        self._hashes = np.zeros(1 << bits, dtype=np.uint64)
        self._ids = np.full(1 << bits, _FREE, dtype=np.int64)
        self._row_count = 0
        self._used_count = 0

    def _home(self, hashes: Words) -> Positions:
        """A key's first slot: the top bits of its hash, so that the table is nearly in the order of the hashes."""
        return (hashes >> np.uint64(64 - self._bits)).astype(np.int64)

    def _reserve(self, more: int) -> None:
        if self._used_count + more <= _FULLEST * len(self._ids):
            return
        rows = np.flatnonzero(self._ids >= 0)
        hashes, ids = self._hashes[rows], self._ids[rows]
        self._allocate(_bits_for(len(ids) + more))
        self._place_all(hashes, ids)

    def _place_all(self, hashes: Words, ids: Ids) -> None:
        """Fills an empty table: in the order of first slots, each row is in its own or right behind the row before."""
        if not ids.size:
            return
        shift = np.uint64(len(ids).bit_length())
        packed = (hashes >> np.uint64(64 - self._bits) << shift) | np.arange(len(ids), dtype=np.uint64)
        packed.sort()
        order = (packed & ((np.uint64(1) << shift) - np.uint64(1))).astype(np.int64)
        slots = (packed >> shift).astype(np.int64)
        places = np.arange(len(ids))
        slots -= places
        np.maximum.accumulate(slots, out=slots)
        slots += places
        inside = int(np.searchsorted(slots, len(self._ids)))
        self._hashes[slots[:inside]] = hashes[order[:inside]]
        self._ids[slots[:inside]] = ids[order[:inside]]
        self._row_count = self._used_count = inside
        self.insert(hashes[order[inside:]], ids[order[inside:]])


def _bits_for(row_count: int) -> int:
    return max(_SMALLEST_BITS, int(row_count / _REBUILT_FULLEST).bit_length())
