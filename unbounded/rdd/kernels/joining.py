"""Joins and groups of tagged values under one key. Pure; the shuffle that brings the values together is elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence, Sized
from dataclasses import dataclass
from typing import Any, Protocol

LEFT = 1
RIGHT = 2


class SizedIterable(Sized, Iterable[Any], Protocol):
    """Values whose number is known."""


class ResultIterable(Iterable[Any]):
    """The values of one group; can be gone through more than once."""

    def __init__(self, data: SizedIterable) -> None:
        self.data = data
        self.index = 0
        self.maxindex = len(data)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.data)

    def __len__(self) -> int:
        return len(self.data)


@dataclass(frozen=True, slots=True)
class Join:
    """All pairs of the left and the right values of a key; an optional side without values gives None."""

    left_is_optional: bool = False
    right_is_optional: bool = False

    def __call__(self, tagged: Iterable[tuple[int, Any]]) -> Iterator[Any]:
        sides: dict[int, list[Any]] = {LEFT: [], RIGHT: []}
        for tag, value in tagged:
            sides[tag].append(value)
        left, right = sides[LEFT], sides[RIGHT]
        if self.left_is_optional and not left:
            left.append(None)
        if self.right_is_optional and not right:
            right.append(None)
        return ((value, other) for value in left for other in right)


INNER = Join()
LEFT_OUTER = Join(right_is_optional=True)
RIGHT_OUTER = Join(left_is_optional=True)
FULL_OUTER = Join(left_is_optional=True, right_is_optional=True)


def grouped_by_tag(count: int, tagged: Iterable[tuple[int, Any]]) -> tuple[ResultIterable, ...]:
    """The values of a key, one group for each tag."""
    groups: list[list[Any]] = [[] for _ in range(count)]
    for tag, value in tagged:
        groups[tag].append(value)
    return tuple(ResultIterable(group) for group in groups)


def one_value(value: Any) -> list[Any]:
    """A group of one."""
    return [value]


def value_added(group: list[Any], value: Any) -> list[Any]:
    """The group with one more value."""
    group.append(value)
    return group


def groups_merged(left: list[Any], right: list[Any]) -> list[Any]:
    """Two groups of a key as one."""
    left.extend(right)
    return left


def is_only_left(pair: tuple[Any, Sequence[Sized]]) -> bool:
    """Whether a key has values on the left and none on the right."""
    left, right = pair[1]
    return len(left) > 0 and len(right) == 0


def is_on_both_sides(pair: tuple[Any, Sequence[Sized]]) -> bool:
    """Whether a key has values on both sides."""
    return all(len(group) > 0 for group in pair[1])
