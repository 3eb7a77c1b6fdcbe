"""How many of the new records a batch takes of each partition, in Spark's proportions. Knows no broker."""

from __future__ import annotations

import math
from collections.abc import Mapping

from unbounded.connectors.kafka.source.offsets import Offsets, TopicPartition


def limited(start: Offsets, latest: Offsets, max_count: int) -> Mapping[TopicPartition, int]:
    """The end of a batch with about `max_count` records; `start` has every partition of `latest`.

    A partition's part is proportional to what it has, rounded down, but up where that would be nothing.
    """
    sizes = {partition: end - start[partition] for partition, end in latest.items() if end > start[partition]}
    total = sum(sizes.values())
    ends = {
        partition: min(latest[partition], start[partition] + _quota(max_count * (size / total)))
        for partition, size in sizes.items()
    }
    return {**latest, **ends}


def _quota(part: float) -> int:
    return math.ceil(part) if part < 1 else math.floor(part)
