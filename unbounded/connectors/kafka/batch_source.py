"""`spark.read.format("kafka")`: all records between two positions, looked up anew each time they are read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from unbounded.connectors.kafka.cluster import Cluster, client_failure, resolve_end, resolve_start
from unbounded.connectors.kafka.consumers import open_consumer
from unbounded.connectors.kafka.offsets import TopicPartition
from unbounded.connectors.kafka.options import KafkaSourceOptions, batch_options
from unbounded.connectors.kafka.ranges import ARROW_SCHEMA, RangeReader
from unbounded.connectors.kafka.records import SCHEMA
from unbounded.errors import not_supported
from unbounded.types.datatypes import StructType


def kafka_batch(options: Mapping[str, str]) -> KafkaBatch:
    """`options`: names in lower case. Raises: SparkError for wrong options, and for those not supported yet"""
    found = batch_options(options)
    refuse_headers(found)
    return KafkaBatch(found)


def refuse_headers(options: KafkaSourceOptions) -> None:
    if options.has_headers:
        raise not_supported("The Kafka option includeHeaders", "Leave it out; all other columns are there.")


def open_ranges(options: KafkaSourceOptions, cluster: Cluster) -> RangeReader:
    return RangeReader(
        cluster,
        open_consumer(options.client),
        fails_on_data_loss=options.fails_on_data_loss,
        poll_timeout_ms=options.poll_timeout_ms,
    )


@dataclass(frozen=True)
class KafkaBatch:
    """Implements `connectors.api.ArrowSource`."""

    options: KafkaSourceOptions

    @property
    def schema(self) -> StructType:
        return SCHEMA

    def input_files(self) -> Sequence[str]:
        return []

    def read(self) -> pa.RecordBatchReader:
        return pa.RecordBatchReader.from_batches(ARROW_SCHEMA, self._batches())

    def _batches(self) -> Iterator[pa.RecordBatch]:
        cluster = Cluster(self.options.client)
        ranges = self._ranges(cluster)
        reader = open_ranges(self.options, cluster)
        try:
            yield from reader.read(ranges)
        finally:
            reader.close()

    def _ranges(self, cluster: Cluster) -> dict[TopicPartition, tuple[int, int]]:
        options = self.options
        start = resolve_start(cluster, options.strategy, options.start, latest_if_too_new=options.latest_if_too_new)
        end = resolve_end(cluster, options.strategy, options.end)
        for partition in sorted(start.keys() & end.keys()):
            if start[partition] > end[partition]:
                raise client_failure(
                    f"The resolved start offset {start[partition]} is greater than the resolved end offset "
                    f"{end[partition]} for topic {partition.topic} partition {partition.partition}."
                )
        return {partition: (start[partition], end[partition]) for partition in start.keys() & end.keys()}
