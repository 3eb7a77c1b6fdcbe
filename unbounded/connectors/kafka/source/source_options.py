"""Options of the Kafka source, checked as Spark checks them before any broker is asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum

from unbounded.connectors.kafka.client.client_properties import client_properties
from unbounded.connectors.kafka.client.failures import illegal_state
from unbounded.connectors.kafka.source.offsets import (
    EARLIEST,
    LATEST,
    Offsets,
    TopicPartition,
    parse_offsets,
    parse_partitions,
    parse_timestamps,
    set_text,
)
from unbounded.connectors.option_values import INT_MAX, LONG_MAX, duration, illegal_argument, whole_number
from unbounded.errors import NO_CONDITION, ErrorKind, SparkError

Options = Mapping[str, str]
"""Values by names in lower case."""

DEFAULT_POLL_TIMEOUT_MS = 120_000
DEFAULT_API_TIMEOUT_MS = 60_000


@dataclass(frozen=True, slots=True)
class Subscribe:
    topics: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SubscribePattern:
    """Every topic whose whole name matches a Java regular expression."""

    pattern: str


@dataclass(frozen=True, slots=True)
class Assign:
    partitions: tuple[TopicPartition, ...]


Strategy = Subscribe | SubscribePattern | Assign


class Position(Enum):
    EARLIEST = "earliest"
    LATEST = "latest"


@dataclass(frozen=True)
class AtOffsets:
    """Offsets, LATEST or EARLIEST of each partition."""

    offsets: Offsets = field(hash=False)


@dataclass(frozen=True)
class AtTimestamps:
    """The first record of each partition that is not older (milliseconds since the epoch)."""

    timestamps: Offsets = field(hash=False)


@dataclass(frozen=True, slots=True)
class AtTimestamp:
    """The same for all partitions."""

    timestamp_ms: int


Limit = Position | AtOffsets | AtTimestamps | AtTimestamp


@dataclass(frozen=True)
class KafkaSourceOptions:
    """What a read of Kafka is. `client`: librdkafka's properties. `latest_if_too_new`: a starting timestamp after all
    records means the end instead of an error. `max_offsets` None: no limit per trigger. A batch of fewer than
    `min_offsets` records waits for more until `max_delay_ms` after the batch before."""

    strategy: Strategy
    start: Limit
    end: Limit
    client: Mapping[str, str] = field(hash=False)
    group_id_prefix: str
    fails_on_data_loss: bool = True
    has_headers: bool = False
    latest_if_too_new: bool = False
    max_offsets: int | None = None
    min_offsets: int | None = None
    max_delay_ms: int = 0
    fetch_attempts: int = 3
    fetch_interval_ms: int = 10
    api_timeout_ms: int = DEFAULT_API_TIMEOUT_MS
    poll_timeout_ms: int = DEFAULT_POLL_TIMEOUT_MS


def stream_options(options: Options) -> KafkaSourceOptions:
    """Of `readStream`. Raises: SparkError for wrong or missing options"""
    if "endingoffsets" in options:
        raise illegal_argument("ending offset not valid in streaming queries")
    if "endingoffsetsbytimestamp" in options:
        raise illegal_argument("ending timestamp not valid in streaming queries")
    _check(options)
    start = _limit(options, "starting", Position.LATEST)
    return _build(options, start, Position.LATEST, "spark-kafka-source")


def batch_options(options: Options) -> KafkaSourceOptions:
    """Of `read`. Raises: SparkError for wrong or missing options"""
    start = _limit(options, "starting", Position.EARLIEST)
    if start is Position.LATEST:
        raise illegal_argument("starting offset can't be latest for batch queries on Kafka")
    for partition in _partitions_at(start, LATEST):
        raise illegal_argument(f"startingOffsets for {partition} can't be latest for batch queries on Kafka")
    end = _limit(options, "ending", Position.LATEST)
    if end is Position.EARLIEST:
        raise illegal_argument("ending offset can't be earliest for batch queries on Kafka")
    for partition in _partitions_at(end, EARLIEST):
        raise illegal_argument(f"ending offset for {partition} can't be earliest for batch queries on Kafka")
    _check(options)
    _check_range(start, end)
    return _build(options, start, end, "spark-kafka-relation")


def _build(options: Options, start: Limit, end: Limit, group_id_prefix: str) -> KafkaSourceOptions:
    java = {name.removeprefix("kafka."): value for name, value in options.items() if name.startswith("kafka.")}
    return KafkaSourceOptions(
        _strategy(options),
        start,
        end,
        client_properties(java),
        options.get("groupidprefix", group_id_prefix),
        fails_on_data_loss=_boolean(options, "failondataloss", "true"),
        has_headers=_boolean(options, "includeheaders", "false"),
        latest_if_too_new=_is_latest_if_too_new(options),
        max_offsets=_number_or_none(options, "maxoffsetspertrigger"),
        min_offsets=_number_or_none(options, "minoffsetspertrigger"),
        max_delay_ms=duration(options.get("maxtriggerdelay", "15m"), "ms"),
        fetch_attempts=whole_number(options.get("fetchoffset.numretries", "3"), INT_MAX),
        fetch_interval_ms=whole_number(options.get("fetchoffset.retryintervalms", "10")),
        api_timeout_ms=whole_number(java.get("default.api.timeout.ms", str(DEFAULT_API_TIMEOUT_MS)), INT_MAX),
        poll_timeout_ms=whole_number(options.get("kafkaconsumer.polltimeoutms", str(DEFAULT_POLL_TIMEOUT_MS))),
    )


def _number_or_none(options: Options, name: str) -> int | None:
    return whole_number(options[name]) if name in options else None


def _boolean(options: Options, name: str, default: str) -> bool:
    text = options.get(name, default)
    if text.lower() not in ("true", "false"):
        raise illegal_argument(f'For input string: "{text}"')
    return text.lower() == "true"


# ---------------------------------------------------------------------------------------------- which partitions


def _subscribe(text: str) -> Strategy:
    topics = tuple(topic for part in text.split(",") if (topic := part.strip()))
    if not topics:
        raise illegal_argument(f"No topics to subscribe to as specified value for option 'subscribe' is '{text}'")
    return Subscribe(topics)


def _subscribe_pattern(text: str) -> Strategy:
    if not text.strip():
        message = f"Pattern to subscribe is empty as specified value for option 'subscribePattern' is '{text}'"
        raise illegal_argument(message)
    return SubscribePattern(text.strip())


def _assign(text: str) -> Strategy:
    if not text.strip().startswith("{"):
        raise illegal_argument(f"No topicpartitions to assign as specified value for option 'assign' is '{text}'")
    return Assign(parse_partitions(text))


_STRATEGIES: Mapping[str, Callable[[str], Strategy]] = {
    "subscribe": _subscribe,
    "subscribepattern": _subscribe_pattern,
    "assign": _assign,
}


def _strategy(options: Options) -> Strategy:
    given = [name for name in _STRATEGIES if name in options]
    names = f"for Kafka source: {', '.join(_STRATEGIES)}. See the docs for more details."
    if not given:
        raise illegal_argument(f"One of the following options must be specified {names}")
    if len(given) > 1:
        raise illegal_argument(f"Only one of the following options can be specified {names}")
    return _STRATEGIES[given[0]](options[given[0]])


# ---------------------------------------------------------------------------------------------- from where to where


def _limit(options: Options, side: str, default: Position) -> Limit:
    """A timestamp for all goes before timestamps, these before offsets."""
    _is_latest_if_too_new(options)
    timestamp = options.get(f"{side}timestamp")
    if timestamp is not None:
        return AtTimestamp(_single_long(timestamp.strip()))
    timestamps = options.get(f"{side}offsetsbytimestamp")
    if timestamps is not None:
        return AtTimestamps(parse_timestamps(timestamps.strip()))
    offsets = options.get(f"{side}offsets", default.value).strip()
    if offsets.lower() in (Position.EARLIEST.value, Position.LATEST.value):
        return Position(offsets.lower())
    return AtOffsets(parse_offsets(offsets))


def _single_long(text: str) -> int:
    try:
        return whole_number(text)
    except SparkError:
        raise illegal_argument(f"Expected a single long value, got {text}") from None


def _is_latest_if_too_new(options: Options) -> bool:
    strategy = options.get("startingoffsetsbytimestampstrategy", "error").upper()
    if strategy not in ("ERROR", "LATEST"):
        message = f"No value found for '{strategy}'"
        raise SparkError(ErrorKind.NO_SUCH_ELEMENT, NO_CONDITION, {"message": message})
    return strategy == "LATEST"


def _partitions_at(limit: Limit, offset: int) -> list[TopicPartition]:
    return [tp for tp, found in limit.offsets.items() if found == offset] if isinstance(limit, AtOffsets) else []


def _check_range(start: Limit, end: Limit) -> None:
    match start, end:
        case AtOffsets(offsets=starts), AtOffsets(offsets=ends):
            _check_order(starts, ends, "offset")
        case AtTimestamps(timestamps=starts), AtTimestamps(timestamps=ends):
            _check_order(starts, ends, "timestamp")


def _check_order(starts: Offsets, ends: Offsets, what: str) -> None:
    if starts.keys() != ends.keys():
        condition = "MISMATCHED_TOPIC_PARTITIONS_BETWEEN_START_OFFSET_AND_END_OFFSET"
        raise illegal_state(condition, tpsForStartOffset=set_text(starts), tpsForEndOffset=set_text(ends))
    for partition, start in starts.items():
        if start > ends[partition] >= 0:
            offsets = {"startOffset": str(start), "endOffset": str(ends[partition]), "offsetType": what}
            place = {"topic": partition.topic, "partition": str(partition.partition)}
            raise illegal_state("UNRESOLVED_START_OFFSET_GREATER_THAN_END_OFFSET", **offsets, **place)


# ---------------------------------------------------------------------------------------------- the rest

_START_HINT = """
Kafka option 'auto.offset.reset' is not supported.
Instead set the source option 'startingoffsets' to 'earliest' or 'latest'
to specify where to start. Structured Streaming manages which offsets are consumed
internally, rather than relying on the kafkaConsumer to do it. This will ensure that no
data is missed when new topics/partitions are dynamically subscribed. Note that
'startingoffsets' only applies when a new Streaming query is started, and
that resuming will always pick up from where the query left off. See the docs for more
details.
"""
_BYTES_HINT = (
    "Kafka option '{0}.deserializer' is not supported as {0}s are deserialized as byte arrays with "
    "ByteArrayDeserializer. Use DataFrame operations to explicitly deserialize the {0}s."
)
_REFUSED: Mapping[str, str] = {
    "kafka.auto.offset.reset": _START_HINT,
    "kafka.key.deserializer": _BYTES_HINT.format("key"),
    "kafka.value.deserializer": _BYTES_HINT.format("value"),
    "kafka.enable.auto.commit": "Kafka option 'enable.auto.commit' is not supported",
    "kafka.interceptor.classes": "Kafka option 'interceptor.classes' is not supported",
}
_TASK_SIZES: Mapping[str, tuple[str, int]] = {
    "minpartitions": ("minPartitions", INT_MAX),
    "maxrecordsperpartition": ("maxrecordsperpartition", LONG_MAX),
}
"""They split Spark's tasks, of which there are none here: checked, without effect on the rows."""


def _check(options: Options) -> None:
    _strategy(options)
    for name, (shown, maximum) in _TASK_SIZES.items():
        if name in options and whole_number(options[name], maximum) <= 0:
            raise illegal_argument(f"{shown} must be positive")
    for name, message in _REFUSED.items():
        if name in options:
            raise illegal_argument(message)
    if "kafka.bootstrap.servers" not in options:
        raise illegal_argument("Option 'kafka.bootstrap.servers' must be specified for configuring Kafka consumer")
    if "minoffsetspertrigger" in options and "maxoffsetspertrigger" in options:
        least, most = (whole_number(options[f"{side}offsetspertrigger"]) for side in ("min", "max"))
        if least > most:
            message = f"minOffsetPerTrigger({least}) is higher than the maxOffsetsPerTrigger({most})."
            raise illegal_argument(f"The value of {message}")
