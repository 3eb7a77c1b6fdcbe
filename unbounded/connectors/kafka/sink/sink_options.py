"""Options of the Kafka sink, checked as Spark checks them, and the properties of its producer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from unbounded.connectors.kafka.client.client_properties import client_properties
from unbounded.connectors.option_values import INT_MAX, illegal_argument, whole_number
from unbounded.errors import NO_CONDITION, ErrorKind, SparkError, not_supported

DEFAULT_BLOCK_MS = 60_000
_JAVA_DEFAULTS = {
    "delivery.timeout.ms": "120000",
    "max.request.size": "1048576",
    "partitioner": "murmur2_random",
}
"""What Java's producer does and librdkafka would do otherwise; equal keys go to the partition that Java chooses."""
_FIXED = {"queue.buffering.max.messages": "1000000", "queue.buffering.max.kbytes": "2097151"}
"""How much is under way is bounded by the writer."""
_WAITS_FOR_ALL = frozenset({"all", "-1"})


@dataclass(frozen=True)
class KafkaSinkOptions:
    """`topic` goes before the column. `client`: librdkafka's properties. `block_ms`: how long to wait for brokers."""

    topic: str | None
    client: Mapping[str, str] = field(hash=False)
    block_ms: int = DEFAULT_BLOCK_MS


def sink_options(options: Mapping[str, str]) -> KafkaSinkOptions:
    """`options`: values by names in lower case. Raises: SparkError for wrong and missing options"""
    java = {name.removeprefix("kafka."): value for name, value in options.items() if name.startswith("kafka.")}
    _refuse(java)
    if "bootstrap.servers" not in java:
        message = "Kafka option bootstrap.servers is not set. Please make sure it is set and retry."
        raise SparkError(ErrorKind.SPARK, NO_CONDITION, {"message": message})
    block_ms = whole_number(java.get("max.block.ms", str(DEFAULT_BLOCK_MS)), INT_MAX)
    topic = options.get("topic")
    return KafkaSinkOptions(topic.strip() if topic is not None else None, _client(java), block_ms)


def _refuse(java: Mapping[str, str]) -> None:
    for part, shown in (("key", "keys"), ("value", "value")):
        if f"{part}.serializer" in java:
            message = f"Kafka option '{part}.serializer' is not supported as {shown} are serialized with"
            raise illegal_argument(f"{message} ByteArraySerializer.")
    if "transactional.id" in java:
        raise not_supported("Transactions of the Kafka sink", "Leave kafka.transactional.id out.")
    if "partitioner.class" in java:
        raise not_supported("A partitioner in Java", "Name the partitions in the column partition.")
    if "interceptor.classes" in java:
        raise not_supported("Interceptors in Java", "Leave kafka.interceptor.classes out.")


def _client(java: Mapping[str, str]) -> dict[str, str]:
    """A batch that is sent again by the client is written once, unless the acknowledgements asked for rule that out."""
    is_idempotent = java.get("acks", "all") in _WAITS_FOR_ALL
    defaults = {**_JAVA_DEFAULTS, "enable.idempotence": str(is_idempotent).lower()}
    return {**client_properties({**defaults, **java}), **_FIXED}
