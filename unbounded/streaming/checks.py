"""What Spark refuses when a streaming query starts, with its sentences. All start-time refusals are here."""

from __future__ import annotations

from unbounded.connectors.streams import OutputMode
from unbounded.errors import ErrorKind, SparkError, analysis_error
from unbounded.plan.logical import Aggregate, LogicalPlan, Sort
from unbounded.plan.tree import collect
from unbounded.streaming.incremental import is_streaming


def parse_output_mode(text: str) -> OutputMode:
    """Raises: SparkError STREAMING_OUTPUT_MODE.INVALID"""
    wanted = text.lower() or OutputMode.APPEND.value
    found = next((mode for mode in OutputMode if mode.value == wanted), None)
    if found is None:
        raise SparkError(ErrorKind.ILLEGAL_ARGUMENT, "STREAMING_OUTPUT_MODE.INVALID", {"outputMode": text})
    return found


def check_streaming_query(plan: LogicalPlan, mode: OutputMode) -> None:
    """Raises: SparkError (an AnalysisException) for a query that cannot run as a stream in `mode`"""
    if not is_streaming(plan):
        raise analysis_error("WRITE_STREAM_NOT_ALLOWED")
    aggregates = [a for a in collect(plan, Aggregate) if is_streaming(a)]
    if mode is OutputMode.COMPLETE and not aggregates:
        raise _unsupported_mode(mode, "no streaming aggregations")
    if mode is OutputMode.APPEND and aggregates:
        raise _unsupported_mode(mode, "streaming aggregations without watermark")
    sorts = [s for s in collect(plan, Sort) if is_streaming(s)]
    if sorts and not (mode is OutputMode.COMPLETE and aggregates):
        message = (
            "Sorting is not supported on streaming DataFrames/Datasets, unless it is on aggregated DataFrame/Dataset "
            "in Complete output mode"
        )
        raise analysis_error("_LEGACY_ERROR_TEMP_3102", msg=message)


def _unsupported_mode(mode: OutputMode, operation: str) -> SparkError:
    return analysis_error("STREAMING_OUTPUT_MODE.UNSUPPORTED_OPERATION", outputMode=mode.value, operation=operation)
