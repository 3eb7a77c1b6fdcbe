"""`spark.read` of a checkpoint's state: which of the two formats, and where the checkpoint is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from unbounded.connectors.api import ArrowSource
from unbounded.connectors.files.paths import local_path
from unbounded.connectors.formats import STATE_FORMATS
from unbounded.errors import ErrorKind, SparkError
from unbounded.plan import unresolved as u
from unbounded.storage.local import LocalFileSystem
from unbounded.streaming.state_source.metadata_rows import StateMetadataRows
from unbounded.streaming.state_source.options import Options, state_options
from unbounded.streaming.state_source.state_rows import state_rows


@dataclass(frozen=True, slots=True)
class _Format:
    """`shown`: its class in Spark's errors."""

    shown: str
    build: Callable[[Options, str], ArrowSource]


def _state(options: Options, time_zone: str) -> ArrowSource:
    files = LocalFileSystem()
    return state_rows(state_options(options, files), files, time_zone)


def _metadata(options: Options, time_zone: str) -> ArrowSource:
    path = options.get("path")
    return StateMetadataRows(None if path is None else local_path(path), LocalFileSystem())


_FORMATS: Mapping[str, _Format] = {
    STATE_FORMATS[0]: _Format("StateDataSource", _state),
    STATE_FORMATS[1]: _Format("StateMetadataSource", _metadata),
}


def find_state_source(source: u.DataSource, time_zone: str) -> ArrowSource | None:
    """None for any other format. Raises: SparkError STDS_* and for a schema, which the formats have themselves"""
    found = _FORMATS.get((source.format or "").lower())
    if found is None:
        return None
    if source.schema is not None:
        raise SparkError(ErrorKind.UNSUPPORTED, "_LEGACY_ERROR_TEMP_2242", {"provider": found.shown})
    options = u.lower_case_options(source.options)
    if len(source.paths) == 1:
        options = {**options, "path": source.paths[0]}
    return found.build(options, time_zone)
