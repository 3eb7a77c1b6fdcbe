"""`spark.read.format("kafka")`: all records between two positions, looked up anew each time they are read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from unbounded.cancellation import Cancellation
from unbounded.connectors.kafka.client.failures import illegal_state
from unbounded.connectors.kafka.source.cluster import Cluster, open_cluster, resolve_end, resolve_start
from unbounded.connectors.kafka.source.consumers import open_consumer
from unbounded.connectors.kafka.source.offsets import TopicPartition
from unbounded.connectors.kafka.source.ranges import RangeReader, ReadSettings
from unbounded.connectors.kafka.source.records import source_schema
from unbounded.connectors.kafka.source.source_options import KafkaSourceOptions, batch_options
from unbounded.ids import new_id
from unbounded.types.arrow import to_arrow_schema
from unbounded.types.datatypes import StructType


def kafka_batch(options: Mapping[str, str]) -> KafkaBatch:
    """`options`: names in lower case. Raises: SparkError for wrong options"""
    return KafkaBatch(batch_options(options))


def open_ranges(options: KafkaSourceOptions, cluster: Cluster, cancellation: Cancellation) -> RangeReader:
    group_id = options.client.get("group.id") or f"{options.group_id_prefix}-{new_id()}-executor"
    settings = ReadSettings(group_id, options.fails_on_data_loss, options.poll_timeout_ms, options.has_headers)
    return RangeReader(cluster, open_consumer({**options.client, "group.id": group_id}), cancellation, settings)


@dataclass(frozen=True)
class KafkaBatch:
    """Implements `connectors.api.ArrowSource`."""

    options: KafkaSourceOptions

    @property
    def schema(self) -> StructType:
        return source_schema(has_headers=self.options.has_headers)

    def input_files(self) -> Sequence[str]:
        return []

    def read(self) -> pa.RecordBatchReader:
        return pa.RecordBatchReader.from_batches(to_arrow_schema(self.schema, "UTC"), self._batches())

    def _batches(self) -> Iterator[pa.RecordBatch]:
        cluster = open_cluster(self.options)
        ranges = self._ranges(cluster)
        reader = open_ranges(self.options, cluster, Cancellation())
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
                offsets = {"startOffset": str(start[partition]), "endOffset": str(end[partition])}
                place = {"topic": partition.topic, "partition": str(partition.partition)}
                raise illegal_state("RESOLVED_START_OFFSET_GREATER_THAN_END_OFFSET", **offsets, **place)
        return {partition: (start[partition], end[partition]) for partition in start.keys() & end.keys()}
