"""Partitions of topics and their offsets as JSON, as they stand in options and in the checkpoint. Knows no broker."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from unbounded.connectors.option_values import INT_MAX, LONG_MAX, illegal_argument

LATEST = -1
EARLIEST = -2


class TopicPartition(NamedTuple):
    """One partition of one topic; sorted as Spark sorts them."""

    topic: str
    partition: int

    def __str__(self) -> str:
        return f"{self.topic}-{self.partition}"


def set_text(partitions: Iterable[TopicPartition]) -> str:
    """As Scala shows a set of them."""
    return f"Set({', '.join(map(str, sorted(partitions)))})"


Offsets = Mapping[TopicPartition, int]
"""The next offset to read of each partition; in options also LATEST and EARLIEST."""


def format_offsets(offsets: Offsets) -> str:
    """`{"a":{"0":23,"1":42}}`: topics and partitions sorted, no blanks."""
    topics: dict[str, dict[str, int]] = {}
    for topic, partition in sorted(offsets):
        topics.setdefault(topic, {})[str(partition)] = offsets[TopicPartition(topic, partition)]
    return json.dumps(topics, separators=(",", ":"), ensure_ascii=False)


def parse_offsets(text: str) -> dict[TopicPartition, int]:
    """Raises: SparkError for anything but offsets"""
    example = 'Expected e.g. {"topicA":{"0":23,"1":-1},"topicB":{"0":-2}}, got '
    return _parse_numbers(text, example + text)


def parse_timestamps(text: str) -> dict[TopicPartition, int]:
    """Milliseconds since the epoch. Raises: SparkError for anything else"""
    topics = '{"topicA": {"0": 123456789, "1": 123456789},\n"topicB": {"0": 123456789, "1": 123456789}}'
    return _parse_numbers(text, f"Expected e.g. {topics}, got {text}")


def parse_partitions(text: str) -> tuple[TopicPartition, ...]:
    """Of `{"a":[0,1]}`. Raises: SparkError for anything else"""
    try:
        topics = _object(json.loads(text))
        found = {TopicPartition(topic, _whole(number, INT_MAX)) for topic, numbers in topics for number in numbers}
    except (ValueError, TypeError):
        raise illegal_argument(f'Expected e.g. {{"topicA":[0,1],"topicB":[0,1]}}, got {text}') from None
    return tuple(sorted(found))


def _parse_numbers(text: str, message: str) -> dict[TopicPartition, int]:
    try:
        return {
            TopicPartition(topic, _whole(partition, INT_MAX)): _whole(number, LONG_MAX)
            for topic, numbers in _object(json.loads(text))
            for partition, number in _object(numbers)
        }
    except (ValueError, TypeError):
        raise illegal_argument(message) from None


def _object(value: Any) -> Iterable[tuple[str, Any]]:
    if not isinstance(value, dict):
        raise TypeError
    return value.items()


def _whole(value: Any, maximum: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int | str) or not -maximum - 1 <= int(value) <= maximum:
        raise ValueError
    return int(value)
