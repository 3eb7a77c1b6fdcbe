"""Databases by name; the work is in `session.jdbc`."""

from __future__ import annotations

from unbounded.connectors.formats import JDBC_NAMES
from unbounded.connectors.streams import StreamSink
from unbounded.plan import unresolved as u
from unbounded.plan.logical import LogicalPlan
from unbounded.session.formats.api import DataSourceFormat, ReadContext, SinkContext
from unbounded.session.jdbc.reads import jdbc_relation
from unbounded.session.jdbc.writes import jdbc_sink, save_jdbc


def _read(source: u.DataSource, context: ReadContext) -> LogicalPlan:
    return jdbc_relation(source, context.config, context.ids)


def _write_stream(command: u.WriteStream, context: SinkContext) -> StreamSink:
    return jdbc_sink(command, context.plan.schema, context.query_id, context.cancellation)


FORMAT = DataSourceFormat(JDBC_NAMES, _read, write=save_jdbc, write_stream=_write_stream)
