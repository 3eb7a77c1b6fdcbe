"""`writeStream.format("kafka")`: a batch is delivered before it is committed; one that comes again is sent again."""

from __future__ import annotations

import pyarrow as pa

from unbounded.connectors.kafka.sink.writer import KafkaWriter
from unbounded.connectors.streams import OutputMode


class KafkaSink:
    """Implements `connectors.streams.StreamSink`."""

    takes_parts = True

    def __init__(self, writer: KafkaWriter) -> None:
        self._writer = writer

    @property
    def description(self) -> str:
        return f"org.apache.spark.sql.kafka010.KafkaSourceProvider$KafkaTable@{id(self) & 0xFFFFFFFF:x}"

    def write(self, batch_id: int, rows: pa.Table, mode: OutputMode) -> int:
        return self._writer.write(rows.to_batches())

    def close(self) -> None:
        self._writer.close()
