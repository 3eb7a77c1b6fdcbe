"""`readStream.format("kafka")`: offsets of all partitions, in the checkpoint as Spark writes them; none go to Kafka.

Where a new query began is kept in the source's own directory: entry 0, a zero byte before the version.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from unbounded.checkpoint.logs import VERSION, check_version
from unbounded.connectors.kafka.client.failures import DELETED, DELETED_WITH_GROUP_ID, NOT_FROM_ZERO, OFFSET_CHANGED
from unbounded.connectors.kafka.source.batch_source import open_ranges
from unbounded.connectors.kafka.source.cluster import Cluster, resolve_start
from unbounded.connectors.kafka.source.offsets import Offsets, TopicPartition, format_offsets, parse_offsets, set_text
from unbounded.connectors.kafka.source.ranges import RangeReader
from unbounded.connectors.kafka.source.rate_limit import limited
from unbounded.connectors.kafka.source.records import source_schema
from unbounded.connectors.kafka.source.source_options import (
    Assign,
    KafkaSourceOptions,
    Strategy,
    Subscribe,
    SubscribePattern,
    stream_options,
)
from unbounded.connectors.streams import SourceContext
from unbounded.types.datatypes import StructType

_START_PREFIX = "\0"
BATCH_RECORDS_MAX = 5_000_000
"""A batch is held in memory, so what has piled up comes in several, unless its limit is given."""
_LOOK_INTERVAL_US = 1_000_000
"""How long a new partition may stay unnoticed."""


def kafka_provider(options: Mapping[str, str]) -> KafkaProvider:
    """`options`: names in lower case. Raises: SparkError for wrong options"""
    return KafkaProvider(stream_options(options))


@dataclass(frozen=True)
class KafkaProvider:
    """Implements `connectors.streams.StreamProvider`."""

    options: KafkaSourceOptions

    @property
    def schema(self) -> StructType:
        return source_schema(has_headers=self.options.has_headers)

    def open(self, context: SourceContext) -> KafkaSource:
        return KafkaSource(self.options, context)


@dataclass(frozen=True)
class KafkaRows:
    """Implements `connectors.api.ArrowSource`: the rows of one batch."""

    schema: StructType
    ranges: Mapping[TopicPartition, tuple[int, int]] = field(hash=False)
    reader: RangeReader = field(compare=False)

    def input_files(self) -> Sequence[str]:
        return []

    def read(self) -> pa.RecordBatchReader:
        return self.reader.read(self.ranges)


class KafkaSource:
    """Implements `connectors.streams.StreamSource`, `RememberingSource`, `BoundableSource` and `ReportingSource`."""

    def __init__(self, options: KafkaSourceOptions, context: SourceContext) -> None:
        self._options = options
        self._context = context
        self._cluster = Cluster(options, context.cancellation, context.clock)
        self._reader = open_ranges(options, self._cluster, context.cancellation)
        self._initial: Offsets | None = None
        self._is_bounded = False
        self._bound: Offsets | None = None
        self._last_batch_us: int | None = None
        self._seen: Offsets = {}
        self._partitions: frozenset[TopicPartition] | None = None
        self._looked_us = 0

    @property
    def description(self) -> str:
        return f"KafkaV2[{_shown(self._options.strategy)}]"

    def bound_to_now(self) -> None:
        """The end of every partition is looked up once more."""
        self._is_bounded = True

    def latest_offset(self, start: str | None, *, has_limit: bool) -> str:
        begin = self._begin(start)
        latest = self._latest()
        if latest == begin:
            self._reader.follow(begin)
        if has_limit and self._waits_for_more(begin, latest):
            return format_offsets(begin)
        limit = self._options.max_offsets
        if has_limit and (limit is not None or _count(begin, latest) > BATCH_RECORDS_MAX):
            begin = self._with_new_partitions(begin, latest)
            latest = limited(begin, latest, BATCH_RECORDS_MAX if limit is None else limit)
        return format_offsets(latest)

    def _waits_for_more(self, begin: Offsets, latest: Offsets) -> bool:
        """By `minOffsetsPerTrigger`; the first batch of a run, and one of what is left at the end, wait for nothing."""
        least = self._options.min_offsets
        if least is None or self._is_bounded:
            return False
        now_us, last_us = self._context.clock.monotonic_us(), self._last_batch_us
        is_due = last_us is None or now_us - last_us >= self._options.max_delay_ms * 1000
        if is_due or _count(begin, latest) >= least:
            self._last_batch_us = now_us
            return False
        return True

    def batch(self, start: str | None, end: str) -> KafkaRows:
        """Partitions that came since `start` are read from their beginning."""
        begin, ends = self._begin(start), parse_offsets(end)
        deleted = sorted(begin.keys() - ends.keys())
        if deleted:
            group_id = {"groupIdConfig": "group.id"} if "group.id" in self._options.client else {}
            condition = DELETED_WITH_GROUP_ID if group_id else DELETED
            self._reader.lost(condition, partitions=set_text(deleted), **group_id)
        begin = self._with_new_partitions(begin, ends)
        for partition, offset in sorted(ends.items()):
            if offset < begin[partition]:
                offsets = {"prevOffset": str(begin[partition]), "newOffset": str(offset)}
                self._reader.lost(OFFSET_CHANGED, topicPartition=str(partition), **offsets)
        schema = source_schema(has_headers=self._options.has_headers)
        ranges = {tp: (begin[tp], offset) for tp, offset in ends.items() if begin[tp] < offset}
        return KafkaRows(schema, ranges, self._reader)

    def look_again(self) -> None:
        self._partitions = None

    def latest_seen(self) -> str | None:
        return format_offsets(self._seen) if self._seen else None

    def metrics(self, end: str | None) -> Mapping[str, str]:
        """Offsets behind the latest; bytes by the mean size of the records this run has read."""
        consumed = parse_offsets(end) if end is not None else {}
        behind = [latest - consumed.get(partition, 0) for partition, latest in self._seen.items()]
        if not behind:
            return {}
        read = self._reader
        lag_bytes = {"estimatedTotalBytesBehindLatest": str(sum(behind) * read.read_bytes // max(read.read_count, 1))}
        return {
            "minOffsetsBehindLatest": str(min(behind)),
            "maxOffsetsBehindLatest": str(max(behind)),
            "avgOffsetsBehindLatest": str(sum(behind) / len(behind)),
            **(lag_bytes if read.read_count else {}),
        }

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
        self._look()
        if self._is_bounded:
            self._bound = self._seen
        return self._seen

    def _look(self) -> None:
        """A query without news looks a hundred times a second: brokers are asked from time to time, and when what they
        told the readers means that there is more."""
        now_us = self._context.clock.monotonic_us()
        if self._partitions is None or now_us - self._looked_us >= _LOOK_INTERVAL_US:
            self._partitions, self._looked_us = self._cluster.partitions(self._options.strategy), now_us
        elif not self._reader.has_news(self._seen):
            return
        self._seen = self._cluster.latest(self._partitions)

    def _with_new_partitions(self, begin: Offsets, ends: Offsets) -> Offsets:
        added = self._cluster.earliest(sorted(ends.keys() - begin.keys()))
        for partition, offset in added.items():
            if offset != 0:
                self._reader.lost(NOT_FROM_ZERO, topicPartition=str(partition), startOffset=str(offset))
        return {**begin, **added}


def _count(begin: Offsets, latest: Offsets) -> int:
    return sum(end - begin.get(partition, 0) for partition, end in latest.items())


def _shown(strategy: Strategy) -> str:
    match strategy:
        case Subscribe(topics=topics):
            return f"Subscribe[{', '.join(topics)}]"
        case SubscribePattern(pattern=pattern):
            return f"SubscribePattern[{pattern}]"
        case Assign(partitions=partitions):
            return f"Assign[{', '.join(str(partition) for partition in partitions)}]"
