"""What one task does to the elements of its partition: plain functions that pickle by name. No RDD, no file."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from functools import reduce
from itertools import chain, islice
from typing import Any

from unbounded.rdd.errors import STOP_ITERATION, PySparkRuntimeError
from unbounded.rdd.kernels.batches import REPARTITION_BATCH, FixedBatches
from unbounded.rdd.kernels.hashing import first_round_robin_position

Function = Callable[..., Any]
PartitionFunction = Callable[[int, Iterable[Any]], Iterable[Any]]


def no_stop_iteration(function: Function) -> Function:
    """The program's function; a StopIteration from it must not look like the end of the data."""

    def call(*arguments: Any) -> Any:
        try:
            return function(*arguments)
        except StopIteration as error:
            raise PySparkRuntimeError(STOP_ITERATION.format(error)) from error

    return call


def pipelined(
    first: PartitionFunction, second: PartitionFunction, index: int, elements: Iterable[Any]
) -> Iterable[Any]:
    """Two functions, one after the other."""
    return second(index, first(index, elements))


def without_index(function: Function, _index: int, elements: Iterable[Any]) -> Iterable[Any]:
    """A function that does not ask for the number of its partition."""
    result: Iterable[Any] = function(elements)
    return result


def map_elements(function: Function, elements: Iterable[Any]) -> Iterator[Any]:
    """The function's result for each element."""
    return map(no_stop_iteration(function), elements)


def flat_map_elements(function: Function, elements: Iterable[Any]) -> Iterator[Any]:
    """All the results of the function for each element."""
    return chain.from_iterable(map(no_stop_iteration(function), elements))


def filter_elements(function: Function, elements: Iterable[Any]) -> Iterator[Any]:
    """The elements for which the function holds."""
    return filter(no_stop_iteration(function), elements)


def map_values(function: Function, pairs: Iterable[Any]) -> Iterator[Any]:
    """Each pair with the function's result for its value."""
    call = no_stop_iteration(function)
    return ((pair[0], call(pair[1])) for pair in pairs)


def flat_map_values(function: Function, pairs: Iterable[Any]) -> Iterator[Any]:
    """A pair for each of the function's results for each value."""
    call = no_stop_iteration(function)
    return ((pair[0], value) for pair in pairs for value in call(pair[1]))


def with_key(function: Function, element: Any) -> tuple[Any, Any]:
    """An element under the key the function gives it."""
    return function(element), element


def paired_with(value: Any, element: Any) -> tuple[Any, Any]:
    """An element as a key with one and the same value."""
    return element, value


def tagged_with(tag: Any, element: Any) -> tuple[Any, Any]:
    """An element behind a tag."""
    return tag, element


def first_of(pair: Any) -> Any:
    """The key of a pair."""
    return pair[0]


def second_of(pair: Any) -> Any:
    """The value of a pair."""
    return pair[1]


def same(element: Any) -> Any:
    """The element itself."""
    return element


def gathered(elements: Iterable[Any]) -> Iterator[list[Any]]:
    """The whole partition as one list."""
    yield list(elements)


def counted(elements: Iterable[Any]) -> list[int]:
    """The number of elements."""
    return [sum(1 for _ in elements)]


def summed(elements: Iterable[Any]) -> list[Any]:
    """The sum of the elements."""
    return [sum(elements)]


def first_elements(count: int, elements: Iterable[Any]) -> Iterator[Any]:
    """At most so many elements."""
    return islice(elements, count)


def smallest(count: int, key: Function | None, elements: Iterable[Any]) -> list[list[Any]]:
    """The smallest elements, ascending, as one list."""
    return [heapq.nsmallest(count, elements, key)]


def largest(count: int, key: Function | None, elements: Iterable[Any]) -> list[list[Any]]:
    """The largest elements, descending, as one list."""
    return [heapq.nlargest(count, elements, key)]


def reduced(function: Function, elements: Iterable[Any]) -> Iterator[Any]:
    """The elements reduced to one; nothing for none."""
    iterator = iter(elements)
    for initial in iterator:
        yield reduce(no_stop_iteration(function), iterator, initial)


def folded(zero: Any, function: Function, elements: Iterable[Any]) -> Iterator[Any]:
    """The elements folded into the zero value, which is given for nothing too."""
    yield reduce(no_stop_iteration(function), elements, zero)


def called_for_each(function: Function, elements: Iterable[Any]) -> Iterator[Any]:
    """Calls the function for its effect."""
    call = no_stop_iteration(function)
    for element in elements:
        call(element)
    return iter(())


def called_for_partition(function: Function, elements: Iterable[Any]) -> Iterator[Any]:
    """Calls the function for its effect; a generator is run to its end."""
    result = function(elements)
    return iter(result) if isinstance(result, Iterable) else iter(())


def occurrences(elements: Iterable[Any]) -> Iterator[dict[Any, int]]:
    """How often each element occurs."""
    counts: dict[Any, int] = defaultdict(int)
    for element in elements:
        counts[element] += 1
    yield counts


def added_occurrences(left: dict[Any, int], right: dict[Any, int]) -> dict[Any, int]:
    """Two such counts as one."""
    for element, count in right.items():
        left[element] += count
    return left


def combined(create: Function, merge: Function, pairs: Iterable[Any]) -> Iterator[Any]:
    """One pair for each key, in the order of first sight: the first value created, the others merged into it."""
    create, merge = no_stop_iteration(create), no_stop_iteration(merge)
    result: dict[Any, Any] = {}
    for key, value in pairs:
        result[key] = merge(result[key], value) if key in result else create(value)
    return iter(result.items())


def reduced_by_key(function: Function, pairs: Iterable[Any]) -> Iterator[dict[Any, Any]]:
    """The values of each key reduced to one, as one dictionary."""
    yield dict(combined(same, function, pairs))


def sorted_pairs(key_function: Function, descending: bool, pairs: Iterable[Any]) -> Iterator[Any]:
    """The pairs in the order of their keys."""
    return iter(sorted(pairs, key=lambda pair: key_function(pair[0]), reverse=descending))


def numbered(starts: list[int], index: int, elements: Iterable[Any]) -> Iterator[Any]:
    """Each element with its place in the whole."""
    return ((element, place) for place, element in enumerate(elements, starts[index]))


def numbered_uniquely(partition_count: int, index: int, elements: Iterable[Any]) -> Iterator[Any]:
    """Each element with a number no other has."""
    return ((element, place * partition_count + index) for place, element in enumerate(elements))


def number_range(start: int, step: int, size: int, slices: int, index: int, _nothing: Iterable[Any]) -> range:
    """One slice of a range."""
    first, last = (start + index * size // slices * step, start + (index + 1) * size // slices * step)
    return range(first, last, step)


def dealt_out(partition_count: int, index: int, elements: Iterable[Any]) -> Iterator[tuple[int, list[Any]]]:
    """Batches of ten with the partitions they go to, one after the other."""
    position = first_round_robin_position(index, partition_count)
    for batch in FixedBatches(REPARTITION_BATCH).cut(elements):
        position += 1
        yield position, batch


def batches_flattened(pairs: Iterable[tuple[int, list[Any]]]) -> Iterator[Any]:
    """The elements of dealt out batches."""
    return chain.from_iterable(batch for _, batch in pairs)
