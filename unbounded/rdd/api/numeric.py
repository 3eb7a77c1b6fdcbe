"""Actions over numbers: statistics, histograms, estimates. The arithmetic is in `kernels.statistics`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

from unbounded.rdd.api.actions import Actions
from unbounded.rdd.kernels import partition_functions as functions
from unbounded.rdd.kernels import statistics
from unbounded.rdd.kernels.statistics import BoundedFloat, Buckets, StatCounter


class NumericActions(Actions):
    """Figures about elements that are numbers."""

    def stats(self) -> StatCounter:
        """Count, mean, variance, least and greatest element in one job."""
        counter: StatCounter = self.mapPartitions(_statistics).reduce(StatCounter.mergeStats)
        return counter

    def mean(self) -> Any:
        """The mean."""
        return self.stats().mean()

    def variance(self) -> Any:
        """The variance of the whole."""
        return self.stats().variance()

    def stdev(self) -> Any:
        """The standard deviation of the whole."""
        return self.stats().stdev()

    def sampleVariance(self) -> Any:
        """The unbiased variance of a sample."""
        return self.stats().sampleVariance()

    def sampleStdev(self) -> Any:
        """The standard deviation of a sample."""
        return self.stats().sampleStdev()

    def histogram(self, buckets: int | Sequence[Any]) -> tuple[Sequence[Any], list[int]]:
        """The bounds of the buckets, and how many elements fall into each."""
        if isinstance(buckets, (list, tuple)):
            return self._counted_in(statistics.given_buckets(buckets))
        if not isinstance(buckets, int):
            raise TypeError("buckets should be a list or tuple or number(int or long)")
        if buckets < 1:
            raise ValueError("number of buckets must be >= 1")
        comparable = self.filter(statistics.is_comparable)
        low, high = comparable.map(_twice).reduce(_bounds)
        if low == high or buckets == 1:
            return [low, high], [comparable.count()]
        return self._counted_in(statistics.even_buckets(low, high, buckets))

    def _counted_in(self, buckets: Buckets) -> tuple[Sequence[Any], list[int]]:
        counts = self.mapPartitions(partial(_histogram, buckets)).reduce(_added)
        return buckets.bounds, counts

    def countApprox(self, timeout: int, confidence: float = 0.95) -> int:
        """How many elements: the exact number, so the time limit never cuts it short."""
        return self.count()

    def sumApprox(self, timeout: int, confidence: float = 0.95) -> BoundedFloat:
        """The exact sum, as an estimate that is certain."""
        return _certain(self.mapPartitions(functions.summed).map(float).sum())

    def meanApprox(self, timeout: int, confidence: float = 0.95) -> BoundedFloat:
        """The exact mean, as an estimate that is certain."""
        return _certain(self.map(float).mean())

    def countApproxDistinct(self, relativeSD: float = 0.05) -> int:
        """How many different elements: the exact number, whatever error is allowed."""
        if relativeSD < 0.000017:
            raise ValueError("relativeSD should be greater than 0.000017")
        return self.distinct().count()


def _statistics(elements: Iterable[Any]) -> list[StatCounter]:
    return [StatCounter(elements)]


def _twice(element: Any) -> tuple[Any, Any]:
    return element, element


def _bounds(left: tuple[Any, Any], right: tuple[Any, Any]) -> tuple[Any, Any]:
    return min(left[0], right[0]), max(left[1], right[1])


def _histogram(buckets: Buckets, elements: Iterable[Any]) -> list[list[int]]:
    return [buckets.count(elements)]


def _added(left: list[int], right: list[int]) -> list[int]:
    return [one + other for one, other in zip(left, right, strict=True)]


def _certain(value: Any) -> BoundedFloat:
    return BoundedFloat(value, 1.0, value, value)
