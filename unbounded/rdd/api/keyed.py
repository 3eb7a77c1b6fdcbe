"""Operations on pairs of key and value: grouping, joining, sorting. Shuffles are asked for here and run elsewhere."""

from __future__ import annotations

import bisect
import copy
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial, reduce
from typing import TYPE_CHECKING, Any

from unbounded.rdd.api.numeric import NumericActions
from unbounded.rdd.execution.lineage import Shuffled
from unbounded.rdd.kernels import joining
from unbounded.rdd.kernels import partition_functions as functions
from unbounded.rdd.kernels.batches import REPARTITION_BATCH, FixedBatches
from unbounded.rdd.kernels.hashing import Partitioner, portable_hash
from unbounded.rdd.kernels.sampling import StratifiedSampler, new_seed

if TYPE_CHECKING:
    from unbounded.rdd.api.rdd import RDD

Reducer = Callable[[Any, Any], Any]
PartitionOfKey = Callable[[Any], int]
SAMPLES_PER_SORTED_PARTITION = 20.0


class KeyedOperations(NumericActions):
    """Operations for elements that are pairs."""

    def keys(self) -> RDD:
        """The keys."""
        return self.map(functions.first_of)

    def values(self) -> RDD:
        """The values."""
        return self.map(functions.second_of)

    def mapValues(self, f: Callable[[Any], Any]) -> RDD:
        """Each pair with the function's result for its value."""
        return self.mapPartitions(partial(functions.map_values, f), preservesPartitioning=True)

    def flatMapValues(self, f: Callable[[Any], Iterable[Any]]) -> RDD:
        """A pair for each of the function's results for each value."""
        return self.mapPartitions(partial(functions.flat_map_values, f), preservesPartitioning=True)

    def sampleByKey(self, withReplacement: bool, fractions: Mapping[Any, float], seed: int | None = None) -> RDD:
        """A random part of the pairs of each key."""
        for fraction in fractions.values():
            assert fraction >= 0.0, f"Negative fraction value: {fraction}"
        sampler = StratifiedSampler(withReplacement, fractions, new_seed() if seed is None else seed)
        return self._mapped(sampler, keeps_partitioner=True)

    def _reduce_partition_count(self) -> int:
        """Spark's rule for shuffles that are not told: `spark.default.parallelism`, else as many as there are."""
        if self.ctx.has_setting("spark.default.parallelism"):
            return self.ctx.defaultParallelism
        return self.getNumPartitions()

    def partitionBy(self, numPartitions: int | None, partitionFunc: PartitionOfKey = portable_hash) -> RDD:
        """Each pair in the partition its key belongs to."""
        count = self._reduce_partition_count() if numPartitions is None else numPartitions
        partitioner = Partitioner(count, partitionFunc)
        if self.partitioner == partitioner:
            return self._as_rdd()
        return self._derive(Shuffled(self._node, partitioner))

    def redistributed(self, count: int) -> RDD:
        """Numbered batches moved to the partitions of their numbers, and opened there (for `repartition`)."""
        moved = self._derive(Shuffled(self._node, Partitioner(count, functions.same)))
        opened = moved.mapPartitions(functions.batches_flattened)
        opened._node.batching = FixedBatches(REPARTITION_BATCH)
        return opened

    def combineByKey(
        self,
        createCombiner: Callable[[Any], Any],
        mergeValue: Reducer,
        mergeCombiners: Reducer,
        numPartitions: int | None = None,
        partitionFunc: PartitionOfKey = portable_hash,
    ) -> RDD:
        """One combined value for each key: made from the first value, grown by the others, merged after the shuffle."""
        count = self._reduce_partition_count() if numPartitions is None else numPartitions
        combine = partial(functions.combined, createCombiner, mergeValue)
        shuffled = self.mapPartitions(combine, preservesPartitioning=True).partitionBy(count, partitionFunc)
        merge = partial(functions.combined, functions.same, mergeCombiners)
        return shuffled.mapPartitions(merge, preservesPartitioning=True)

    def reduceByKey(
        self, func: Reducer, numPartitions: int | None = None, partitionFunc: PartitionOfKey = portable_hash
    ) -> RDD:
        """The values of each key reduced to one."""
        return self.combineByKey(functions.same, func, func, numPartitions, partitionFunc)

    def aggregateByKey(
        self,
        zeroValue: Any,
        seqFunc: Reducer,
        combFunc: Reducer,
        numPartitions: int | None = None,
        partitionFunc: PartitionOfKey = portable_hash,
    ) -> RDD:
        """The values of each key folded into a copy of the zero value, merged after the shuffle."""
        create = partial(_folded_into_copy, zeroValue, seqFunc)
        return self.combineByKey(create, seqFunc, combFunc, numPartitions, partitionFunc)

    def foldByKey(
        self,
        zeroValue: Any,
        func: Reducer,
        numPartitions: int | None = None,
        partitionFunc: PartitionOfKey = portable_hash,
    ) -> RDD:
        """As `aggregateByKey` with one function."""
        return self.aggregateByKey(zeroValue, func, func, numPartitions, partitionFunc)

    def groupByKey(self, numPartitions: int | None = None, partitionFunc: PartitionOfKey = portable_hash) -> RDD:
        """The values of each key together."""
        combine = (joining.one_value, joining.value_added, joining.groups_merged)
        return self.combineByKey(*combine, numPartitions, partitionFunc).mapValues(joining.ResultIterable)

    def join(self, other: RDD, numPartitions: int | None = None) -> RDD:
        """All pairs of values the two have for a key."""
        return self._joined(other, numPartitions, joining.INNER)

    def leftOuterJoin(self, other: RDD, numPartitions: int | None = None) -> RDD:
        """As `join`; a key that is only here meets None."""
        return self._joined(other, numPartitions, joining.LEFT_OUTER)

    def rightOuterJoin(self, other: RDD, numPartitions: int | None = None) -> RDD:
        """As `join`; a key that is only there meets None."""
        return self._joined(other, numPartitions, joining.RIGHT_OUTER)

    def fullOuterJoin(self, other: RDD, numPartitions: int | None = None) -> RDD:
        """As `join`; a key that is on one side only meets None."""
        return self._joined(other, numPartitions, joining.FULL_OUTER)

    def _joined(self, other: RDD, count: int | None, pairs: joining.Join) -> RDD:
        left = self.mapValues(partial(functions.tagged_with, joining.LEFT))
        right = other.mapValues(partial(functions.tagged_with, joining.RIGHT))
        return left.union(right).groupByKey(count).flatMapValues(pairs)

    def cogroup(self, other: RDD, numPartitions: int | None = None) -> RDD:
        """For each key the values it has in each of the two."""
        return self._cogrouped([other], numPartitions)

    def groupWith(self, other: RDD, *others: RDD) -> RDD:
        """For each key the values it has in each of several RDDs."""
        return self._cogrouped([other, *others], None)

    def _cogrouped(self, others: Sequence[RDD], count: int | None) -> RDD:
        first = self.mapValues(partial(functions.tagged_with, 0))
        rest = [rdd.mapValues(partial(functions.tagged_with, tag)) for tag, rdd in enumerate(others, start=1)]
        union = reduce(lambda left, right: left.union(right), rest, first)
        return union.groupByKey(count).mapValues(partial(joining.grouped_by_tag, len(others) + 1))

    def subtractByKey(self, other: RDD, numPartitions: int | None = None) -> RDD:
        """The pairs whose key is not in the other one."""
        return self.cogroup(other, numPartitions).filter(joining.is_only_left).flatMapValues(functions.first_of)

    def keys_on_both_sides(self, other: RDD) -> RDD:
        """The keys that are in both (for `intersection`)."""
        return self.cogroup(other).filter(joining.is_on_both_sides).keys()

    def sortByKey(
        self,
        ascending: bool = True,
        numPartitions: int | None = None,
        keyfunc: Callable[[Any], Any] = functions.same,
    ) -> RDD:
        """The pairs in the order of their keys; samples the keys to cut the partitions."""
        count = self._reduce_partition_count() if numPartitions is None else numPartitions
        sort = partial(functions.sorted_pairs, keyfunc, not ascending)
        if count == 1:
            single = self.coalesce(1) if self.getNumPartitions() > 1 else self
            return single.mapPartitions(sort, preservesPartitioning=True)
        size = self.count()
        if not size:
            return self._as_rdd()
        bounds = self._sampled_bounds(count, size, keyfunc)
        cut = RangePartition(bounds, keyfunc, count, ascending)
        return self.partitionBy(count, cut).mapPartitions(sort, preservesPartitioning=True)

    def _sampled_bounds(self, count: int, size: int, keyfunc: Callable[[Any], Any]) -> list[Any]:
        fraction = min(count * SAMPLES_PER_SORTED_PARTITION / max(size, 1), 1.0)
        samples = sorted(
            self.sample(withReplacement=False, fraction=fraction, seed=1).map(functions.first_of).collect(), key=keyfunc
        )
        return [samples[int(len(samples) * (index + 1) / count)] for index in range(count - 1)]

    def sortBy(self, keyfunc: Callable[[Any], Any], ascending: bool = True, numPartitions: int | None = None) -> RDD:
        """The elements in the order of the keys a function gives them."""
        return self.keyBy(keyfunc).sortByKey(ascending, numPartitions).values()

    def repartitionAndSortWithinPartitions(
        self,
        numPartitions: int | None = None,
        partitionFunc: PartitionOfKey = portable_hash,
        ascending: bool = True,
        keyfunc: Callable[[Any], Any] = functions.same,
    ) -> RDD:
        """Each pair in the partition its key belongs to, sorted there."""
        sort = partial(functions.sorted_pairs, keyfunc, not ascending)
        return self.partitionBy(numPartitions, partitionFunc).mapPartitions(sort, preservesPartitioning=True)

    def lookup(self, key: Any) -> list[Any]:
        """The values of one key; computes only its partition if that is known."""
        values = self.filter(partial(_has_key, key)).values()
        if self.partitioner is None:
            return values.collect()
        # the key is hashed in a worker, where hashes are the same in every run
        number = self.ctx.parallelize([key], 1).map(self.partitioner).collect()
        return values._run(number)[0]

    def collectAsMap(self) -> dict[Any, Any]:
        """The pairs as a dictionary."""
        return dict(self.collect())

    def countByKey(self) -> dict[Any, int]:
        """How many pairs each key has."""
        return self.keys().countByValue()

    def reduceByKeyLocally(self, func: Reducer) -> dict[Any, Any]:
        """The values of each key reduced to one, as a dictionary."""
        merge = partial(_merged_dictionaries, func)
        reduced: dict[Any, Any] = self.mapPartitions(partial(functions.reduced_by_key, func)).reduce(merge)
        return reduced


@dataclass(frozen=True, slots=True)
class RangePartition:
    """Key → the partition between whose bounds it lies."""

    bounds: list[Any]
    key_function: Callable[[Any], Any]
    count: int
    ascending: bool

    def __call__(self, key: Any) -> int:
        place = bisect.bisect_left(self.bounds, self.key_function(key))
        return place if self.ascending else self.count - 1 - place


def _folded_into_copy(zero: Any, function: Reducer, value: Any) -> Any:
    return function(copy.deepcopy(zero), value)


def _has_key(key: Any, pair: tuple[Any, Any]) -> bool:
    return bool(pair[0] == key)


def _merged_dictionaries(function: Reducer, left: dict[Any, Any], right: dict[Any, Any]) -> dict[Any, Any]:
    for key, value in right.items():
        left[key] = function(left[key], value) if key in left else value
    return left
