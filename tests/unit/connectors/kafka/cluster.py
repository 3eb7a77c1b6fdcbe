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

    def add(
        self,
        topic: str,
        records: Iterable[tuple[bytes | None, bytes | None]],
        partition: int = 0,
        *,
        first_time_ms: int = 1000,
    ) -> None:
        """Keys and values, a millisecond from one to the next."""
        for number, (key, value) in enumerate(records):
            self._producer.produce(topic, value, key, partition, timestamp=first_time_ms + number)
        assert self._producer.flush(10) == 0

    def add_with_headers(self, topic: str, value: bytes, headers: list[tuple[str, bytes | None]]) -> None:
        self._producer.produce(topic, value, None, 0, headers=headers)
        assert self._producer.flush(10) == 0
