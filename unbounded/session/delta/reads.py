"""`spark.read.format("delta")`: path and options become a scan with the table's columns in its order."""

from __future__ import annotations

from unbounded.analysis.context import Ids
from unbounded.connectors.delta.options import DeltaUse, check_options, reads_feed
from unbounded.connectors.delta.stream_options import delta_stream_options
from unbounded.connectors.delta.stream_source import DeltaStreamProvider
from unbounded.connectors.delta.table import Snapshot, open_snapshot
from unbounded.connectors.delta.time_travel import version_to_read
from unbounded.connectors.files.paths import local_path
from unbounded.connectors.formats import DELTA
from unbounded.errors import ErrorKind, SparkError
from unbounded.plan import unresolved as u
from unbounded.plan.expressions import Attribute
from unbounded.plan.logical import LogicalPlan, Project, Scan
from unbounded.session.config import SessionConfig
from unbounded.session.delta.feeds import feed_relation, in_feed_order


def is_delta(name: str | None, config: SessionConfig) -> bool:
    """Whether the format is Delta's, or none is given and the session's is."""
    return (name or config.get("spark.sql.sources.default")).lower() == DELTA


def delta_relation(source: u.DataSource, config: SessionConfig, ids: Ids) -> LogicalPlan:
    """Raises: SparkError for missing tables and versions, a schema, and what the table needs and is not there"""
    options = u.lower_case_options(source.options)
    check_options(options, DeltaUse.READ)
    path = delta_path(source)
    if reads_feed(options):
        return feed_relation(path, options, config, ids)
    version = version_to_read(path, options, config.zone)
    snapshot = open_snapshot(path, version, config.time_zone)
    scan = snapshot.scan()
    return in_table_order(Scan(scan, ids.attributes(scan.schema), ids.metadata_of(scan)), snapshot)


def delta_stream(source: u.DataSource, config: SessionConfig) -> DeltaStreamProvider:
    """Raises: SparkError for missing tables, a schema, wrong options and what the table needs and is not there"""
    options = u.lower_case_options(source.options)
    delta_stream_options(options)
    table = open_snapshot(delta_path(source), None, config.time_zone)
    return DeltaStreamProvider(table, options, config.time_zone, config.zone)


def in_stream_order(read: LogicalPlan, provider: DeltaStreamProvider, ids: Ids) -> LogicalPlan:
    """The columns of a stream as its user sees them."""
    if reads_feed(provider.options):
        return in_feed_order(read, provider.table, ids)
    return in_table_order(read, provider.table)


def in_table_order(read: LogicalPlan, snapshot: Snapshot) -> LogicalPlan:
    """The columns of a read of data files in the order of the table."""
    by_name: dict[str, Attribute] = {attribute.name: attribute for attribute in read.output}
    columns = tuple(by_name[field.name] for field in snapshot.schema.fields)
    return read if columns == read.output else Project(read, columns)


def delta_path(source: u.DataSource) -> str:
    """The absolute path of the table. Raises: SparkError if there is none, or a schema is given"""
    if source.schema is not None:
        raise SparkError(ErrorKind.UNSUPPORTED, "_LEGACY_ERROR_TEMP_2242", {"provider": "DeltaDataSource"})
    path = source.paths[0] if len(source.paths) == 1 else u.option(source.options, "path")
    if path is None or len(source.paths) > 1:
        message = "'path' is not specified" if path is None else "Delta tables are read one at a time"
        raise SparkError(ErrorKind.ILLEGAL_ARGUMENT, "UNBOUNDED_INVALID_OPTION", {"message": message})
    return local_path(path)
