"""`df.write` and `writeStream` with the format kafka: options and columns become a writer."""

from __future__ import annotations

from unbounded.cancellation import Cancellation
from unbounded.clock import Clock, SystemClock
from unbounded.connectors.kafka.sink.sink_options import sink_options
from unbounded.connectors.kafka.sink.stream_sink import KafkaSink
from unbounded.connectors.kafka.sink.writer import KafkaWriter
from unbounded.errors import analysis_error, not_supported
from unbounded.plan import unresolved as u
from unbounded.plan.logical import LogicalPlan
from unbounded.session.commands.context import CommandContext
from unbounded.types.datatypes import StructType

_REFUSED_MODES = {u.SaveMode.OVERWRITE: "Overwrite", u.SaveMode.IGNORE: "Ignore"}


def save_kafka(command: u.Write, plan: LogicalPlan, context: CommandContext) -> None:
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


def kafka_sink(command: u.WriteStream, schema: StructType, cancellation: Cancellation, clock: Clock) -> KafkaSink:
    """Raises: SparkError for a table name, wrong options and columns"""
    if command.table:
        raise not_supported("toTable with the format kafka", "Use start() and the option topic.")
    options = sink_options(u.lower_case_options(command.options))
    return KafkaSink(KafkaWriter(options, schema, cancellation, clock))
