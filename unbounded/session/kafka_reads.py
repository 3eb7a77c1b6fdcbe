"""`spark.read` and `readStream` with the format kafka: options become a source whose schema is Kafka's own."""

from __future__ import annotations

from unbounded.analysis.context import Ids
from unbounded.connectors.kafka.source.batch_source import kafka_batch
from unbounded.connectors.kafka.source.stream_source import KafkaProvider, kafka_provider
from unbounded.errors import analysis_error, requirement_failed
from unbounded.plan import unresolved as u
from unbounded.plan.logical import LogicalPlan, Scan
from unbounded.types.ddl import to_ddl


def kafka_relation(source: u.DataSource, ids: Ids) -> LogicalPlan:
    """Raises: SparkError for wrong options and a schema. Paths mean nothing, as in Spark"""
    found = kafka_batch(u.lower_case_options(source.options))
    if source.schema is not None:
        given, actual = to_ddl(source.schema), to_ddl(found.schema)
        raise analysis_error("USER_SPECIFIED_AND_ACTUAL_SCHEMA_MISMATCH", schema=given, actualSchema=actual)
    return Scan(found, ids.attributes(found.schema))


def kafka_stream(source: u.DataSource) -> KafkaProvider:
    """Raises: SparkError for wrong options and a schema"""
    if source.schema is not None:
        raise requirement_failed("Kafka source has a fixed schema and cannot be set with a custom one")
    return kafka_provider(u.lower_case_options(source.options))
