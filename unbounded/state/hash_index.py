"""Where the row of a key is: an open-addressing hash table over two arrays, used for whole columns of keys.

A slot holds a key's hash and the id of its row, or is free, or was freed (its id is negative). The table knows hashes
only: whether the row found is the key's own the caller decides, and looks `after` it if not.
"""

from __future__ import annotations

import numpy as np

from unbounded.state.arrays import Ids, Positions, Words
from unbounded.state.kernels import kernels
from unbounded.state.plain_kernels import FREE

_FREED = -2
_NO_SLOTS = np.zeros(0, dtype=np.int64)
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
        found = np.empty(len(hashes), dtype=np.int64)
        kernels.probe(self._hashes, self._ids, hashes, _NO_SLOTS if after is None else after, found)
        return found

    def slots_of(self, hashes: Words, ids: Ids) -> Positions:
        """The slots of rows that are in the table."""
        found = np.empty(len(hashes), dtype=np.int64)
        kernels.slots_of(self._ids, hashes, ids, found)
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
        self._used_count += kernels.insert(self._hashes, self._ids, hashes, ids)

    def _allocate(self, bits: int) -> None:
        self._bits = bits
        self._hashes = np.zeros(1 << bits, dtype=np.uint64)
        self._ids = np.full(1 << bits, FREE, dtype=np.int64)
        self._row_count = 0
        self._used_count = 0

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
