"""console, memory and noop: where rows go to be looked at, or nowhere."""

from __future__ import annotations

import sys

import pyarrow as pa

from unbounded.analysis.context import Ids
from unbounded.connectors.console import ConsoleSink, console_options
from unbounded.connectors.memory import MemorySink
from unbounded.connectors.noop import NoopSink
from unbounded.connectors.streams import StreamSink
from unbounded.errors import analysis_error
from unbounded.execution.show_text import as_strings, table_text
from unbounded.plan import unresolved as u
from unbounded.plan.logical import Input, Limit, LogicalPlan
from unbounded.session.commands.context import CommandContext
from unbounded.session.formats.api import DataSourceFormat, SinkContext, refuse_partitioning
from unbounded.types.arrow import to_arrow_schema

_ROWS = "rows"


def _console(command: u.WriteStream, context: SinkContext) -> StreamSink:
    """Rows become text in the engine, `numRows` of them at most."""
    ids = Ids()
    output = ids.attributes(context.plan.schema)
    plans: dict[int, LogicalPlan] = {}

    def render(rows: pa.Table, row_count: int, truncate: int) -> str:
        plan = plans.setdefault(row_count, as_strings(Limit(Input(_ROWS, output), row_count + 1), ids))
        text = context.runner.run(plan, {_ROWS: rows}, 0)
        return table_text([a.name for a in output], text, row_count, truncate)

    return ConsoleSink(console_options(u.lower_case_options(command.options)), render, sys.stdout)


def _print(command: u.Write, plan: LogicalPlan, context: CommandContext) -> None:
    """df.write.format("console"): the table, as `show` prints it."""
    options = console_options(u.lower_case_options(command.options))
    pipeline = context.pipeline
    shown = as_strings(Limit(pipeline.in_spark_order(plan), options.row_count + 1), Ids())
    text = pipeline.collect(shown, context.cancellation)
    names = [attribute.name for attribute in plan.output]
    sys.stdout.write(table_text(names, text, options.row_count, options.truncate) + "\n")
    sys.stdout.flush()


def _memory(command: u.WriteStream, context: SinkContext) -> StreamSink:
    if command.query_name is None:
        raise analysis_error("_LEGACY_ERROR_TEMP_1194")
    refuse_partitioning(command, "memory")
    sink = MemorySink(to_arrow_schema(context.plan.schema, context.runner.environment.time_zone))
    context.catalog.create_live_view(command.query_name, context.plan.schema, sink.table)
    return sink


def _noop(command: u.WriteStream, context: SinkContext) -> StreamSink:
    return NoopSink()


def _run(command: u.Write, plan: LogicalPlan, context: CommandContext) -> None:
    for _ in context.pipeline.run(plan, context.cancellation):
        pass


FORMATS = (
    DataSourceFormat(("console",), write=_print, write_stream=_console),
    DataSourceFormat(("memory",), write_stream=_memory),
    DataSourceFormat(("noop",), write=_run, write_stream=_noop),
)
