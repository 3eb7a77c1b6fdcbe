"""What a cluster knows of its partitions: which there are, and where they begin and end. Reads no records."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from confluent_kafka import KafkaException, admin
from confluent_kafka import TopicPartition as ClientPartition

from unbounded.connectors.kafka.offsets import EARLIEST, LATEST, Offsets, TopicPartition
from unbounded.connectors.kafka.options import (
    Assign,
    AtOffsets,
    AtTimestamp,
    AtTimestamps,
    Limit,
    Position,
    Strategy,
    Subscribe,
    SubscribePattern,
)
from unbounded.connectors.option_values import illegal_argument
from unbounded.errors import NO_CONDITION, ErrorKind, SparkError

_SPEC: Any = admin.OffsetSpec  # type: ignore[attr-defined]
_TIMEOUT_S = 60.0


def client_failure(message: str) -> SparkError:
    """An exception of Java's Kafka client or of Spark's connector: its sentence is all there is."""
    return SparkError(ErrorKind.JAVA_RUNTIME, NO_CONDITION, {"message": message})


class Cluster:
    """Asks the brokers. Raises: SparkError when they do not answer"""

    def __init__(self, properties: Mapping[str, str]) -> None:
        """Raises: SparkError for properties that the client refuses"""
        try:
            self._client = admin.AdminClient(dict(properties))
        except KafkaException as error:
            raise illegal_argument(f"Kafka client: {error.args[0].str()}") from None

    def partitions(self, strategy: Strategy) -> frozenset[TopicPartition]:
        match strategy:
            case Assign(partitions=partitions):
                return frozenset(partitions)
            case Subscribe(topics=topics):
                found = self._topics()
                missing = sorted(set(topics) - found.keys())
                if missing:
                    raise client_failure(f"This server does not host this topic-partition: {', '.join(missing)}")
                return frozenset(TopicPartition(topic, number) for topic in topics for number in found[topic])
            case SubscribePattern(pattern=pattern):
                found = self._topics()
                names = [topic for topic in found if re.fullmatch(pattern, topic)]
                return frozenset(TopicPartition(topic, number) for topic in names for number in found[topic])

    def earliest(self, partitions: Collection[TopicPartition]) -> dict[TopicPartition, int]:
        return self._offsets(dict.fromkeys(partitions, _SPEC.earliest()))

    def latest(self, partitions: Collection[TopicPartition]) -> dict[TopicPartition, int]:
        return self._offsets(dict.fromkeys(partitions, _SPEC.latest()))

    def at_timestamps(self, timestamps: Offsets) -> dict[TopicPartition, int]:
        """The first record that is not older (milliseconds since the epoch); LATEST if there is none."""
        return self._offsets({tp: _SPEC.for_timestamp(time) for tp, time in timestamps.items()})

    def _topics(self) -> dict[str, list[int]]:
        try:
            topics = self._client.list_topics(timeout=_TIMEOUT_S).topics
        except KafkaException as error:
            raise client_failure(f"Kafka: {error.args[0].str()}") from None
        return {name: sorted(topic.partitions) for name, topic in topics.items() if topic.error is None}

    def _offsets(self, wanted: Mapping[TopicPartition, Any]) -> dict[TopicPartition, int]:
        if not wanted:
            return {}
        asked = {ClientPartition(*partition): spec for partition, spec in wanted.items()}
        try:
            answers = self._client.list_offsets(asked, request_timeout=_TIMEOUT_S)
            return {TopicPartition(tp.topic, tp.partition): found.result().offset for tp, found in answers.items()}
        except KafkaException as error:
            raise client_failure(f"Kafka: {error.args[0].str()}") from None


def resolve_start(cluster: Cluster, strategy: Strategy, limit: Limit, *, latest_if_too_new: bool) -> Offsets:
    """Where a new query begins, each partition by its offset."""
    found = _resolve(cluster, strategy, limit, "start")
    too_new = [] if latest_if_too_new else [tp for tp, offset in found.items() if offset == LATEST]
    if too_new and isinstance(limit, AtTimestamp | AtTimestamps):
        raise illegal_argument(f"No offset matched from request of topic-partition {min(too_new)}")
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
            _check_assigned(offsets, partitions, "Partitions specified for Kafka start offsets")
            return offsets
        case AtTimestamps(timestamps=timestamps):
            _check_assigned(timestamps, partitions, f"Partitions specified for Kafka timestamp based {side} offsets")
            return cluster.at_timestamps(timestamps)
        case AtTimestamp(timestamp_ms=timestamp_ms):
            return cluster.at_timestamps(dict.fromkeys(partitions, timestamp_ms))
    raise TypeError(limit)


def _concrete(cluster: Cluster, offsets: Offsets) -> Offsets:
    latest = cluster.latest([tp for tp, offset in offsets.items() if offset == LATEST])
    earliest = cluster.earliest([tp for tp, offset in offsets.items() if offset == EARLIEST])
    return {**offsets, **latest, **earliest}


def _check_assigned(offsets: Offsets, assigned: frozenset[TopicPartition], what: str) -> None:
    if offsets.keys() != assigned:
        given, found = (f"Set({', '.join(str(tp) for tp in sorted(side))})" for side in (offsets, assigned))
        raise client_failure(
            f"{what} don't match what are assigned. Maybe topic partitions are created \nor deleted while the query "
            f"is running. Use -1 for latest, -2 for earliest.\nSpecified: {given} Assigned: {found}"
        )
