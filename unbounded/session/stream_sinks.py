"""Which sink a `writeStream` means: a function of the program, or a format."""

from __future__ import annotations

from unbounded.connectors.streams import StreamSink
from unbounded.plan import unresolved as u
from unbounded.session.foreach import ForeachSink
from unbounded.session.foreach_batch import ForeachBatchSink
from unbounded.session.formats.api import SinkContext, refuse_partitioning
from unbounded.session.formats.registry import open_sink

TEMPORARY_CHECKPOINT_FORMATS = frozenset({"console", "dashboard", "memory", "noop", "foreach", "foreachBatch"})
"""Sinks that may run without a checkpoint location: they get a temporary one."""


def sink_name(command: u.WriteStream) -> str:
    """The sink as its user calls it, in lower case if it is a format; empty for the default format.

    A function counts for more than a format.
    """
    if command.foreach_batch is not None:
        return "foreachBatch"
    return "foreach" if command.foreach is not None else (command.format or "").lower()


def build_sink(command: u.WriteStream, context: SinkContext) -> StreamSink:
    """Raises: SparkError for unknown formats and wrong options"""
    if command.foreach_batch is not None:
        refuse_partitioning(command, "foreachBatch")
        function = context.open_function(command.foreach_batch)
        return ForeachBatchSink(context.plan.output, function, context.catalog, context.cancellation)
    if command.foreach is not None:
        refuse_partitioning(command, "foreach")
        return ForeachSink(command.foreach, context.cancellation)
    return open_sink(command, context)
