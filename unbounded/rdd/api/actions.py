"""Actions: what runs a job and gives its result to the program. Nothing that needs numbers or keys."""

from __future__ import annotations

import heapq
import operator
from collections.abc import Callable, Iterable, Iterator
from functools import partial, reduce
from itertools import chain
from math import ceil
from random import Random
from typing import TYPE_CHECKING, Any

from unbounded.rdd.api.transformations import Transformations
from unbounded.rdd.kernels import partition_functions as functions
from unbounded.rdd.kernels import sampling

if TYPE_CHECKING:
    pass

Reducer = Callable[[Any, Any], Any]


class Actions(Transformations):
    """Results from all the elements, or from the first ones."""

    def collect(self) -> list[Any]:
        """All elements, in the order of the partitions."""
        return list(chain.from_iterable(self._run()))

    def toLocalIterator(self, prefetchPartitions: bool = False) -> Iterator[Any]:
        """All elements; computes one partition when the one before has been used up."""
        return (element for index in range(self.getNumPartitions()) for element in self._run([index])[0])

    def count(self) -> int:
        """How many elements."""
        return int(self.mapPartitions(functions.counted).sum())

    def sum(self) -> Any:
        """The sum of the elements."""
        return self.mapPartitions(functions.summed).fold(0, operator.add)

    def reduce(self, f: Reducer) -> Any:
        """The elements reduced to one, within partitions first."""
        values = self.mapPartitions(partial(functions.reduced, f)).collect()
        if not values:
            raise ValueError("Can not reduce() empty RDD")
        return reduce(functions.no_stop_iteration(f), values)

    def treeReduce(self, f: Reducer, depth: int = 2) -> Any:
        """As `reduce`, with rounds of merging in the workers."""
        _refuse_no_depth(depth)
        merge = partial(_reduced_if_any, f)
        value, is_missing = self.map(_present).treeAggregate((None, True), merge, merge, depth)
        if is_missing:
            raise ValueError("Cannot reduce empty RDD.")
        return value

    def fold(self, zeroValue: Any, op: Reducer) -> Any:
        """The elements folded into the zero value, once in each partition and once over all."""
        values = self.mapPartitions(partial(functions.folded, zeroValue, op)).collect()
        return reduce(functions.no_stop_iteration(op), values, zeroValue)

    def aggregate(self, zeroValue: Any, seqOp: Reducer, combOp: Reducer) -> Any:
        """As `fold`, with one function within partitions and one over their results."""
        values = self.mapPartitions(partial(functions.folded, zeroValue, seqOp)).collect()
        return reduce(functions.no_stop_iteration(combOp), values, zeroValue)

    def treeAggregate(self, zeroValue: Any, seqOp: Reducer, combOp: Reducer, depth: int = 2) -> Any:
        """As `aggregate`, with rounds of merging in the workers."""
        _refuse_no_depth(depth)
        if self.getNumPartitions() == 0:
            return zeroValue
        partial_results = self.mapPartitions(partial(functions.folded, zeroValue, seqOp))
        count: float = partial_results.getNumPartitions()
        scale = max(ceil(pow(count, 1.0 / depth)), 2)
        while count > scale + count / scale:
            count /= scale
            groups = int(count)
            grouped = partial_results._mapped(partial(_numbered_within, groups))
            partial_results = grouped.reduceByKey(combOp, groups).values()
        return partial_results.reduce(combOp)

    def max(self, key: Callable[[Any], Any] | None = None) -> Any:
        """The greatest element."""
        return self.reduce(max if key is None else partial(_extreme, max, key))

    def min(self, key: Callable[[Any], Any] | None = None) -> Any:
        """The least element."""
        return self.reduce(min if key is None else partial(_extreme, min, key))

    def top(self, num: int, key: Callable[[Any], Any] | None = None) -> list[Any]:
        """The greatest elements, descending."""
        largest: list[Any] = self.mapPartitions(partial(functions.largest, num, key)).reduce(
            lambda left, right: heapq.nlargest(num, left + right, key=key)
        )
        return largest

    def takeOrdered(self, num: int, key: Callable[[Any], Any] | None = None) -> list[Any]:
        """The least elements, ascending."""
        if num < 0:
            raise ValueError("top N cannot be negative.")
        if num == 0 or self.getNumPartitions() == 0:
            return []
        smallest: list[Any] = self.mapPartitions(partial(functions.smallest, num, key)).reduce(
            lambda left, right: heapq.nsmallest(num, left + right, key)
        )
        return smallest

    def take(self, num: int) -> list[Any]:
        """The first elements; computes one partition, then ever more until there are enough."""
        items: list[Any] = []
        total, scanned = self.getNumPartitions(), 0
        while len(items) < num and scanned < total:
            step = _partitions_to_try(num, len(items), scanned)
            wanted = partial(functions.first_elements, num - len(items))
            chosen = range(scanned, min(scanned + step, total))
            items += chain.from_iterable(self.mapPartitions(wanted)._run(chosen))
            scanned += step
        return items[: max(num, 0)]

    def first(self) -> Any:
        """The first element."""
        elements = self.take(1)
        if not elements:
            raise ValueError("RDD is empty")
        return elements[0]

    def isEmpty(self) -> bool:
        """Whether there is no element."""
        return self.getNumPartitions() == 0 or not self.take(1)

    def takeSample(self, withReplacement: bool, num: int, seed: int | None = None) -> list[Any]:
        """So many random elements."""
        if num < 0:
            raise ValueError("Sample size cannot be negative.")
        if num > sampling.MAX_SAMPLE_SIZE:
            raise ValueError(f"Sample size cannot be greater than {sampling.MAX_SAMPLE_SIZE}.")
        total = 0 if num == 0 else self.count()
        if total == 0:
            return []
        generator = Random(seed)
        if not withReplacement and num >= total:
            return sampling.shuffled(self.collect(), generator)
        return self._sample_of_size(withReplacement, num, total, seed, generator)

    def _sample_of_size(
        self, withReplacement: bool, num: int, total: int, seed: int | None, generator: Random
    ) -> list[Any]:
        fraction = sampling.fraction_for_sample_size(num, total, with_replacement=withReplacement)
        elements = self.sample(withReplacement, fraction, seed).collect()
        while len(elements) < num:
            elements = self.sample(withReplacement, fraction, generator.randint(0, sampling.MAX_SEED)).collect()
        return sampling.shuffled(elements, generator)[:num]

    def foreach(self, f: Callable[[Any], None]) -> None:
        """Call a function with each element, in the workers."""
        self.mapPartitions(partial(functions.called_for_each, f)).count()

    def foreachPartition(self, f: Callable[[Iterable[Any]], Any]) -> None:
        """Call a function with the elements of each partition, in the workers."""
        self.mapPartitions(partial(functions.called_for_partition, f)).count()

    def countByValue(self) -> dict[Any, int]:
        """How often each element occurs."""
        counts: dict[Any, int] = self.mapPartitions(functions.occurrences).reduce(functions.added_occurrences)
        return counts


def _refuse_no_depth(depth: int) -> None:
    if depth < 1:
        raise ValueError(f"Depth cannot be smaller than 1 but got {depth}.")


def _present(element: Any) -> tuple[Any, bool]:
    return element, False


def _reduced_if_any(function: Reducer, left: tuple[Any, bool], right: tuple[Any, bool]) -> tuple[Any, bool]:
    if left[1]:
        return right
    if right[1]:
        return left
    return function(left[0], right[0]), False


def _numbered_within(groups: int, index: int, elements: Iterable[Any]) -> Iterator[tuple[int, Any]]:
    return ((index % groups, element) for element in elements)


def _extreme(choose: Callable[..., Any], key: Callable[[Any], Any], left: Any, right: Any) -> Any:
    return choose(left, right, key=key)


def _partitions_to_try(wanted: int, found: int, scanned: int) -> int:
    """Spark's rule: one partition, then four times as many as before, or what the yield so far suggests."""
    if scanned == 0:
        return 1
    if found == 0:
        return scanned * 4
    return min(max(int(1.5 * wanted * scanned / found) - scanned, 1), scanned * 4)
