"""Kafka by name: options and columns become a source whose schema is Kafka's own, or a writer."""

from __future__ import annotations

from unbounded.clock import SystemClock
from unbounded.connectors.formats import KAFKA
from unbounded.connectors.kafka.sink.sink_options import sink_options
from unbounded.connectors.kafka.sink.stream_sink import KafkaSink
from unbounded.connectors.kafka.sink.writer import KafkaWriter
from unbounded.connectors.kafka.source.batch_source import kafka_batch
from unbounded.connectors.kafka.source.stream_source import kafka_provider
from unbounded.errors import analysis_error, not_supported, requirement_failed
from unbounded.plan import unresolved as u
from unbounded.plan.logical import LogicalPlan
from unbounded.session.commands.context import CommandContext
from unbounded.session.formats.api import DataSourceFormat, ReadContext, SinkContext
from unbounded.types.ddl import to_ddl

_REFUSED_MODES = {u.SaveMode.OVERWRITE: "Overwrite", u.SaveMode.IGNORE: "Ignore"}


def _read(source: u.DataSource, context: ReadContext) -> LogicalPlan:
    """Raises: SparkError for wrong options and a schema. Paths mean nothing, as in Spark"""
    found = kafka_batch(u.lower_case_options(source.options))
    if source.schema is not None:
        given, actual = to_ddl(source.schema), to_ddl(found.schema)
        raise analysis_error("USER_SPECIFIED_AND_ACTUAL_SCHEMA_MISMATCH", schema=given, actualSchema=actual)
    return context.scan(found)


def _read_stream(source: u.DataSource, context: ReadContext) -> LogicalPlan:
    """Raises: SparkError for wrong options and a schema"""
    if source.schema is not None:
        raise requirement_failed("Kafka source has a fixed schema and cannot be set with a custom one")
    return context.stream(kafka_provider(u.lower_case_options(source.options)))


def _write(command: u.Write, plan: LogicalPlan, context: CommandContext) -> None:
    """df.write.format("kafka").save(): paths and partition columns mean nothing, as in Spark.

    Raises: SparkError for wrong modes, options and columns, records that are not delivered, and what the query raises
    """
    if command.mode in _REFUSED_MODES:
        modes = {"append": "Append", "errorIfExists": "ErrorIfExists"}
        raise analysis_error("_LEGACY_ERROR_TEMP_3081", mode=_REFUSED_MODES[command.mode], **modes)
    options = sink_options(u.lower_case_options(command.options))
    writer = KafkaWriter(options, plan.schema, context.cancellation, SystemClock())
    try:
        writer.write(context.pipeline.run(plan, context.cancellation))
    finally:
        writer.close()


def _write_stream(command: u.WriteStream, context: SinkContext) -> KafkaSink:
    """Raises: SparkError for a table name, wrong options and columns"""
    if command.table:
        raise not_supported("toTable with the format kafka", "Use start() and the option topic.")
    options = sink_options(u.lower_case_options(command.options))
    return KafkaSink(KafkaWriter(options, context.plan.schema, context.cancellation, context.clock))


FORMAT = DataSourceFormat((KAFKA,), _read, _read_stream, _write, _write_stream)
