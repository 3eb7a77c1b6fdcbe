"""Mean, variance and histograms of numbers, merged over partitions. Works on iterables, knows no RDD."""

from __future__ import annotations

import bisect
import copy
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import isinf, isnan
from typing import Any


class StatCounter:
    """Count, mean, variance, least and greatest value in one pass (Welford; merged as Chan, Golub and LeVeque)."""

    def __init__(self, values: Iterable[Any] = ()) -> None:
        # numpy takes longer to import than a worker to start, and most programs never ask for statistics
        from numpy import maximum, minimum, sqrt  # noqa: PLC0415

        self.maximum: Callable[[Any, Any], Any] = maximum
        self.minimum: Callable[[Any, Any], Any] = minimum
        self.sqrt: Callable[[Any], Any] = sqrt
        self.n = 0
        self.mu: Any = 0.0
        self.m2: Any = 0.0
        self.maxValue: Any = float("-inf")
        self.minValue: Any = float("inf")
        for value in values:
            self.merge(value)

    def merge(self, value: Any) -> StatCounter:
        """Count one value."""
        delta = value - self.mu
        self.n += 1
        self.mu += delta / self.n
        self.m2 += delta * (value - self.mu)
        self.maxValue = self.maximum(self.maxValue, value)
        self.minValue = self.minimum(self.minValue, value)
        return self

    def mergeStats(self, other: StatCounter) -> StatCounter:
        """Count all the values of another counter."""
        if not isinstance(other, StatCounter):
            raise TypeError(f"Can only merge StatCounter but got {type(other)}")
        if other is self:
            return self.mergeStats(other.copy())
        if self.n == 0:
            self.n, self.mu, self.m2 = other.n, other.mu, other.m2
            self.maxValue, self.minValue = other.maxValue, other.minValue
        elif other.n != 0:
            self._add(other)
        return self

    def _add(self, other: StatCounter) -> None:
        delta = other.mu - self.mu
        total = self.n + other.n
        if other.n * 10 < self.n:
            self.mu = self.mu + (delta * other.n) / total
        elif self.n * 10 < other.n:
            self.mu = other.mu - (delta * self.n) / total
        else:
            self.mu = (self.mu * self.n + other.mu * other.n) / total
        self.maxValue = self.maximum(self.maxValue, other.maxValue)
        self.minValue = self.minimum(self.minValue, other.minValue)
        self.m2 += other.m2 + (delta * delta * self.n * other.n) / total
        self.n = total

    def copy(self) -> StatCounter:
        """An independent counter with the same content."""
        return copy.deepcopy(self)

    def count(self) -> int:
        """How many values."""
        return int(self.n)

    def mean(self) -> Any:
        """The mean; 0.0 of nothing."""
        return self.mu

    def sum(self) -> Any:
        """The sum, from mean and count."""
        return self.n * self.mu

    def min(self) -> Any:
        """The least value; inf of nothing."""
        return self.minValue

    def max(self) -> Any:
        """The greatest value; -inf of nothing."""
        return self.maxValue

    def variance(self) -> Any:
        """The variance of the whole; nan of nothing."""
        return float("nan") if self.n == 0 else self.m2 / self.n

    def sampleVariance(self) -> Any:
        """The unbiased variance of a sample; nan of fewer than two values."""
        return float("nan") if self.n <= 1 else self.m2 / (self.n - 1)

    def stdev(self) -> Any:
        """The standard deviation of the whole."""
        return self.sqrt(self.variance())

    def sampleStdev(self) -> Any:
        """The standard deviation of a sample."""
        return self.sqrt(self.sampleVariance())

    def asDict(self, sample: bool = False) -> dict[str, Any]:
        """All figures by name. That `sample` gives those of the whole is Spark's own mistake, kept."""
        return {
            "count": self.count(),
            "mean": self.mean(),
            "sum": self.sum(),
            "min": self.min(),
            "max": self.max(),
            "stdev": self.stdev() if sample else self.sampleStdev(),
            "variance": self.variance() if sample else self.sampleVariance(),
        }

    def __repr__(self) -> str:
        figures = (self.count(), self.mean(), self.stdev(), self.max(), self.min())
        return "(count: {}, mean: {}, stdev: {}, max: {}, min: {})".format(*figures)


@dataclass(frozen=True, slots=True)
class Buckets:
    """Bounds of a histogram; `step` is set when all buckets are equally wide."""

    bounds: Sequence[Any]
    step: Any = None

    def count(self, values: Iterable[Any]) -> list[int]:
        """How many values fall into each bucket; the last one holds its upper bound too, None and NaN fall nowhere."""
        counters = [0] * len(self.bounds)
        low, high = self.bounds[0], self.bounds[-1]
        for value in values:
            if not is_comparable(value) or value > high or value < low:
                continue
            if self.step is not None:
                counters[int((value - low) / self.step)] += 1
            else:
                counters[bisect.bisect_right(self.bounds, value) - 1] += 1
        at_upper_bound = counters.pop()
        counters[-1] += at_upper_bound
        return counters


def is_comparable(value: Any) -> bool:
    """Whether a value can be put into a bucket."""
    return value is not None and not (isinstance(value, float) and isnan(value))


def even_buckets(low: Any, high: Any, count: int) -> Buckets:
    """`count` buckets of one width between two numbers."""
    try:
        step = (high - low) / count
    except TypeError as error:
        raise TypeError("Can not generate buckets with non-number in RDD") from error
    if isinf(step):
        raise ValueError("Can not generate buckets with infinite value")
    step = int(step)
    if step * count != high - low:
        step = (high - low) * 1.0 / count
    return Buckets([*(index * step + low for index in range(count)), high], step)


def given_buckets(bounds: Sequence[Any]) -> Buckets:
    """Buckets between sorted, different bounds."""
    if len(bounds) < 2:
        raise ValueError("buckets should have more than one value")
    if not all(is_comparable(bound) for bound in bounds):
        raise ValueError("can not have None or NaN in buckets")
    if sorted(bounds) != list(bounds):
        raise ValueError("buckets should be sorted")
    if len(set(bounds)) != len(bounds):
        raise ValueError("buckets should not contain duplicated values")
    try:
        widths = [upper - lower for lower, upper in pairwise(bounds)]
    except TypeError:
        return Buckets(bounds)
    if max(widths) - min(widths) < 1e-10:
        return Buckets(bounds, (bounds[-1] - bounds[0]) / (len(bounds) - 1))
    return Buckets(bounds)


class BoundedFloat(float):
    """An estimate with its bounds; this engine has the exact value, so the bounds meet."""

    confidence: float
    low: float
    high: float

    def __new__(cls, mean: float, confidence: float, low: float, high: float) -> BoundedFloat:
        estimate = float.__new__(cls, mean)
        estimate.confidence = confidence
        estimate.low = low
        estimate.high = high
        return estimate
