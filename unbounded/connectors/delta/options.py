"""Options of Delta tables as tables: what is known to readers, writers and streams, and what is refused by name."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from enum import Enum
from zoneinfo import ZoneInfo

from unbounded.connectors.option_values import illegal_argument
from unbounded.errors import analysis_error, not_supported

_logger = logging.getLogger("unbounded")


class DeltaUse(Enum):
    """The value is what errors call it."""

    READ = "reading a Delta table"
    WRITE = "writing a Delta table"
    SOURCE = "the streaming source delta"
    SINK = "the streaming sink delta"


_FEED = ("readchangefeed", "readchangedata")
_FEED_BOUNDS = ("startingversion", "startingtimestamp", "endingversion", "endingtimestamp")
_KNOWN: Mapping[DeltaUse, frozenset[str]] = {
    DeltaUse.READ: frozenset({"path", "versionasof", "timestampasof", *_FEED, *_FEED_BOUNDS}),
    DeltaUse.WRITE: frozenset(
        {
            "path",
            "mergeschema",
            "overwriteschema",
            "replacewhere",
            "partitionoverwritemode",
            "txnappid",
            "txnversion",
            "usermetadata",
        }
    ),
    DeltaUse.SOURCE: frozenset(
        {
            "path",
            "startingversion",
            "startingtimestamp",
            "maxfilespertrigger",
            "ignoredeletes",
            "ignorechanges",
            "skipchangecommits",
            "failondataloss",
            "maxbytespertrigger",
            "excluderegex",
            *_FEED,
        }
    ),
    DeltaUse.SINK: frozenset({"path", "checkpointlocation", "mergeschema", "overwriteschema", "usermetadata"}),
}


@dataclass(frozen=True, slots=True)
class _Refused:
    """An option that may only have the value `default`."""

    name: str
    default: str
    hint: str


_WRITES = (
    _Refused("dataChange", "true", "Leave it out."),
    _Refused("maxRecordsPerFile", "0", "Leave it out."),
)
_REFUSED: Mapping[DeltaUse, tuple[_Refused, ...]] = {
    DeltaUse.READ: (),
    DeltaUse.SOURCE: (
        _Refused("withEventTimeOrder", "false", "Leave it out."),
        _Refused("schemaTrackingLocation", "", "Start a new checkpoint when columns change."),
    ),
    DeltaUse.WRITE: _WRITES,
    DeltaUse.SINK: _WRITES,
}


def check_options(options: Mapping[str, str], use: DeltaUse) -> None:
    """Raises: SparkError UNBOUNDED_NOT_SUPPORTED for an option that has other than its default value"""
    refused = {row.name.lower(): row for row in _REFUSED[use]}
    for key, value in options.items():
        row = refused.get(key)
        if row is not None and value.lower() != row.default:
            raise not_supported(f"The option {row.name} of {use.value}", row.hint)
        if row is None and key not in _KNOWN[use]:
            _logger.debug("The option %s=%s is unknown to %s and has no effect.", key, value, use.value)


def boolean(options: Mapping[str, str], name: str) -> bool:
    """Whether the option `name` is true; false if it is not given."""
    value = options.get(name.lower(), "false").lower()
    if value not in ("true", "false"):
        raise illegal_argument(f"Invalid value '{value}' for option '{name}', must be 'true' or 'false'")
    return value == "true"


def reads_feed(options: Mapping[str, str]) -> bool:
    return boolean(options, "readChangeFeed") or boolean(options, "readChangeData")


def version_number(text: str, name: str) -> int:
    if not text.isdecimal():
        raise illegal_argument(f"Invalid value '{text}' for option '{name}', must be greater than or equal to zero")
    return int(text)


def shown_instant(milliseconds: int, zone: ZoneInfo | timezone) -> str:
    """As Delta's errors show an instant: `2024-01-31 10:00:00.0`."""
    moment = datetime.fromtimestamp(milliseconds / 1000, zone)
    fraction = f"{milliseconds % 1000:03}".rstrip("0") or "0"
    return f"{moment:%Y-%m-%d %H:%M:%S}.{fraction}"


def instant_ms(text: str, zone: ZoneInfo | timezone) -> int:
    """A date or a time, in `zone` if it has none of its own. Raises: SparkError DELTA_TIMESTAMP_INVALID"""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise analysis_error("DELTA_TIMESTAMP_INVALID", expr=f"'{text}'") from None
    moment = moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)
    return int(moment.timestamp() * 1000)
