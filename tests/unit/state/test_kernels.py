"""The compiled loops do what those in NumPy do, and refuse arrays that do not fit together."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import numpy as np
import pytest

from unbounded.state import plain_kernels
from unbounded.state.arrays import Ids, Positions, Words
from unbounded.state.kernels import kernels

COUNTS = [0, 1, 2, 7, 500]


@pytest.fixture
def compiled() -> ModuleType:
    if kernels is plain_kernels:
        pytest.skip("the loops were not compiled")
    return kernels


def words(seed: int, count: int, end: int = 2**64) -> Words:
    return np.random.default_rng(seed).integers(0, end, count, dtype=np.uint64)


def numbers(seed: int, count: int, end: int) -> Ids:
    return words(seed, count, end).astype(np.int64)


def offsets_of(lengths: Positions) -> Positions:
    return np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)


def both(compiled: ModuleType, use: Callable[[ModuleType], object]) -> None:
    expected, found = use(plain_kernels), use(compiled)
    np.testing.assert_equal(found, expected)


@pytest.mark.parametrize("count", COUNTS)
def test_hashes(compiled: ModuleType, count: int) -> None:
    def use(module: ModuleType) -> Words:
        sums = np.zeros(count, dtype=np.uint64)
        lengths = numbers(1, count, 4)
        module.add_mixed(sums, words(2, count), 2**64 - 3)
        module.add_mixed_runs(sums, words(3, int(lengths.sum())), offsets_of(lengths), 2**63 + 5)
        module.mix_all(sums)
        return sums

    both(compiled, use)


@pytest.mark.parametrize("count", COUNTS)
def test_texts(compiled: ModuleType, count: int) -> None:
    def use(module: ModuleType) -> Words:
        lengths = numbers(1, count, 20)
        starts = offsets_of(lengths)[:-1] + 3
        data = words(2, int(lengths.sum()) // 8 + 2).tobytes()
        offsets = offsets_of((lengths + 7) // 8)
        found = np.ones(int(offsets[-1]), dtype=np.uint64)
        module.copy_texts(data, starts, lengths, offsets, found)
        return found

    both(compiled, use)


@pytest.mark.parametrize("count", COUNTS)
def test_table(compiled: ModuleType, count: int) -> None:
    def use(module: ModuleType) -> list[object]:
        table, ids = np.zeros(1024, dtype=np.uint64), np.full(1024, -1, dtype=np.int64)
        hashes, added = words(1, count), np.arange(count)
        used = module.insert(table, ids, hashes, added)
        slots, found, behind = (np.empty(count, dtype=np.int64) for _ in range(3))
        module.slots_of(ids, hashes, added, slots)
        ids[slots[::3]] = -2
        module.probe(table, ids, hashes, np.zeros(0, dtype=np.int64), found)
        again = module.insert(table, ids, hashes[::3].copy(), added[::3].copy())
        module.probe(table, ids, hashes, slots, behind)
        return [used, np.sort(ids), found >= 0, ids[found[found >= 0]], again, behind]

    both(compiled, use)


@pytest.mark.parametrize("count", COUNTS)
def test_sets(compiled: ModuleType, count: int) -> None:
    def use(module: ModuleType) -> list[object]:
        known, asked = np.unique(words(1, count)), words(1, count)[::-2].copy()
        found, missing = np.empty(len(asked), dtype=np.int64), np.empty(3, dtype=np.int64)
        module.match(known, asked, found)
        module.match(known, words(9, 3), missing)
        return [found, missing, module.has_repeated(known), module.has_repeated(np.append(known, known[:1]))]

    both(compiled, use)


@pytest.mark.parametrize("end", [1, 5, 3000, 2**40, 2**63 - 1])
@pytest.mark.parametrize("count", COUNTS)
def test_argsort(compiled: ModuleType, count: int, end: int) -> None:
    def use(module: ModuleType) -> Positions:
        order = np.empty(count, dtype=np.int64)
        module.argsort(numbers(1, count, end), order)
        return order

    both(compiled, use)


ONE, TWO, THREE, FAR = (np.array(values, dtype=np.int64) for values in ([0], [0, 1], [0, 1, 2], [0, 99]))


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("add_mixed", (TWO, ONE, 1)),
        ("add_mixed_runs", (ONE, ONE, FAR, 1)),
        ("add_mixed_runs", (ONE, ONE, ONE, 1)),
        ("copy_texts", (b"four", ONE, FAR[1:].copy(), TWO, ONE)),
        ("copy_texts", (b"four", ONE, FAR[1:].copy(), FAR, ONE)),
        ("probe", (THREE, THREE, ONE, ONE, ONE)),
        ("probe", (TWO, TWO, ONE, TWO, ONE)),
        ("probe", (TWO, TWO, ONE, ONE, TWO)),
        ("slots_of", (THREE, ONE, ONE, ONE)),
        ("insert", (TWO, THREE, ONE, ONE)),
        ("insert", (TWO, TWO, ONE, TWO)),
        ("match", (ONE, ONE, TWO)),
        ("argsort", (ONE, TWO)),
    ],
)
def test_arrays_that_do_not_fit(compiled: ModuleType, name: str, arguments: tuple[object, ...]) -> None:
    with pytest.raises(ValueError, match="fit"):
        getattr(compiled, name)(*(part.copy() if isinstance(part, np.ndarray) else part for part in arguments))
