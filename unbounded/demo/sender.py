"""Sends the records of the simulated sensors to Kafka, as many a second as is wanted, and counts them."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from unbounded.clock import Clock
from unbounded.connectors.kafka.client.library import QUIET, admin_library, client_library
from unbounded.demo.sensors import Arrival, SensorRecord

CONNECT_S_MAX = 5
_PAUSE_S = 0.05
_FLUSH_S_MAX = 30


class NoBroker(Exception):
    """Nobody answers at the address, or does not take what is sent."""


class Sender:
    """Sends to one topic. `sent` counts what the broker has taken."""

    def __init__(self, address: str, topic: str) -> None:
        """Makes the topic if it is not there. Raises: NoBroker"""
        self._producer: Any = client_library().Producer({**QUIET, "bootstrap.servers": address, "linger.ms": "5"})
        self._topic = topic
        self._failure: str | None = None
        self.sent: Counter[Arrival] = Counter()
        _make_sure_of(topic, self._producer, address)

    def send(self, records: Iterable[SensorRecord]) -> None:
        """Returns when the client has them; the order of a sensor's records is kept."""
        for record in records:
            while not self._is_taken(record):
                self._producer.poll(_PAUSE_S)
        self._producer.poll(0)

    def _is_taken(self, record: SensorRecord) -> bool:
        """False if the client's buffer is full."""

        def delivered(error: Any, _: Any) -> None:
            if error is None:
                self.sent[record.arrival] += 1
            else:
                self._failure = str(error.str())

        try:
            self._producer.produce(self._topic, record.value, str(record.sensor_id), on_delivery=delivered)
        except BufferError:
            return False
        return True

    def finish(self) -> None:
        """Waits for the broker. Raises: NoBroker if a record was lost"""
        unsent = self._producer.flush(_FLUSH_S_MAX)
        if unsent or self._failure:
            raise NoBroker(f"The broker did not take all records: {self._failure or f'{unsent} are left'}")


def _make_sure_of(topic: str, producer: Any, address: str) -> None:
    """A broker that makes topics by itself makes this one when it is asked for it, but may say so only later."""
    library, admin = client_library(), admin_library()
    try:
        if producer.list_topics(topic, timeout=CONNECT_S_MAX).topics[topic].error is None:
            return
        client = admin.AdminClient({**QUIET, "bootstrap.servers": address})
        client.create_topics([admin.NewTopic(topic)], operation_timeout=CONNECT_S_MAX)[topic].result()
    except library.KafkaException as error:
        if error.args[0].code() == library.KafkaError.TOPIC_ALREADY_EXISTS:
            return
        raise NoBroker(f"Kafka at {address}, topic {topic}: {error.args[0].str()}") from error


class PacedSender:
    """A thread that sends `per_second` of `records` until it is stopped."""

    def __init__(self, sender: Sender, records: Iterator[SensorRecord], per_second: float, clock: Clock) -> None:
        self._sender = sender
        self._records = records
        self._per_second = per_second
        self._clock = clock
        self._is_stopping = threading.Event()
        self._thread = threading.Thread(target=self._send, name="sensors", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Raises: NoBroker if a record was lost"""
        self._is_stopping.set()
        self._thread.join()
        self._sender.finish()

    def _send(self) -> None:
        begun_us, count = self._clock.monotonic_us(), 0
        while not self._is_stopping.wait(_PAUSE_S):
            due = int((self._clock.monotonic_us() - begun_us) * self._per_second / 1_000_000)
            self._sender.send(islice(self._records, due - count))
            count = due
