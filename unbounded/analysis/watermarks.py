"""withWatermark: the marked column and the delay. On a batch it changes nothing."""

from __future__ import annotations

from unbounded.analysis.context import Analysis
from unbounded.analysis.names import resolve_name
from unbounded.errors import NO_CONDITION, ErrorKind, SparkError, analysis_error
from unbounded.functions.durations import parse_delay_us
from unbounded.plan import unresolved as u
from unbounded.plan.expressions import Attribute
from unbounded.plan.identifiers import parse_column_name
from unbounded.plan.logical import LogicalPlan, WithWatermark
from unbounded.plan.streaming import is_streaming
from unbounded.types.datatypes import DataType, StructType, TimestampNTZType, TimestampType


def resolve_with_watermark(relation: u.WithWatermark, analysis: Analysis) -> LogicalPlan:
    """Raises: SparkError EVENT_TIME_IS_NOT_ON_TIMESTAMP_TYPE, CANNOT_PARSE_INTERVAL"""
    child = analysis.relation(relation.child)
    delay_us = parse_delay_us(relation.delay)
    if delay_us < 0:
        message = f"requirement failed: delay threshold ({relation.delay}) should not be negative."
        raise SparkError(ErrorKind.ILLEGAL_ARGUMENT, NO_CONDITION, {"message": message})
    column = resolve_name(parse_column_name(relation.event_time), analysis.scope(child), analysis)
    if not isinstance(column, Attribute) or not _is_event_time(column.data_type):
        raise analysis_error(
            "EVENT_TIME_IS_NOT_ON_TIMESTAMP_TYPE",
            eventName=f"`{relation.event_time}`",
            eventType=f'"{column.data_type.sql_name}"',
        )
    if not is_streaming(child):
        return child
    return WithWatermark(child, column, delay_us)


def _is_event_time(data_type: DataType) -> bool:
    if isinstance(data_type, StructType):
        return any(f.name == "end" and _is_event_time(f.data_type) for f in data_type.fields)
    return isinstance(data_type, TimestampType | TimestampNTZType)
