"""Delta Lake by name; the work is in `session.delta`."""

from __future__ import annotations

from dataclasses import replace

from unbounded.connectors.formats import DELTA
from unbounded.connectors.streams import StreamSink
from unbounded.plan import unresolved as u
from unbounded.plan.logical import LogicalPlan
from unbounded.session.delta.reads import delta_relation, delta_stream, in_stream_order
from unbounded.session.delta.writes import delta_sink, save_delta
from unbounded.session.formats.api import DataSourceFormat, ReadContext, SinkContext
from unbounded.session.stream_tables import table_for_stream


def _read(source: u.DataSource, context: ReadContext) -> LogicalPlan:
    return delta_relation(source, context.config, context.ids)


def _read_stream(source: u.DataSource, context: ReadContext) -> LogicalPlan:
    provider = delta_stream(source, context.config)
    return in_stream_order(context.stream(provider), provider, context.ids)


def _write_stream(command: u.WriteStream, context: SinkContext) -> StreamSink:
    schema = context.plan.schema
    if not command.table:
        return delta_sink(command, schema, context.query_id, context.config)
    table = table_for_stream(command, schema, context.commands)
    return delta_sink(replace(command, path=table.location), schema, context.query_id, context.config)


FORMAT = DataSourceFormat((DELTA,), _read, _read_stream, save_delta, _write_stream)
