"""Which sink a `writeStream` means, built from its format and options."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass

import pyarrow as pa

from unbounded.analysis.context import Ids
from unbounded.connectors.console import ConsoleSink
from unbounded.connectors.formats import format_not_found
from unbounded.connectors.memory import MemorySink
from unbounded.connectors.noop import NoopSink
from unbounded.connectors.streams import StreamSink
from unbounded.errors import analysis_error, not_supported
from unbounded.execution.show_text import as_strings, table_text
from unbounded.plan import unresolved as u
from unbounded.plan.logical import Input, Limit, LogicalPlan
from unbounded.session.catalog import SessionCatalog
from unbounded.streaming.fragments import FragmentRunner
from unbounded.types.arrow import to_arrow_schema

TEMPORARY_CHECKPOINT_FORMATS = frozenset({"console", "memory", "noop"})
"""Sinks that may run without a checkpoint location: they get a temporary one."""

_ROWS = "rows"
_KNOWN = frozenset({"csv", "json", "parquet", "text", "orc", "kafka", "delta", "jdbc", "avro", "dashboard"})


@dataclass(frozen=True, slots=True)
class SinkContext:
    """What sinks are built with: the query's plan, its engine, and the session's names."""

    plan: LogicalPlan
    runner: FragmentRunner
    catalog: SessionCatalog


def build_sink(command: u.WriteStream, context: SinkContext) -> StreamSink:
    """Raises: SparkError for unknown formats and wrong options"""
    if command.foreach is not None or command.foreach_batch is not None:
        raise not_supported("foreach and foreachBatch", "Use the console or memory sink.")
    if command.table:
        raise not_supported("toTable", "Use the console or memory sink.")
    name = (command.format or "parquet").lower()
    builder = _BUILDERS.get(name)
    if builder is not None:
        return builder(command, context)
    if name in _KNOWN:
        raise not_supported(f"The streaming sink {name}", "Use the console or memory sink.")
    raise format_not_found(name)


def _console(command: u.WriteStream, context: SinkContext) -> StreamSink:
    """Rows become text in the engine, `numRows` of them at most."""
    ids = Ids()
    output = ids.attributes(context.plan.schema)
    plans: dict[int, LogicalPlan] = {}

    def render(rows: pa.Table, row_count: int, truncate: int) -> str:
        plan = plans.setdefault(row_count, as_strings(Limit(Input(_ROWS, output), row_count + 1), ids))
        text = context.runner.run(plan, {_ROWS: rows}, 0)
        return table_text([a.name for a in output], text, row_count, truncate)

    return ConsoleSink(u.lower_case_options(command.options), render, sys.stdout)


def _memory(command: u.WriteStream, context: SinkContext) -> StreamSink:
    if command.query_name is None:
        raise analysis_error("_LEGACY_ERROR_TEMP_1194")
    if command.partition_columns:
        raise analysis_error("_LEGACY_ERROR_TEMP_3102", msg="'memory' does not support partitioning.")
    sink = MemorySink(to_arrow_schema(context.plan.schema, context.runner.environment.time_zone))
    context.catalog.create_live_view(command.query_name, context.plan.schema, sink.table)
    return sink


def _noop(command: u.WriteStream, context: SinkContext) -> StreamSink:
    return NoopSink()


_BUILDERS: dict[str, Callable[[u.WriteStream, SinkContext], StreamSink]] = {
    "console": _console,
    "memory": _memory,
    "noop": _noop,
}
