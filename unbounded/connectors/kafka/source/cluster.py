"""What a cluster knows of its partitions: which there are, and where they begin and end. Reads no records."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from typing import Any, TypeVar

from unbounded.cancellation import Cancellation
from unbounded.clock import Clock, SystemClock
from unbounded.connectors.kafka.client.connection import Connection
from unbounded.connectors.kafka.client.failures import client_failure, illegal_state
from unbounded.connectors.kafka.client.library import admin_library, client_library
from unbounded.connectors.kafka.source.offsets import EARLIEST, LATEST, Offsets, TopicPartition, set_text
from unbounded.connectors.kafka.source.source_options import (
    Assign,
    AtOffsets,
    AtTimestamp,
    AtTimestamps,
    KafkaSourceOptions,
    Limit,
    Position,
    Strategy,
    Subscribe,
    SubscribePattern,
)
from unbounded.connectors.option_values import illegal_argument
from unbounded.errors import SparkError

Answer = TypeVar("Answer")


class Cluster:
    """Asks the brokers, again as often as the options say. Raises: SparkError when they do not answer"""

    def __init__(self, options: KafkaSourceOptions, cancellation: Cancellation, clock: Clock) -> None:
        """Raises: SparkError for properties that the client refuses"""
        self._connection = Connection(options.client, options.api_timeout_ms, cancellation, clock)
        self._cancellation = cancellation
        self._attempts = max(options.fetch_attempts, 1)
        self._interval_s = options.fetch_interval_ms / 1000

    def partitions(self, strategy: Strategy) -> frozenset[TopicPartition]:
        found = self._retried(self._connection.topics)
        match strategy:
            case Assign(partitions=partitions):
                _check_hosted(sorted({tp.topic for tp in partitions if tp.partition not in found.get(tp.topic, ())}))
                return frozenset(partitions)
            case Subscribe(topics=topics):
                _check_hosted(sorted(set(topics) - found.keys()))
                return frozenset(TopicPartition(topic, number) for topic in topics for number in found[topic])
            case SubscribePattern(pattern=pattern):
                names = [topic for topic in found if re.fullmatch(pattern, topic)]
                return frozenset(TopicPartition(topic, number) for topic in names for number in found[topic])

    def earliest(self, partitions: Collection[TopicPartition]) -> dict[TopicPartition, int]:
        return self._offsets(partitions, lambda partition: admin_library().OffsetSpec.earliest())

    def latest(self, partitions: Collection[TopicPartition]) -> dict[TopicPartition, int]:
        return self._offsets(partitions, lambda partition: admin_library().OffsetSpec.latest())

    def at_timestamps(self, timestamps: Offsets) -> dict[TopicPartition, int]:
        """The first record that is not older (milliseconds since the epoch); LATEST if there is none."""
        return self._offsets(
            timestamps, lambda partition: admin_library().OffsetSpec.for_timestamp(timestamps[partition])
        )

    def _offsets(
        self, partitions: Collection[TopicPartition], what: Callable[[TopicPartition], Any]
    ) -> dict[TopicPartition, int]:
        if not partitions:
            return {}
        asked = {client_library().TopicPartition(*partition): what(partition) for partition in partitions}
        answers = self._retried(lambda: self._connection.offsets(asked))
        return {TopicPartition(tp.topic, tp.partition): offset for tp, offset in answers.items()}

    def _retried(self, question: Callable[[], Answer]) -> Answer:
        for _ in range(self._attempts - 1):
            try:
                return question()
            except SparkError:
                if self._cancellation.wait(self._interval_s):
                    raise
        return question()


def open_cluster(options: KafkaSourceOptions) -> Cluster:
    """For a query that nobody stops half-way."""
    return Cluster(options, Cancellation(), SystemClock())


def _check_hosted(missing: Collection[str]) -> None:
    if missing:
        names = ", ".join(missing)
        message = f"This server does not host this topic-partition: {names}. Create the topic, or correct its name."
        raise client_failure(message)


def resolve_start(cluster: Cluster, strategy: Strategy, limit: Limit, *, latest_if_too_new: bool) -> Offsets:
    """Where a new query begins, each partition by its offset."""
    found = _resolve(cluster, strategy, limit, "start")
    too_new = [] if latest_if_too_new else sorted(tp for tp, offset in found.items() if offset == LATEST)
    if too_new and isinstance(limit, AtTimestamp | AtTimestamps):
        first = too_new[0]
        timestamp = limit.timestamp_ms if isinstance(limit, AtTimestamp) else limit.timestamps[first]
        raise illegal_argument(f"No offset matched from request of topic-partition {first} and timestamp {timestamp}.")
    return _concrete(cluster, found)


def resolve_end(cluster: Cluster, strategy: Strategy, limit: Limit) -> Offsets:
    """Where a batch query ends."""
    return _concrete(cluster, _resolve(cluster, strategy, limit, "end"))


def _resolve(cluster: Cluster, strategy: Strategy, limit: Limit, side: str) -> Offsets:
    partitions = cluster.partitions(strategy)
    match limit:
        case Position.EARLIEST:
            return dict.fromkeys(partitions, EARLIEST)
        case Position.LATEST:
            return dict.fromkeys(partitions, LATEST)
        case AtOffsets(offsets=offsets):
            _check_assigned("KAFKA_START_OFFSET_DOES_NOT_MATCH_ASSIGNED", offsets, partitions)
            return offsets
        case AtTimestamps(timestamps=timestamps):
            condition = "KAFKA_TIMESTAMP_OFFSET_DOES_NOT_MATCH_ASSIGNED"
            _check_assigned(condition, timestamps, partitions, position=side)
            return cluster.at_timestamps(timestamps)
        case AtTimestamp(timestamp_ms=timestamp_ms):
            return cluster.at_timestamps(dict.fromkeys(partitions, timestamp_ms))
    raise TypeError(limit)


def _concrete(cluster: Cluster, offsets: Offsets) -> Offsets:
    latest = cluster.latest([tp for tp, offset in offsets.items() if offset == LATEST])
    earliest = cluster.earliest([tp for tp, offset in offsets.items() if offset == EARLIEST])
    return {**offsets, **latest, **earliest}


def _check_assigned(
    condition: str, given: Mapping[TopicPartition, int], assigned: frozenset[TopicPartition], **parameters: str
) -> None:
    if given.keys() != assigned:
        sides = {"specifiedPartitions": set_text(given), "assignedPartitions": set_text(assigned)}
        raise illegal_state(condition, **parameters, **sides)
