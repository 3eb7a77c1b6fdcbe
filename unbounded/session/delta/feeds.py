"""`readChangeFeed`: the changes between two versions of a Delta table as rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from unbounded.analysis.context import Ids
from unbounded.connectors.delta.change_feed import (
    CHANGE_TYPE,
    COMMIT_TIMESTAMP,
    COMMIT_VERSION,
    FILE_CHANGE_TYPE,
    FeedRange,
    check_recorded,
    feed_files,
    feed_scan,
)
from unbounded.connectors.delta.log import CommitTime, commit_times
from unbounded.connectors.delta.options import instant_ms
from unbounded.connectors.delta.table import Snapshot, open_snapshot
from unbounded.connectors.delta.time_travel import after_last_commit
from unbounded.connectors.option_values import illegal_argument
from unbounded.errors import ErrorKind, SparkError, analysis_error
from unbounded.plan.expressions import Call
from unbounded.plan.logical import LogicalPlan, Project, Scan
from unbounded.session.config import SessionConfig
from unbounded.types.datatypes import STRING


def feed_relation(path: str, options: Mapping[str, str], config: SessionConfig, ids: Ids) -> LogicalPlan:
    """`options` by names in lower case.

    Raises: SparkError DELTA_NO_START_FOR_CDC_READ, DELTA_INVALID_CDC_RANGE, DELTA_MISSING_CHANGE_DATA, …
    """
    if "versionasof" in options or "timestampasof" in options:
        raise analysis_error("DELTA_UNSUPPORTED_TIME_TRAVEL_VIEWS")
    table = open_snapshot(path, None, config.time_zone)
    times = commit_times(path)
    versions = _range(options, times, table.version, config)
    check_recorded(path, versions)
    wanted = [time for time in times if versions.first <= time.version <= versions.last]
    files = [file for time in wanted for file in feed_files(table, time.version, time.milliseconds)]
    scan = feed_scan(table, files)
    return in_feed_order(Scan(scan, ids.attributes(scan.schema)), table, ids)


def in_feed_order(read: LogicalPlan, table: Snapshot, ids: Ids) -> LogicalPlan:
    """The columns of a read of the feed: the table's in its order, then what the feed adds."""
    by_name = {attribute.name: attribute for attribute in read.output}
    kind = Call("coalesce", (by_name[CHANGE_TYPE], by_name[FILE_CHANGE_TYPE]), STRING)
    columns = tuple(by_name[field.name] for field in table.schema.fields)
    return Project(
        read,
        (*columns, ids.alias(kind, CHANGE_TYPE), by_name[COMMIT_VERSION], by_name[COMMIT_TIMESTAMP]),
    )


def _range(options: Mapping[str, str], times: Sequence[CommitTime], latest: int, config: SessionConfig) -> FeedRange:
    first = _bound("starting", options, times, config)
    last = _bound("ending", options, times, config)
    if first is None:
        raise analysis_error("DELTA_NO_START_FOR_CDC_READ")
    if first > latest:
        raise illegal_argument(
            f"Provided Start version({first}) for reading change data is invalid. Start version cannot be greater than "
            f"the latest version of the table({latest})."
        )
    last = latest if last is None else min(last, latest)
    if last < first:
        parameters = {"start": str(first), "end": str(last)}
        raise SparkError(ErrorKind.ILLEGAL_ARGUMENT, "DELTA_INVALID_CDC_RANGE", parameters)
    return FeedRange(first, last)


def _bound(name: str, options: Mapping[str, str], times: Sequence[CommitTime], config: SessionConfig) -> int | None:
    """A version, or the first at or after (`starting`) or the last at or before a time."""
    version, instant = options.get(f"{name}version"), options.get(f"{name}timestamp")
    if version is not None and instant is not None:
        raise analysis_error("DELTA_MULTIPLE_CDC_BOUNDARY", startingOrEnding=name)
    if version is not None:
        if not version.isdecimal():
            raise analysis_error("DELTA_VERSION_INVALID", version=version)
        return int(version)
    if instant is None:
        return None
    milliseconds = instant_ms(instant, config.zone)
    if name == "starting":
        later = [time.version for time in times if time.milliseconds >= milliseconds]
        if not later:
            raise after_last_commit(milliseconds, times, config.zone)
        return later[0]
    earlier = [time.version for time in times if time.milliseconds <= milliseconds]
    return earlier[-1] if earlier else -1
