"""Transformations that look at elements, not at keys. Lazy, but for `zipWithIndex`, which counts."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Any

from unbounded.rdd.api.partitioned_data import PartitionedData
from unbounded.rdd.execution.lineage import CartesianProduct, Coalesced, ZippedTogether, united
from unbounded.rdd.execution.piping import piped
from unbounded.rdd.kernels import partition_functions as functions
from unbounded.rdd.kernels.hashing import portable_hash
from unbounded.rdd.kernels.sampling import RangeSampler, Sampler, new_seed, new_split_seed

if TYPE_CHECKING:
    from unbounded.rdd.api.rdd import RDD


class Transformations(PartitionedData):
    """New RDDs from this one, element by element or partition by partition."""

    def mapPartitions(self, f: Callable[[Iterable[Any]], Iterable[Any]], preservesPartitioning: bool = False) -> RDD:
        """A function from the elements of each partition to new elements."""
        return self._mapped(partial(functions.without_index, f), keeps_partitioner=preservesPartitioning)

    def mapPartitionsWithSplit(
        self, f: Callable[[int, Iterable[Any]], Iterable[Any]], preservesPartitioning: bool = False
    ) -> RDD:
        """The old name of `mapPartitionsWithIndex`."""
        message = "mapPartitionsWithSplit is deprecated; use mapPartitionsWithIndex instead"
        warnings.warn(message, FutureWarning, stacklevel=2)
        return self.mapPartitionsWithIndex(f, preservesPartitioning)

    def map(self, f: Callable[[Any], Any], preservesPartitioning: bool = False) -> RDD:
        """The function's result for each element."""
        return self.mapPartitions(partial(functions.map_elements, f), preservesPartitioning)

    def flatMap(self, f: Callable[[Any], Iterable[Any]], preservesPartitioning: bool = False) -> RDD:
        """All the results of the function for each element."""
        return self.mapPartitions(partial(functions.flat_map_elements, f), preservesPartitioning)

    def filter(self, f: Callable[[Any], bool]) -> RDD:
        """The elements for which the function holds."""
        return self.mapPartitions(partial(functions.filter_elements, f), preservesPartitioning=True)

    def keyBy(self, f: Callable[[Any], Any]) -> RDD:
        """Each element as the value of the key the function gives it."""
        return self.map(partial(functions.with_key, f))

    def groupBy(
        self,
        f: Callable[[Any], Any],
        numPartitions: int | None = None,
        partitionFunc: Callable[[Any], int] = portable_hash,
    ) -> RDD:
        """The elements in groups by the key the function gives them."""
        return self.keyBy(f).groupByKey(numPartitions, partitionFunc)

    def glom(self) -> RDD:
        """Each partition as one list."""
        return self.mapPartitions(functions.gathered)

    def distinct(self, numPartitions: int | None = None) -> RDD:
        """Each element once."""
        pairs = self.map(partial(functions.paired_with, None))
        return pairs.reduceByKey(_first_value, numPartitions).map(functions.first_of)

    def union(self, other: RDD) -> RDD:
        """The elements of both."""
        return self._derive(united([self._node, other._node]))

    def __add__(self, other: RDD) -> RDD:
        if not isinstance(other, Transformations):
            raise TypeError
        return self.union(other)

    def intersection(self, other: RDD) -> RDD:
        """Each element that is in both, once."""
        pairs = self.map(partial(functions.paired_with, None))
        return pairs.keys_on_both_sides(other.map(partial(functions.paired_with, None)))

    def subtract(self, other: RDD, numPartitions: int | None = None) -> RDD:
        """The elements that are not in the other one."""
        pairs = self.map(partial(functions.paired_with, True))
        return pairs.subtractByKey(other.map(partial(functions.paired_with, True)), numPartitions).keys()

    def cartesian(self, other: RDD) -> RDD:
        """All pairs of an element of this and one of the other."""
        return self._derive(CartesianProduct(self._node, other._node))

    def zip(self, other: RDD) -> RDD:
        """Pairs of the elements at the same places; both need the same partitions with the same numbers of elements."""
        if self.getNumPartitions() != other.getNumPartitions():
            raise ValueError("Can only zip with RDD which has the same number of partitions")
        return self._derive(ZippedTogether(self._node, other._node))

    def zipWithIndex(self) -> RDD:
        """Each element with its place in the whole; counts the elements if there is more than one partition."""
        sizes: list[int] = []
        if self.getNumPartitions() > 1:
            sizes = self.mapPartitions(functions.counted).collect()
        starts = list(accumulate(sizes[:-1], initial=0))
        return self._mapped(partial(functions.numbered, starts))

    def zipWithUniqueId(self) -> RDD:
        """Each element with a number no other has, without counting."""
        return self._mapped(partial(functions.numbered_uniquely, self.getNumPartitions()))

    def coalesce(self, numPartitions: int, shuffle: bool = False) -> RDD:
        """At most so many partitions; with `shuffle` exactly so many, the elements dealt out in batches of ten."""
        if not numPartitions > 0:
            raise ValueError("Number of partitions must be positive.")
        if not shuffle:
            return self._derive(Coalesced(self._node, numPartitions))
        return self._mapped(partial(functions.dealt_out, numPartitions)).redistributed(numPartitions)

    def repartition(self, numPartitions: int) -> RDD:
        """Exactly so many partitions."""
        return self.coalesce(numPartitions, shuffle=True)

    def sample(self, withReplacement: bool, fraction: float, seed: int | None = None) -> RDD:
        """A random part of the elements."""
        if not fraction >= 0:
            raise ValueError("Fraction must be nonnegative.")
        sampler = Sampler(withReplacement, fraction, new_seed() if seed is None else seed)
        return self._mapped(sampler, keeps_partitioner=True)

    def randomSplit(self, weights: Sequence[float], seed: int | None = None) -> list[RDD]:
        """The elements in several random parts of these relative sizes."""
        if not all(weight >= 0 for weight in weights):
            raise ValueError("Weights must be nonnegative")
        total = float(sum(weights))
        if not total > 0:
            raise ValueError("Sum of weights must be positive")
        bounds = accumulate((weight / total for weight in weights), initial=0.0)
        split_seed = new_split_seed() if seed is None else seed
        samplers = [RangeSampler(lower, upper, split_seed) for lower, upper in pairwise(bounds)]
        return [self._mapped(sampler, keeps_partitioner=True) for sampler in samplers]

    def pipe(self, command: str, env: dict[str, str] | None = None, checkCode: bool = False) -> RDD:
        """The lines a program prints when it reads the elements as lines; one process for each partition."""
        return self.mapPartitions(partial(piped, command, env or {}, checkCode))


def _first_value(value: Any, _other: Any) -> Any:
    return value
