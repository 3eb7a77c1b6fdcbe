"""Histograms of a group's numbers in at most n bins of free width: Spark's NumericHistogram, which is Hive's.

Ben-Haim and Tom-Tov, "A Streaming Parallel Decision Tree Algorithm" (2010): a value that is no bin's centre becomes a
bin of its own, and of too many bins the two nearest become one. The order of the values matters, so they are added one
by one; a group that fits its bins is only counted.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from unbounded.functions.kernels.kernel import ARROW_TYPES, Kernel

_BINS = "STRUCT(x DOUBLE, y DOUBLE)[]"
_TIE_SEED = 31183
_MULTIPLIER, _INCREMENT, _MASK = 0x5DEECE66D, 0xB, (1 << 48) - 1


def _histograms(values: pa.ListArray, bin_counts: pa.Array) -> pa.Array:
    """The bins of each list, by their centres `x`, with the number of values `y`; NULL for an empty list."""
    limits = bin_counts.to_numpy(zero_copy_only=False)
    rows = (row.values for row in values)
    bins = [_bins_of(row.to_numpy(), int(n)) if row is not None and len(row) else None for row, n in zip(rows, limits)]
    return pa.array(bins, ARROW_TYPES[_BINS])


def _bins_of(values: npt.NDArray[np.float64], limit: int) -> list[dict[str, float]]:
    centres, counts = np.unique(values, return_counts=True)
    if len(centres) > limit or np.isnan(centres).any():
        return _shown(*_one_by_one(values, limit))
    return _shown(centres.tolist(), counts.tolist())


def _shown(centres: list[float], counts: list[float]) -> list[dict[str, float]]:
    return [{"x": x, "y": float(y)} for x, y in zip(centres, counts, strict=True)]


def _one_by_one(values: npt.NDArray[np.float64], limit: int) -> tuple[list[float], list[float]]:
    """Centres and counts, by centre."""
    centres: list[float] = []
    counts: list[float] = []
    ties = _java_random(_TIE_SEED)
    for value in values.tolist():
        position = _position(centres, value)
        if position < len(centres) and centres[position] == value:
            counts[position] += 1
            continue
        centres.insert(position, value)
        counts.insert(position, 1.0)
        if len(centres) > limit:
            _join_nearest(centres, counts, ties)
    return centres, counts


def _position(centres: list[float], value: float) -> int:
    """Where `value` is, or would stand; not `bisect`, because a NaN ends this search where it stands."""
    low, high, middle = 0, len(centres), 0
    while low < high:
        middle = (low + high) // 2
        if centres[middle] > value:
            high = middle
        elif centres[middle] < value:
            low = middle = middle + 1
        else:
            break
    return middle


def _join_nearest(centres: list[float], counts: list[float], ties: Iterator[float]) -> None:
    """The two nearest bins become one at their weighted mean; of equally near ones each is as likely."""
    nearest, least, equal = 0, centres[1] - centres[0], 1
    for i in range(1, len(centres) - 1):
        distance = centres[i + 1] - centres[i]
        if distance < least:
            nearest, least, equal = i, distance, 1
        elif distance == least:
            equal += 1
            if next(ties) <= 1.0 / equal:
                nearest = i
    left, right = counts[nearest], counts[nearest + 1]
    count = left + right
    centres[nearest : nearest + 2] = [centres[nearest] * (left / count) + centres[nearest + 1] * (right / count)]
    counts[nearest : nearest + 2] = [count]


def _java_random(seed: int) -> Iterator[float]:
    """The numbers of java.util.Random.nextDouble."""
    state = (seed ^ _MULTIPLIER) & _MASK
    while True:
        high = state = (state * _MULTIPLIER + _INCREMENT) & _MASK
        low = state = (state * _MULTIPLIER + _INCREMENT) & _MASK
        yield (((high >> 22) << 27) + (low >> 21)) * 2.0**-53


KERNELS: dict[str, Kernel] = {"numeric_histogram": Kernel(_histograms, ("DOUBLE[]", "INTEGER"), _BINS)}
