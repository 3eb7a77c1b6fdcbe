"""Random choice of elements with Spark's generator, seeds and order of draws. The only module here that draws."""

from __future__ import annotations

import math
import random
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_KNUTH_LIMIT = 20.0
MAX_SEED = sys.maxsize
MAX_SAMPLE_SIZE = sys.maxsize - int(10.0 * math.sqrt(sys.maxsize))


def new_seed() -> int:
    """A seed for a program that gave none."""
    return random.randint(0, sys.maxsize)


def new_split_seed() -> int:
    """A seed for `randomSplit`, of 32 bits."""
    return random.randint(0, 2**32 - 1)


def shuffled(items: list[Any], generator: random.Random) -> list[Any]:
    """The items in random order."""
    generator.shuffle(items)
    return items


def partition_generator(seed: int, partition: int) -> random.Random:
    """The generator of one partition, warmed up as Spark does."""
    generator = random.Random(seed ^ partition)
    for _ in range(10):
        generator.randint(0, 1)
    return generator


def poisson(generator: random.Random, mean: float) -> int:
    """How often an element is drawn with replacement (Knuth's method; exponential gaps for large means)."""
    count = 0
    if mean < _KNUTH_LIMIT:
        limit = math.exp(-mean)
        product = generator.random()
        while product > limit:
            count += 1
            product *= generator.random()
        return count
    total = generator.expovariate(mean)
    while total < 1.0:
        count += 1
        total += generator.expovariate(mean)
    return count


@dataclass(frozen=True, slots=True)
class Sampler:
    """Keeps each element with one probability, or repeats it with one mean."""

    with_replacement: bool
    fraction: float
    seed: int

    def __call__(self, partition: int, elements: Iterable[Any]) -> Iterator[Any]:
        generator = partition_generator(self.seed, partition)
        for element in elements:
            yield from _drawn(generator, element, self.fraction, with_replacement=self.with_replacement)


@dataclass(frozen=True, slots=True)
class StratifiedSampler:
    """As `Sampler`, with one fraction for each key."""

    with_replacement: bool
    fractions: Mapping[Any, float]
    seed: int

    def __call__(self, partition: int, pairs: Iterable[tuple[Any, Any]]) -> Iterator[tuple[Any, Any]]:
        generator = partition_generator(self.seed, partition)
        for key, value in pairs:
            fraction = self.fractions[key]
            yield from _drawn(generator, (key, value), fraction, with_replacement=self.with_replacement)


@dataclass(frozen=True, slots=True)
class RangeSampler:
    """Keeps the elements whose draw falls between two bounds, so that ranges side by side split an RDD."""

    lower: float
    upper: float
    seed: int

    def __call__(self, partition: int, elements: Iterable[Any]) -> Iterator[Any]:
        generator = partition_generator(self.seed, partition)
        for element in elements:
            if self.lower <= generator.random() < self.upper:
                yield element


def _drawn(generator: random.Random, element: Any, fraction: float, *, with_replacement: bool) -> Iterator[Any]:
    if with_replacement:
        for _ in range(poisson(generator, fraction)):
            yield element
    elif generator.random() < fraction:
        yield element


def fraction_for_sample_size(size: int, total: int, *, with_replacement: bool) -> float:
    """A fraction that yields at least `size` of `total` elements in 99.99 % of all draws (Spark's bound)."""
    fraction = size / total
    if with_replacement:
        deviations = 9 if size < 12 else 5
        return fraction + deviations * math.sqrt(fraction / total)
    gamma = -math.log(0.00005) / total
    return min(1, fraction + gamma + math.sqrt(gamma * gamma + 2 * gamma * fraction))
