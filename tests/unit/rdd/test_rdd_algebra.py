"""Laws that hold for any data and any number of slices: an RDD equals a list or a dictionary computed in one piece."""

from __future__ import annotations

from collections import Counter, defaultdict

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from unbounded.rdd import SparkContext

SLICES = st.integers(1, 5)
KEYS = st.one_of(st.none(), st.integers(-3, 3), st.text("ab", max_size=2), st.tuples(st.integers(0, 1), st.text("x")))
PAIRS = st.lists(st.tuples(KEYS, st.integers(-100, 100)), max_size=25)
NUMBERS = st.lists(st.integers(-50, 50), max_size=30)
laws = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@laws
@given(pairs=PAIRS, slices=SLICES, goals=SLICES)
def test_reduce_by_key_is_a_sum_by_key(
    sc: SparkContext, pairs: list[tuple[object, int]], slices: int, goals: int
) -> None:
    model: Counter[object] = Counter()
    for key, value in pairs:
        model[key] += value
    reduced = sc.parallelize(pairs, slices).reduceByKey(lambda left, right: left + right, goals)
    assert reduced.getNumPartitions() == goals
    assert reduced.collectAsMap() == dict(model)


@laws
@given(pairs=PAIRS, slices=SLICES)
def test_group_by_key_keeps_the_order_of_values(sc: SparkContext, pairs: list[tuple[object, int]], slices: int) -> None:
    model = defaultdict(list)
    for key, value in pairs:
        model[key].append(value)
    assert sc.parallelize(pairs, slices).groupByKey().mapValues(list).collectAsMap() == dict(model)


@laws
@given(left=PAIRS, right=PAIRS, slices=SLICES)
def test_join_is_the_pairs_of_equal_keys(
    sc: SparkContext, left: list[tuple[object, int]], right: list[tuple[object, int]], slices: int
) -> None:
    model = Counter((key, (value, other)) for key, value in left for key_2, other in right if key == key_2)
    joined = sc.parallelize(left, slices).join(sc.parallelize(right, 2))
    assert Counter(joined.collect()) == model


@laws
@given(numbers=NUMBERS, slices=SLICES, goals=SLICES)
def test_order_survives_everything_but_a_shuffle(sc: SparkContext, numbers: list[int], slices: int, goals: int) -> None:
    rdd = sc.parallelize(numbers, slices)
    doubled = [number * 2 for number in numbers if number % 3]
    assert rdd.filter(lambda x: x % 3).map(lambda x: x * 2).coalesce(goals).collect() == doubled
    assert rdd.zipWithIndex().collect() == [(number, place) for place, number in enumerate(numbers)]
    assert rdd.take(goals) == numbers[:goals]
    assert list(rdd.toLocalIterator()) == numbers


@laws
@given(numbers=NUMBERS, slices=SLICES, goals=SLICES)
def test_slices_do_not_change_a_result(sc: SparkContext, numbers: list[int], slices: int, goals: int) -> None:
    rdd = sc.parallelize(numbers, slices).map(lambda x: x)
    assert rdd.sortBy(lambda x: x, numPartitions=goals).collect() == sorted(numbers)
    assert rdd.sortBy(lambda x: x, ascending=False, numPartitions=goals).collect() == sorted(numbers, reverse=True)
    assert sorted(rdd.distinct(goals).collect()) == sorted(set(numbers))
    assert sorted(rdd.repartition(goals).collect()) == sorted(numbers)
    assert (rdd.count(), rdd.sum(), rdd.countByValue()) == (len(numbers), sum(numbers), Counter(numbers))


@laws
@given(left=NUMBERS, right=NUMBERS)
def test_sets(sc: SparkContext, left: list[int], right: list[int]) -> None:
    one, other = sc.parallelize(left, 2), sc.parallelize(right, 3)
    assert set(one.intersection(other).collect()) == set(left) & set(right)
    assert Counter(one.subtract(other).collect()) == Counter(x for x in left if x not in right)
    assert one.union(other).collect() == left + right
    assert Counter(one.cartesian(other).collect()) == Counter((x, y) for x in left for y in right)
