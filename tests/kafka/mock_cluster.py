"""In place of a broker where there can be none: librdkafka's mock cluster, whose topics have four partitions."""

from __future__ import annotations

from collections.abc import Iterable

from unbounded.connectors.kafka.dev_broker import DevCluster

_ANSWER_S = 10


class MockCluster:
    """What tests that need no real broker ask of one."""

    def __init__(self) -> None:
        self._cluster = DevCluster([])
        self.address = self._cluster.address

    def create(self, topic: str) -> None:
        self._cluster.producer.list_topics(topic, timeout=_ANSWER_S)

    def add(self, topic: str, values: Iterable[bytes], partition: int = 0) -> None:
        for value in values:
            self._cluster.producer.produce(topic, value, partition=partition)
        assert self._cluster.producer.flush(_ANSWER_S) == 0
