"""A Kafka cluster inside librdkafka, for tests: it keeps records in memory and speaks the protocol over a socket."""

from __future__ import annotations

from collections.abc import Iterable

from confluent_kafka import Producer

_QUIET = {"log_level": "0"}


class Cluster:
    def __init__(self) -> None:
        self._owner = Producer({"bootstrap.servers": "none", "test.mock.num.brokers": "1", **_QUIET})
        (broker,) = self._owner.list_topics(timeout=10).brokers.values()
        self.address = f"{broker.host}:{broker.port}"
        self._producer = Producer({"bootstrap.servers": self.address, "linger.ms": "0", **_QUIET})

    @property
    def client(self) -> dict[str, str]:
        return {"bootstrap.servers": self.address, **_QUIET}

    def add(self, topic: str, records: Iterable[tuple[bytes | None, bytes | None]], partition: int = 0) -> None:
        """Keys and values; the record number i of the call gets the time 1000 + i milliseconds."""
        for number, (key, value) in enumerate(records):
            self._producer.produce(topic, value, key, partition, timestamp=1000 + number)
        assert self._producer.flush(10) == 0
