"""statestore and state-metadata: what a checkpoint keeps, for reading alone."""

from __future__ import annotations

from collections.abc import Callable

from unbounded.connectors.api import ArrowSource
from unbounded.connectors.files.paths import local_path
from unbounded.connectors.formats import STATE_FORMATS
from unbounded.errors import ErrorKind, SparkError
from unbounded.plan import unresolved as u
from unbounded.plan.logical import LogicalPlan
from unbounded.session.formats.api import DataSourceFormat, ReadContext, refuse_two_paths
from unbounded.storage.local import LocalFileSystem
from unbounded.streaming.state_source.metadata_rows import StateMetadataRows
from unbounded.streaming.state_source.options import Options, state_options
from unbounded.streaming.state_source.state_rows import state_rows


def _state(options: Options, time_zone: str) -> ArrowSource:
    files = LocalFileSystem()
    return state_rows(state_options(options, files), files, time_zone)


def _metadata(options: Options, time_zone: str) -> ArrowSource:
    path = options.get("path")
    return StateMetadataRows(None if path is None else local_path(path), LocalFileSystem())


def _source(name: str, shown: str, build: Callable[[Options, str], ArrowSource]) -> DataSourceFormat:
    """`shown`: its class in Spark's errors."""

    def read(source: u.DataSource, context: ReadContext) -> LogicalPlan:
        refuse_two_paths(source)
        if source.schema is not None:
            raise SparkError(ErrorKind.UNSUPPORTED, "_LEGACY_ERROR_TEMP_2242", {"provider": shown})
        options = u.lower_case_options(source.options)
        if len(source.paths) == 1:
            options = {**options, "path": source.paths[0]}
        return context.scan(build(options, context.config.time_zone))

    return DataSourceFormat((name,), read)


FORMATS = (
    _source(STATE_FORMATS[0], "StateDataSource", _state),
    _source(STATE_FORMATS[1], "StateMetadataSource", _metadata),
)
