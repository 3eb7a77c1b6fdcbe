"""Which version of a table a read means: `versionAsOf`, `timestampAsOf`, or the latest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timezone
from zoneinfo import ZoneInfo

from unbounded.connectors.delta.log import CommitTime, commit_times, is_table
from unbounded.connectors.delta.options import instant_ms, shown_instant, version_number
from unbounded.connectors.option_values import illegal_argument
from unbounded.errors import SparkError, analysis_error


def version_to_read(path: str, options: Mapping[str, str], zone: ZoneInfo | timezone) -> int | None:
    """None for the latest. Raises: SparkError for both options at once, and times outside the table's history"""
    version, time = options.get("versionasof"), options.get("timestampasof")
    if version is not None and time is not None:
        raise illegal_argument("Cannot specify both versionAsOf and timestampAsOf: give one of them.")
    if version is not None:
        return version_number(version, "versionAsOf")
    return _version_at(path, time, zone) if time is not None and is_table(path) else None


def _version_at(path: str, text: str, zone: ZoneInfo | timezone) -> int:
    """The last version that was there at a time, which must lie within the history."""
    milliseconds = instant_ms(text, zone)
    times = commit_times(path)
    earlier = [time.version for time in times if time.milliseconds <= milliseconds]
    if not earlier:
        commit = shown_instant(times[0].milliseconds, zone)
        shown = {"userTimestamp": shown_instant(milliseconds, zone), "commitTs": commit}
        condition = "DELTA_TIMESTAMP_EARLIER_THAN_COMMIT_RETENTION"
        raise analysis_error(condition, timestampString=commit.partition(".")[0], **shown)
    if milliseconds > times[-1].milliseconds:
        raise after_last_commit(milliseconds, times, zone)
    return earlier[-1]


def after_last_commit(milliseconds: int, times: Sequence[CommitTime], zone: ZoneInfo | timezone) -> SparkError:
    commit = shown_instant(times[-1].milliseconds, zone)
    parameters = {"tableName": commit, "maximumTimestamp": commit.partition(".")[0]}
    provided = shown_instant(milliseconds, zone)
    return analysis_error("DELTA_TIMESTAMP_GREATER_THAN_COMMIT", providedTimestamp=provided, **parameters)
