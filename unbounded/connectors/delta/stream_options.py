"""Options of the streaming Delta source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from unbounded.connectors.delta.options import DeltaUse, boolean, check_options, version_number
from unbounded.connectors.option_values import illegal_argument
from unbounded.errors import analysis_error

LATEST = "latest"
_FILES_PER_TRIGGER = 1000


@dataclass(frozen=True, slots=True)
class DeltaStreamOptions:
    """`starting_version`: a number, `latest`, or None for the whole table first."""

    starting_version: int | str | None
    starting_timestamp: str | None
    files_max: int
    ignores_deletes: bool
    ignores_changes: bool
    skips_change_commits: bool


def delta_stream_options(options: Mapping[str, str]) -> DeltaStreamOptions:
    """`options` by names in lower case. Raises: SparkError for wrong values and what is not there"""
    check_options(options, DeltaUse.SOURCE)
    version, timestamp = options.get("startingversion"), options.get("startingtimestamp")
    if version is not None and timestamp is not None:
        parameters = {"version": "startingVersion", "timestamp": "startingTimestamp"}
        raise analysis_error("DELTA_STARTING_VERSION_AND_TIMESTAMP_BOTH_SET", **parameters)
    is_number = version is not None and version.lower() != LATEST
    return DeltaStreamOptions(
        version_number(version, "startingVersion") if version is not None and is_number else version and LATEST,
        timestamp,
        _positive(options.get("maxfilespertrigger")),
        boolean(options, "ignoreDeletes"),
        boolean(options, "ignoreChanges"),
        boolean(options, "skipChangeCommits"),
    )


def _positive(text: str | None) -> int:
    if text is None:
        return _FILES_PER_TRIGGER
    if not text.isdecimal() or int(text) < 1:
        raise illegal_argument(f"Invalid value '{text}' for option 'maxFilesPerTrigger', must be a positive integer")
    return int(text)
