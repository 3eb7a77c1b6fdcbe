"""Statistics of short lists to the last digit: two halves, each value by value, then merged.

The digits of Spark's answer depend on its partitions; with two of them it has those that its documentation prints.
"""

from __future__ import annotations

from collections.abc import Mapping

_MOST_VALUES = 1000
"""Longer lists are left to the engine's own aggregates."""


def let(variable: str, members: Mapping[str, str], body: str) -> str:
    """`body` that may use the `members` as fields of `variable`."""
    return f"list_transform([{packed(members)}], lambda {variable} : {body})[1]"


def packed(members: Mapping[str, str]) -> str:
    return f"struct_pack({', '.join(f'{name} := {value}' for name, value in members.items())})"


def in_two_halves(values: str, unit: Mapping[str, str], update: str, merge: str) -> str:
    """The state of a list, in which NULL takes a place but does not count; NULL for an empty and for a long list.

    `unit` is the state of one value `x`. `update` and `merge` make one state of two, `a` and `b`; the `b` of
    `update` is of one value. The text `values` is repeated.
    """
    middle = f"len({values}) // 2"
    halves = f"[{values}[1:{middle}], {values}[{middle} + 1:]]"
    units = f"list_transform(list_filter(p, lambda x : x IS NOT NULL), lambda x : {packed(unit)})"
    counted = f"list_filter(list_transform({halves}, lambda p : {units}), lambda p : len(p) > 0)"
    states = f"list_transform({counted}, lambda p : list_reduce(p, lambda a, b : {update}))"
    nothing = packed(dict.fromkeys(unit, "CAST(0 AS DOUBLE)"))
    merged = f"list_reduce([{nothing}] || {states}, lambda a, b : {merge})"
    return f"CASE WHEN len({values}) BETWEEN 1 AND {_MOST_VALUES} THEN {merged} END"
