"""Keys as words: equal words exactly for keys that Spark groups together, of every type."""

from __future__ import annotations

import datetime
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest

from unbounded.state.key_words import encode_keys, has_repeated_key

NAN, OTHER_NAN = np.array([0x7FF8000000000000, -0x0007FFFFFFFFFFFF], dtype=np.int64).view(np.float64).tolist()
DAY = datetime.date(2026, 1, 1)

# For each type groups of values that are one key; the groups are different keys. None is added to each.
GROUPS = {
    pa.null(): [],
    pa.bool_(): [[False], [True]],
    pa.int8(): [[0], [-1], [127]],
    pa.int16(): [[0], [-1]],
    pa.int32(): [[0], [-1]],
    pa.int64(): [[0], [-1], [2**62]],
    pa.float32(): [[0.0, -0.0], [NAN, OTHER_NAN], [1.5]],
    pa.float64(): [[0.0, -0.0], [NAN, OTHER_NAN], [1.5], [float("inf")]],
    pa.decimal128(38, 2): [[Decimal("0.00")], [Decimal("1.00")], [Decimal("-1.00")], [Decimal(2**80)]],
    pa.date32(): [[DAY], [datetime.date(1969, 1, 1)]],
    pa.timestamp("us"): [[0], [1]],
    pa.timestamp("us", "UTC"): [[0], [-1]],
    pa.duration("us"): [[0], [1]],
    pa.month_day_nano_interval(): [[(0, 0, 0)], [(1, 0, 0)], [(0, 0, 1)]],
    pa.string(): [[""], ["\0"], ["a"], ["a\0"], ["eight by"], ["eight byt"], ["x" * 100]],
    pa.large_string(): [[""], ["a"]],
    pa.binary(): [[b""], [b"\0"], [b"\0\0"]],
    pa.binary(3): [[b"abc"], [b"abd"]],
    pa.struct([("a", pa.int32()), ("b", pa.string())]): [
        [{"a": 1, "b": None}],
        [{"a": None, "b": None}],
        [{"a": None, "b": ""}],
    ],
    pa.struct([("a", pa.struct([("b", pa.float64())]))]): [[{"a": {"b": 0.0}}, {"a": {"b": -0.0}}], [{"a": None}]],
    pa.list_(pa.string()): [[[]], [[None]], [[""]], [["a", "bc"]], [["ab", "c"]], [["a", "bc", ""]]],
    pa.list_(pa.list_(pa.float64())): [[[[0.0]], [[-0.0]]], [[[], [0.0]]], [[[0.0], []]], [[None]]],
    pa.list_(pa.int8(), 2): [[[1, 2]], [[2, 1]]],
    pa.map_(pa.string(), pa.int32()): [
        [[]],
        [[("a", 1), ("b", None)], [("b", None), ("a", 1)]],
        [[("a", 1)]],
        [[("b", 1), ("a", None)]],
    ],
}


@pytest.mark.parametrize("data_type", GROUPS, ids=str)
def test_words_are_equal_exactly_within_a_group(data_type: pa.DataType) -> None:
    groups = [[None, None], *GROUPS[data_type]]
    numbers = np.array([number for number, group in enumerate(groups) for _ in group])
    values = pa.array([value for group in groups for value in group], data_type)
    first, second = np.divmod(np.arange(len(numbers) ** 2), len(numbers))
    left = encode_keys([values.take(pa.array(first))], len(first))
    right = encode_keys([values.take(pa.array(second))], len(second))
    same = numbers[first] == numbers[second]
    assert np.array_equal(left.equals(right), same)
    assert np.array_equal(left.hashes() == right.hashes(), same)
    assert has_repeated_key(left, left.hashes())


@pytest.mark.parametrize("data_type", GROUPS, ids=str)
def test_a_slice_has_the_words_of_its_rows(data_type: pa.DataType) -> None:
    values = pa.array([None, *(value for group in GROUPS[data_type] for value in group), None], data_type)
    whole = encode_keys([values], len(values))
    for start in range(len(values) + 1):
        part = encode_keys([values.slice(start)], len(values) - start)
        assert part.equals(whole.take(np.arange(start, len(values)))).all()
        assert np.array_equal(part.hashes(), whole.hashes()[start:])


def test_what_lies_under_null_does_not_count() -> None:
    hidden = pa.Array.from_buffers(pa.int64(), 2, [pa.py_buffer(b"\0"), pa.array([1, 2]).buffers()[1]])
    assert encode_keys([hidden], 2).equals(encode_keys([pa.array([None, None], pa.int64())], 2)).all()


def test_columns_are_told_apart() -> None:
    left = encode_keys([pa.array(["ab", None]), pa.array(["c", "x"])], 2)
    right = encode_keys([pa.array(["a", "x"]), pa.array(["bc", None])], 2)
    assert not left.equals(right).any()
    assert not np.any(left.hashes() == right.hashes())
