"""The inner loops over whole columns of keys, in NumPy; `_kernels.c` has the same functions compiled.

Every array has 64-bit words and no gaps. Results go into the last array of the arguments, or into the first ones where
these are changed. A table of hashes has the size 2^n, n > 0: a key's first slot is the top n bits of its hash, the next
one is behind it; the id in a slot is -1 if it was never used, another negative number if it is free again.
"""

from __future__ import annotations

import numpy as np
from pyarrow import Buffer

from unbounded.state.arrays import Ids, Positions, Words

FREE = -1

_MIX_1 = np.uint64(0xFF51AFD7ED558CCD)
_MIX_2 = np.uint64(0xC4CEB9FE1A85EC53)
_SHIFT = np.uint64(33)
_WORD_BYTES = 8


# ---------------------------------------------------------------------------------------------- hashes


def mix_all(words: Words) -> None:
    """Each word becomes one whose bits all depend on all of its bits (the finalizer of MurmurHash3)."""
    words ^= words >> _SHIFT
    words *= _MIX_1
    words ^= words >> _SHIFT
    words *= _MIX_2
    words ^= words >> _SHIFT


def add_mixed(sums: Words, words: Words, step: int) -> None:
    """Adds to each sum its word, which is mixed after `step` is added."""
    sums += _mixed(words + np.uint64(step))


def add_mixed_runs(sums: Words, words: Words, offsets: Positions, step: int) -> None:
    """Adds to sum i its words, from `offsets[i]` on, the n-th of them mixed after n times `step` is added."""
    within = np.arange(1, len(words) + 1) - np.repeat(offsets[:-1], np.diff(offsets))
    totals = np.zeros(len(words) + 1, dtype=np.uint64)
    np.cumsum(_mixed(words + within.astype(np.uint64) * np.uint64(step)), out=totals[1:])
    sums += totals[offsets[1:]] - totals[offsets[:-1]]


def _mixed(words: Words) -> Words:
    mix_all(words)
    return words


# ---------------------------------------------------------------------------------------------- texts


def copy_texts(data: Buffer | bytes, starts: Positions, lengths: Positions, offsets: Positions, words: Words) -> None:
    """Text i, the bytes from `starts[i]`, becomes the words from `offsets[i]`, the last one filled up with zeros."""
    content = np.zeros(len(data) + _WORD_BYTES, dtype=np.uint8)
    content[:-_WORD_BYTES] = np.frombuffer(data, dtype=np.uint8)
    windows: Words = np.ndarray(len(data) + 1, dtype="<u8", buffer=content, strides=(1,))
    counts = np.diff(offsets)
    places = np.repeat(starts - offsets[:-1] * _WORD_BYTES, counts) + np.arange(int(offsets[-1])) * _WORD_BYTES
    words[:] = windows[places]
    spare = lengths % _WORD_BYTES
    cut = np.flatnonzero(spare)
    words[offsets[1:][cut] - 1] &= (np.uint64(1) << (spare[cut] * _WORD_BYTES).astype(np.uint64)) - np.uint64(1)


# ---------------------------------------------------------------------------------------------- the table


def probe(table: Words, ids: Ids, hashes: Words, after: Positions, found: Positions) -> None:
    """The slot of the first row with each hash, -1 if there is none; behind those in `after` unless it is empty."""
    mask = len(ids) - 1
    slots = (after + 1) & mask if after.size else _home(hashes, len(ids))
    rows = np.arange(len(hashes))
    found[:] = -1
    while rows.size:
        here = ids[slots]
        is_hit = (table[slots] == hashes) & (here >= 0)
        found[rows[is_hit]] = slots[is_hit]
        goes_on = np.flatnonzero(~is_hit & (here != FREE))
        rows, hashes, slots = rows[goes_on], hashes[goes_on], (slots[goes_on] + 1) & mask


def slots_of(ids: Ids, hashes: Words, wanted: Ids, found: Positions) -> None:
    """The slots of rows that are in the table, `wanted` being their ids."""
    mask = len(ids) - 1
    found[:] = _home(hashes, len(ids))
    rows = np.flatnonzero(ids[found] != wanted)
    while rows.size:
        found[rows] = (found[rows] + 1) & mask
        rows = rows[ids[found[rows]] != wanted[rows]]


def insert(table: Words, ids: Ids, hashes: Words, added: Ids) -> int:
    """Adds rows with new ids; how many slots were used for the first time. There is room for all."""
    mask = len(ids) - 1
    used_count = 0
    slots = _home(hashes, len(ids))
    while added.size:
        before = ids[slots]
        is_open = before < 0
        ids[slots[is_open]] = added[is_open]
        is_placed = ids[slots] == added
        table[slots[is_placed]] = hashes[is_placed]
        used_count += int(np.count_nonzero(before[is_placed] == FREE))
        left = np.flatnonzero(~is_placed)
        hashes, added, slots = hashes[left], added[left], (slots[left] + 1) & mask
    return used_count


def _home(hashes: Words, size: int) -> Positions:
    return (hashes >> np.uint64(65 - size.bit_length())).astype(np.int64)


# ---------------------------------------------------------------------------------------------- sets


def match(known: Words, hashes: Words, positions: Positions) -> None:
    """For each hash a position in `known` where it is, -1 if it is not there."""
    positions[:] = -1
    if not known.size or not hashes.size:
        return
    order = np.argsort(known)
    places = np.minimum(np.searchsorted(known[order], hashes), len(known) - 1)
    is_found = known[order[places]] == hashes
    positions[is_found] = order[places[is_found]]


def has_repeated(words: Words) -> bool:
    """Whether a word is there twice."""
    ordered = np.sort(words)
    return bool(np.any(ordered[1:] == ordered[:-1]))


def argsort(numbers: Ids, order: Positions) -> None:
    """The positions of `numbers`, none of them negative, from the smallest on; of equal ones the first comes first."""
    order[:] = np.argsort(numbers, kind="stable")
