"""Segments and their merging: a row keeps its id, whatever else happens to it."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from unbounded.state.compaction import FAN_IN, Merge, plan_merges
from unbounded.state.hash_index import HashIndex
from unbounded.state.segments import SEGMENT_ROWS, Segment, Segments

SCHEMA = pa.schema([("n", pa.int64())])


def numbers(*values: int) -> pa.Table:
    return pa.table({"n": pa.array(values, pa.int64())})


def filled(segment_count: int) -> Segments:
    """Segments of three rows; row i is the number i."""
    segments = Segments(SCHEMA, ("n",))
    for number in range(segment_count):
        segments.append(numbers(*range(3 * number, 3 * number + 3)))
    return segments


def sized(*live_counts: int) -> list[Segment]:
    rows = numbers(0).to_batches()[0]
    sizes = []
    for number, live_count in enumerate(live_counts):
        segment = Segment.of(rows, number)
        segment.live_count = live_count
        sizes.append(segment)
    return sizes


def planned(*live_counts: int) -> list[list[int]]:
    return [[segment.live_count for segment in group] for group in plan_merges(sized(*live_counts))]


def test_neighbours_of_one_size_are_merged_by_eights() -> None:
    assert planned(*[10] * 7) == []
    assert planned(*[10] * 8) == [[10] * 8]
    assert planned(80_000, *[10_000] * 7) == []
    assert planned(80_000, *[10_000] * 8) == [[10_000] * 8]
    assert planned(*[80_000] * 7, 10_000) == []
    assert planned(*[80_000] * 8, 10_000) == [[*[80_000] * 8, 10_000]]
    assert planned(*[10] * 7, 700_000, *[10] * 7) == []


def test_no_segment_grows_beyond_the_bound() -> None:
    groups = planned(*[250_000] * FAN_IN)
    assert groups == [[250_000] * 4, [250_000] * 4]
    assert max(map(sum, groups)) <= SEGMENT_ROWS
    assert planned(*[SEGMENT_ROWS] * 20) == []


def test_a_hollow_segment_is_rewritten_alone() -> None:
    segments = filled(2)
    segments.mark(np.array([0]), is_live=False)
    assert plan_merges(segments.parts) == []
    segments.mark(np.array([1]), is_live=False)
    assert plan_merges(segments.parts) == [[segments.parts[0]]]


def test_a_segment_without_rows_that_count_goes() -> None:
    segments = filled(2)
    segments.mark(np.array([3, 4, 5]), is_live=False)
    (group,) = plan_merges(segments.parts)
    merge = Merge(group)
    merge.run()
    merge.install(segments)
    assert segments.scan().column("n").to_pylist() == [0, 1, 2]
    assert len(segments.parts) == 1


def test_rows_that_change_during_a_merge_are_not_lost() -> None:
    segments = filled(4)
    segments.mark(np.array([1, 4, 5]), is_live=False)
    merge = Merge(segments.parts[:3])
    merge.run()
    segments.mark(np.array([0, 8, 9]), is_live=False)
    new = segments.append(numbers(100))
    merge.install(segments)
    assert segments.scan().column("n").to_pylist() == [2, 3, 6, 7, 10, 11, 100]
    assert [part.live_count for part in segments.parts] == [4, 2, 1]
    assert segments.take(np.array([7, *new, 2, 10])).column("n").to_pylist() == [7, 100, 2, 10]
    assert segments.expire(7).tolist() == [2, 3, 6, 7]


def test_ids_far_apart_are_found() -> None:
    segments = filled(100)
    kept = np.arange(0, 300, 50)
    segments.mark(np.setdiff1d(np.arange(300), kept), is_live=False)
    merge = Merge(list(segments.parts))
    merge.run()
    merge.install(segments)
    assert segments.parts[0].places is None
    assert segments.take(np.flip(kept).copy()).column("n").to_pylist() == kept[::-1].tolist()


def test_the_index_finds_every_row_through_growth_and_removal() -> None:
    generator = np.random.default_rng(1)
    index, known = HashIndex(), {}
    for step in range(60):
        hashes = generator.integers(0, 2**64, 200, dtype=np.uint64)
        ids = np.arange(step * 200, step * 200 + 200)
        index.insert(hashes, ids)
        known.update(zip(ids.tolist(), hashes.tolist(), strict=True))
        gone = generator.choice(list(known), 100, replace=False)
        index.delete(index.slots_of(np.array([known.pop(i) for i in gone.tolist()], dtype=np.uint64), gone))
    ids = np.array(list(known))
    found = index.probe(np.array(list(known.values()), dtype=np.uint64))
    assert np.array_equal(index.ids_at(found), ids)
    assert np.all(index.probe(generator.integers(0, 2**64, 1000, dtype=np.uint64)) == -1)


def test_the_index_keeps_rows_of_one_hash_apart() -> None:
    index = HashIndex()
    last = np.full(600, 2**64 - 1, dtype=np.uint64)
    index.insert(last, np.arange(600))
    index.insert(last, np.arange(600, 1200))
    slots, seen = index.probe(last[:1]), []
    while slots[0] >= 0:
        seen.append(int(index.ids_at(slots)[0]))
        slots = index.probe(last[:1], after=slots)
    assert sorted(seen) == list(range(1200))
