"""The slow way to write, through an object per record: for installations without a compiler."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from unbounded.connectors.kafka.client.library import client_library
from unbounded.connectors.kafka.sink.producers import Failure

_RECORDS_PER_CALL = 10_000
_POLL_S = 0.1


class PlainProducer:
    """Implements `producers.RecordProducer`."""

    def __init__(self, properties: Mapping[str, str]) -> None:
        """Raises: ValueError for properties that librdkafka refuses"""
        self._failed = 0
        self._first: Failure | None = None
        try:
            self._client = client_library().Producer(dict(properties))
        except client_library().KafkaException as error:
            raise ValueError(error.args[0].str()) from None

    def send(self, records: pa.RecordBatch, first: int) -> int:
        rows = records.slice(first, _RECORDS_PER_CALL).to_pylist()
        for done, row in enumerate(rows):
            headers = [(header["key"], header["value"]) for header in row["headers"] or ()]
            try:
                self._client.produce(
                    row["topic"],
                    row["value"],
                    row["key"],
                    row["partition"],
                    on_delivery=self._delivered,
                    headers=headers or None,
                )
            except BufferError:
                self._client.poll(_POLL_S)
                return first + done
            except client_library().KafkaException as error:
                self._note(error.args[0].code(), row["topic"], row["partition"])
                return first + done
        self._client.poll(0)
        return first + len(rows)

    def flush(self, timeout_ms: int) -> int:
        left: int = self._client.flush(timeout_ms / 1000)
        return left

    def failure(self) -> Failure | None:
        first = self._first
        return None if first is None else Failure(self._failed, first.code, first.topic, first.partition)

    def close(self) -> None:
        self._client.purge()

    def _delivered(self, error: Any, message: Any) -> None:
        if error is not None:
            self._note(error.code(), message.topic(), message.partition())

    def _note(self, code: int, topic: str, partition: int) -> None:
        self._failed += 1
        self._first = self._first or Failure(1, code, topic, partition)
