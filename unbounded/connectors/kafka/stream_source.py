"""`readStream.format("kafka")`: offsets of all partitions, in the checkpoint as Spark writes them; none go to Kafka.

Where a new query began is kept in the source's own directory: entry 0, a zero byte before the version.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from unbounded.checkpoint.logs import VERSION, check_version
from unbounded.connectors.kafka.batch_source import open_ranges, refuse_headers
from unbounded.connectors.kafka.cluster import Cluster, resolve_start
from unbounded.connectors.kafka.offsets import Offsets, TopicPartition, format_offsets, parse_offsets
from unbounded.connectors.kafka.options import (
    Assign,
    KafkaSourceOptions,
    Strategy,
    Subscribe,
    SubscribePattern,
    stream_options,
)
from unbounded.connectors.kafka.ranges import ARROW_SCHEMA, RangeReader
from unbounded.connectors.kafka.rate_limit import limited
from unbounded.connectors.kafka.records import SCHEMA
from unbounded.connectors.streams import SourceContext
from unbounded.types.datatypes import StructType

_START_PREFIX = "\0"


def kafka_provider(options: Mapping[str, str]) -> KafkaProvider:
    """`options`: names in lower case. Raises: SparkError for wrong options, and for those not supported yet"""
    found = stream_options(options)
    refuse_headers(found)
    return KafkaProvider(found)


@dataclass(frozen=True)
class KafkaProvider:
    """Implements `connectors.streams.StreamProvider`."""

    options: KafkaSourceOptions

    @property
    def schema(self) -> StructType:
        return SCHEMA

    def open(self, context: SourceContext) -> KafkaSource:
        return KafkaSource(self.options, context)


@dataclass(frozen=True)
class KafkaRows:
    """Implements `connectors.api.ArrowSource`: the rows of one batch."""

    ranges: Mapping[TopicPartition, tuple[int, int]] = field(hash=False)
    reader: RangeReader = field(compare=False)

    @property
    def schema(self) -> StructType:
        return SCHEMA

    def input_files(self) -> Sequence[str]:
        return []

    def read(self) -> pa.RecordBatchReader:
        return pa.RecordBatchReader.from_batches(ARROW_SCHEMA, self.reader.read(self.ranges))


class KafkaSource:
    """Implements `connectors.streams.StreamSource`."""

    def __init__(self, options: KafkaSourceOptions, context: SourceContext) -> None:
        self._options = options
        self._context = context
        self._cluster = Cluster(options.client)
        self._reader = open_ranges(options, self._cluster)
        self._initial: Offsets | None = None
        self._is_bounded = False
        self._bound: Offsets | None = None

    @property
    def description(self) -> str:
        return f"KafkaV2[{_shown(self._options.strategy)}]"

    def bound_to_now(self) -> None:
        """The end of every partition is looked up once more."""
        self._is_bounded = True

    def latest_offset(self, start: str | None, *, has_limit: bool) -> str:
        begin = self._begin(start)
        latest = self._latest()
        limit = self._options.max_offsets
        if limit is not None and has_limit:
            latest = limited(self._with_new_partitions(begin, latest), latest, limit)
        return format_offsets(latest)

    def batch(self, start: str | None, end: str) -> KafkaRows:
        """Partitions that came since `start` are read from their beginning."""
        begin, ends = self._begin(start), parse_offsets(end)
        deleted = sorted(begin.keys() - ends.keys())
        if deleted:
            shown = ", ".join(str(partition) for partition in deleted)
            self._reader.lost(f"Partitions Set({shown}) have been deleted.")
        begin = self._with_new_partitions(begin, ends)
        for partition, offset in sorted(ends.items()):
            if offset < begin[partition]:
                changed = f"offset was changed from {begin[partition]} to {offset}"
                self._reader.lost(f"Partition {partition} {changed}.")
        return KafkaRows({tp: (begin[tp], offset) for tp, offset in ends.items() if begin[tp] < offset}, self._reader)

    def commit(self, end: str) -> None:
        """Keeps nothing, and tells Kafka nothing."""

    def close(self) -> None:
        self._reader.close()

    def _begin(self, start: str | None) -> Offsets:
        if start is not None:
            return parse_offsets(start)
        if self._initial is None:
            self._initial = self._stored_start()
        return self._initial

    def _stored_start(self) -> Offsets:
        """1. the entry that is there; 2. else the position of the options, written down before it is used."""
        path = f"{self._context.directory}/0"
        files = self._context.files
        if files.exists(path):
            version, _, offsets = files.read(path).decode().removeprefix(_START_PREFIX).partition("\n")
            check_version(version, path)
            return parse_offsets(offsets)
        options = self._options
        found = resolve_start(
            self._cluster, options.strategy, options.start, latest_if_too_new=options.latest_if_too_new
        )
        files.put_if_absent(path, f"{_START_PREFIX}{VERSION}\n{format_offsets(found)}".encode())
        return found

    def _latest(self) -> Offsets:
        if self._bound is not None:
            return self._bound
        latest = self._cluster.latest(self._cluster.partitions(self._options.strategy))
        if self._is_bounded:
            self._bound = latest
        return latest

    def _with_new_partitions(self, begin: Offsets, ends: Offsets) -> Offsets:
        added = self._cluster.earliest(sorted(ends.keys() - begin.keys()))
        for partition, offset in added.items():
            if offset != 0:
                self._reader.lost(f"Added partition {partition} starts from {offset} instead of 0.")
        return {**begin, **added}


def _shown(strategy: Strategy) -> str:
    match strategy:
        case Subscribe(topics=topics):
            return f"Subscribe[{', '.join(topics)}]"
        case SubscribePattern(pattern=pattern):
            return f"SubscribePattern[{pattern}]"
        case Assign(partitions=partitions):
            return f"Assign[{', '.join(str(partition) for partition in partitions)}]"
