"""The one table of data sources, and what is done with them by name."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module

from unbounded.connectors.formats import JDBC_NAMES, KAFKA, format_not_found
from unbounded.connectors.streams import StreamSink
from unbounded.errors import ErrorKind, SparkError, analysis_error, not_supported
from unbounded.plan import unresolved as u
from unbounded.plan.logical import LogicalPlan
from unbounded.session.commands.context import CommandContext
from unbounded.session.formats import absent, dashboard, delta, files, generated, shown, state
from unbounded.session.formats.api import DataSourceFormat, ReadContext, SinkContext

FORMATS: tuple[DataSourceFormat, ...] = (
    *files.FORMATS,
    delta.FORMAT,
    *generated.FORMATS,
    *shown.FORMATS,
    dashboard.FORMAT,
    *state.FORMATS,
    *absent.FORMATS,
)
_LOADED_WHEN_USED: Mapping[str, str] = {KAFKA: "kafka", **dict.fromkeys(JDBC_NAMES, "jdbc")}
"""Modules beside this one by the names of their format: large, and no program that starts shall wait for them."""

_BY_NAME = {name: format for format in FORMATS for name in format.names}
_BATCH = "data source"
_DEFAULT = "spark.sql.sources.default"


def read_batch(source: u.DataSource, context: ReadContext) -> LogicalPlan:
    """Raises: SparkError for unknown formats and what the format refuses"""
    name = source.format or context.config.get(_DEFAULT)
    found = _find(name, _BATCH)
    if found.read is None:
        raise analysis_error("_LEGACY_ERROR_TEMP_1135", className=name)
    return found.read(source, context)


def read_stream(source: u.DataSource, context: ReadContext) -> LogicalPlan:
    """Raises: SparkError for unknown formats and what the format refuses before a query starts"""
    name = source.format or context.config.get(_DEFAULT)
    found = _find(name, "streaming source")
    if found.read_stream is None:
        raise _not_streamed(name, "reading")
    return found.read_stream(source, context)


def save(command: u.Write, plan: LogicalPlan, context: CommandContext) -> None:
    """df.write.save(). Raises: SparkError for unknown formats, what the format refuses and the query raises"""
    name = command.format or context.config.get(_DEFAULT)
    found = _find(name, _BATCH)
    if found.write is None:
        message = f"{name} does not allow create table as select."
        raise SparkError(ErrorKind.SPARK, "INTERNAL_ERROR", {"message": message})
    found.write(command, plan, context)


def open_sink(command: u.WriteStream, context: SinkContext) -> StreamSink:
    """Raises: SparkError for unknown formats and wrong options"""
    name = command.format or context.config.get(_DEFAULT)
    found = _find(name, "streaming sink")
    if found.write_stream is None:
        raise _not_streamed(name, "writing")
    return found.write_stream(command, context)


def _find(name: str, kind: str) -> DataSourceFormat:
    module = _LOADED_WHEN_USED.get(name.lower())
    if module is not None:
        used: DataSourceFormat = import_module(f"{__package__}.{module}").FORMAT
        return used
    found = _BY_NAME.get(name.lower())
    if found is None:
        raise format_not_found(name)
    if found.instead is not None:
        raise not_supported(f"The {kind} {name.lower()}", found.instead)
    return found


def _not_streamed(name: str, operator: str) -> SparkError:
    return SparkError(ErrorKind.UNSUPPORTED, "_LEGACY_ERROR_TEMP_2049", {"className": name, "operator": operator})
