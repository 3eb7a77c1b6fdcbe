"""Cuts elements into the batches Spark pickles them in: they decide how data is sliced, dealt out and crossed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise
from typing import Any

from unbounded.rdd.pickling import pickled

MAX_PARALLELIZED_BATCH = 1024
REPARTITION_BATCH = 10
GROWN_BATCH_SIZE_BYTES = 1 << 16


@dataclass(frozen=True, slots=True)
class FixedBatches:
    """Batches of one size."""

    size: int

    def cut(self, elements: Iterable[Any]) -> Iterator[list[Any]]:
        """The elements in batches; the last may be smaller."""
        iterator = iter(elements)
        while batch := list(islice(iterator, self.size)):
            yield batch


@dataclass(frozen=True, slots=True)
class GrowingBatches:
    """Batches of 1, 2, 4, ... elements until one pickles to 64 KiB: what a Python function puts out."""

    def cut(self, elements: Iterable[Any]) -> Iterator[list[Any]]:
        """The elements in batches."""
        iterator = iter(elements)
        size = 1
        while batch := list(islice(iterator, size)):
            size = _next_size(size, len(pickled(batch)))
            yield batch


@dataclass(frozen=True, slots=True)
class ShuffledBatches:
    """Batches as a shuffle wrote them; elements without such marks make one batch."""

    def cut(self, elements: Iterable[Any]) -> Iterator[list[Any]]:
        """All the elements in one batch."""
        batch = list(elements)
        if batch:
            yield batch


Batching = FixedBatches | GrowingBatches | ShuffledBatches


def _next_size(size: int, pickled_size_bytes: int) -> int:
    if pickled_size_bytes < GROWN_BATCH_SIZE_BYTES:
        return size * 2
    if pickled_size_bytes > GROWN_BATCH_SIZE_BYTES * 10 and size > 1:
        return size // 2
    return size


def parallelized_batch_size(length: int, slice_count: int) -> int:
    """The size of the batches in which `parallelize` slices a collection."""
    return max(1, min(length // slice_count, MAX_PARALLELIZED_BATCH))


def slice_evenly(items: Sequence[Any], slice_count: int) -> list[Sequence[Any]]:
    """The items in slices whose bounds are i*n/k rounded down."""
    length = len(items)
    bounds = [index * length // slice_count for index in range(slice_count + 1)]
    return [items[start:end] for start, end in pairwise(bounds)]
