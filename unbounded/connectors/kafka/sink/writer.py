"""Rows of a query into Kafka: sent, and delivered before the writing ends; one record that is not fails it all."""

from __future__ import annotations

from collections.abc import Iterable

import pyarrow as pa

from unbounded.cancellation import Cancellation
from unbounded.clock import Clock
from unbounded.connectors.kafka.client.connection import Connection
from unbounded.connectors.kafka.client.failures import client_failure, error_text
from unbounded.connectors.kafka.sink.opened_producer import open_producer
from unbounded.connectors.kafka.sink.producers import RecordProducer
from unbounded.connectors.kafka.sink.record_columns import record_columns
from unbounded.connectors.kafka.sink.sink_options import KafkaSinkOptions
from unbounded.errors import ErrorKind, SparkError
from unbounded.types.datatypes import StructType

_FLUSH_MS = 200


class KafkaWriter:
    """Keeps its connection from batch to batch. Used by one thread."""

    def __init__(self, options: KafkaSinkOptions, schema: StructType, cancellation: Cancellation, clock: Clock) -> None:
        """Raises: SparkError for columns that cannot be records"""
        self._columns = record_columns(schema, options.topic)
        self._options = options
        self._cancellation = cancellation
        self._clock = clock
        self._producer: RecordProducer | None = None

    def write(self, batches: Iterable[pa.RecordBatch]) -> int:
        """How many records were delivered. Raises: SparkError if one was not, or nobody wants them any more"""
        producer = self._producer = self._producer or self._open()
        count = 0
        try:
            for batch in batches:
                self._send(producer, self._columns.records(batch))
                count += batch.num_rows
            while producer.flush(_FLUSH_MS):
                self._check(producer)
            self._check(producer)
        except BaseException:
            self.close()
            raise
        return count

    def close(self) -> None:
        if self._producer is not None:
            self._producer.close()
            self._producer = None

    def _open(self) -> RecordProducer:
        """Once a broker has answered: a wrong address is told as such, and not by each record. Raises: SparkError"""
        options = self._options
        Connection(options.client, options.block_ms, self._cancellation, self._clock).topics()
        return open_producer(options.client)

    def _send(self, producer: RecordProducer, records: pa.RecordBatch) -> None:
        row = 0
        while row < records.num_rows:
            row = producer.send(records, row)
            self._check(producer)

    def _check(self, producer: RecordProducer) -> None:
        failure = producer.failure()
        if failure is not None:
            place = f"topic {failure.topic}" + (f" partition {failure.partition}" if failure.partition >= 0 else "")
            counted = "A record was" if failure.count == 1 else f"{failure.count} records were"
            reason = f"{place}: {error_text(failure.code)}"
            raise client_failure(
                f"{counted} not delivered to Kafka, {reason}. The batch has failed; other records of it may be there."
            )
        if self._cancellation.is_cancelled:
            raise SparkError(ErrorKind.SPARK, "OPERATION_CANCELED", {})
