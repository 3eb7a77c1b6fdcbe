"""Options of the streaming Delta source."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from unbounded.connectors.delta.options import DeltaUse, boolean, check_options, reads_feed, version_number
from unbounded.connectors.option_values import illegal_argument
from unbounded.errors import analysis_error

_SIZE = re.compile(r"(\d+)(b|kb?|mb?|gb?|tb?|pb?|)")
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
    fails_on_data_loss: bool = True
    reads_feed: bool = False
    bytes_max: int | None = None
    excluded: re.Pattern[str] | None = None

    def excludes(self, name: str) -> bool:
        """Whether rows of the file, named from the table's folder, are left out."""
        return self.excluded is not None and self.excluded.search(name) is not None


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
        options.get("failondataloss", "true").lower() != "false",
        reads_feed(options),
        _bytes(options.get("maxbytespertrigger")),
        _pattern(options.get("excluderegex")),
    )


def _bytes(text: str | None) -> int | None:
    """`1000`, `10k`, `1g`, …: powers of 1024."""
    if text is None:
        return None
    match = _SIZE.fullmatch(text.strip().lower())
    if match is None or int(match[1]) == 0:
        message = f"Invalid value '{text}' for option 'maxBytesPerTrigger', must be a size configuration such as '10g'"
        raise illegal_argument(message)
    power: int = "bkmgtp".index(match[2][:1] or "b")
    return int(match[1]) * int(1024**power)


def _pattern(text: str | None) -> re.Pattern[str] | None:
    try:
        return None if text is None else re.compile(text)
    except re.error as error:
        raise illegal_argument(f"Please recheck your syntax for 'excludeRegex': {error}") from None


def _positive(text: str | None) -> int:
    if text is None:
        return _FILES_PER_TRIGGER
    if not text.isdecimal() or int(text) < 1:
        raise illegal_argument(f"Invalid value '{text}' for option 'maxFilesPerTrigger', must be a positive integer")
    return int(text)
