"""Which version of a table a read means: `versionAsOf`, `timestampAsOf`, or the latest."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone
from zoneinfo import ZoneInfo

from unbounded.connectors.delta.log import commit_times, is_table
from unbounded.connectors.delta.options import instant_ms, version_number
from unbounded.connectors.option_values import illegal_argument
from unbounded.errors import analysis_error


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
        shown = _shown(times[0].milliseconds, zone)
        raise analysis_error("DELTA_TIMESTAMP_EARLIER_THAN_COMMIT_RETENTION", userTimestamp=text, commitTs=shown)
    if milliseconds > times[-1].milliseconds:
        shown = _shown(times[-1].milliseconds, zone)
        parameters = {"providedTimestamp": text, "tableName": path, "maximumTimestamp": shown}
        raise analysis_error("DELTA_TIMESTAMP_GREATER_THAN_COMMIT", **parameters)
    return earlier[-1]


def _shown(milliseconds: int, zone: ZoneInfo | timezone) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, zone).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]
