"""Errors of Spark's Kafka connector, and those of the client in words."""

from __future__ import annotations

from unbounded.connectors.kafka.client.library import client_library
from unbounded.errors import NO_CONDITION, ErrorKind, SparkError

DELETED = "PARTITIONS_DELETED"
DELETED_WITH_GROUP_ID = "PARTITIONS_DELETED_AND_GROUP_ID_CONFIG_PRESENT"
NOT_FROM_ZERO = "ADDED_PARTITION_DOES_NOT_START_FROM_OFFSET_ZERO"
OFFSET_CHANGED = "PARTITION_OFFSET_CHANGED"
NOT_READ = "COULD_NOT_READ_OFFSET_RANGE"


def client_failure(message: str) -> SparkError:
    """What Kafka or its client has against it, without a condition as in Spark: the sentence is all there is."""
    return SparkError(ErrorKind.SPARK, NO_CONDITION, {"message": message})


def illegal_state(condition: str, /, **parameters: str) -> SparkError:
    """A condition of the connector's own table."""
    return SparkError(ErrorKind.KAFKA_STATE, condition, parameters)


def data_loss(reason: str, /, **parameters: str) -> SparkError:
    """`reason`: a condition below KAFKA_DATA_LOSS."""
    return illegal_state(f"KAFKA_DATA_LOSS.{reason}", **parameters)


def error_text(code: int) -> str:
    """What librdkafka says about one of its codes."""
    return str(client_library().KafkaError(code).str())
