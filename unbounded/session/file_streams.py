"""Folders and tables as streaming sources: where the files are, with which schema, and how they are read."""

from __future__ import annotations

import os

from unbounded.connectors.file_streams.source import FileStreamProvider
from unbounded.connectors.files.options import FileOptions
from unbounded.connectors.files.paths import is_glob, local_path
from unbounded.connectors.files.scan import FileScan
from unbounded.connectors.formats import FileFormat
from unbounded.errors import ErrorKind, SparkError, analysis_error, not_supported
from unbounded.plan import unresolved as u
from unbounded.session.config import SessionConfig
from unbounded.session.file_sources import FileSources
from unbounded.session.stream_logs import source_log_settings
from unbounded.session.tables import Tables
from unbounded.session.warehouse import Table

_INFERENCE = "spark.sql.streaming.schemaInference"


def file_provider(
    file_format: FileFormat, source: u.DataSource, files: FileSources, config: SessionConfig
) -> FileStreamProvider:
    """Raises: SparkError for a missing path or schema"""
    path = _path(source)
    if not is_glob(path) and not os.path.exists(local_path(path)):
        raise analysis_error("PATH_NOT_FOUND", path=path)
    if source.schema is None and file_format is not FileFormat.TEXT and not config.boolean(_INFERENCE):
        raise SparkError(ErrorKind.ILLEGAL_ARGUMENT, "_LEGACY_ERROR_TEMP_2048", {})
    scan = files.read_stream(file_format, path, source.schema, source.options)
    return _provider(path, scan, source.options, files, config)


def table_provider(
    table: Table, tables: Tables, options: u.Options, files: FileSources, config: SessionConfig
) -> FileStreamProvider:
    """A table of the warehouse: its folder as a stream."""
    scan = tables.scan(table, options).with_files([])
    return _provider(table.location, scan, (*table.options, *options), files, config)


def _provider(
    path: str, scan: FileScan, pairs: u.Options, files: FileSources, config: SessionConfig
) -> FileStreamProvider:
    options = FileOptions(pairs, scan.format)
    return FileStreamProvider(
        local_path(path),
        scan.schema,
        u.lower_case_options(pairs),
        lambda: files.list_present(path, options).files,
        scan.with_paths,
        source_log_settings(config),
        filters_rows=_filters_rows(scan.format, config),
    )


def _filters_rows(file_format: FileFormat, config: SessionConfig) -> bool:
    """Spark's readers of these formats drop rows while they parse them."""
    is_parsed = file_format in (FileFormat.CSV, FileFormat.JSON)
    return is_parsed and config.boolean(f"spark.sql.{file_format.value}.filterPushdown.enabled")


def _path(source: u.DataSource) -> str:
    """The path given to load(), else the option `path`."""
    option = u.option(source.options, "path")
    if source.paths and option is not None:
        setting = "spark.sql.legacy.pathOptionBehavior.enabled"
        raise analysis_error("_LEGACY_ERROR_TEMP_1188", method="load", config=setting)
    if len(source.paths) > 1:
        raise not_supported("Several paths of a streaming source", "Use a glob such as {a,b}/*.json.")
    path = source.paths[0] if source.paths else option
    if path is None:
        raise SparkError(ErrorKind.ILLEGAL_ARGUMENT, "_LEGACY_ERROR_TEMP_2047", {})
    return path
