"""Options of the streaming file source, with Spark's defaults and sentences. They are checked when a query starts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from unbounded.connectors.files.paths import local_path
from unbounded.connectors.option_values import INT_MAX, LONG_MAX, duration, illegal_argument
from unbounded.errors import not_supported

_NOT_ALLOWED = ("modifiedbefore", "modifiedafter")


class CleanSource(Enum):
    """What happens to files whose batch is done."""

    OFF = "OFF"
    ARCHIVE = "ARCHIVE"
    DELETE = "DELETE"


@dataclass(frozen=True, slots=True)
class FileStreamOptions:
    """`archive`: the folder below which done files go, for `CleanSource.ARCHIVE`."""

    files_max: int | None = None
    bytes_max: int | None = None
    is_latest_first: bool = False
    age_max_ms: int = 7 * 86_400_000
    is_file_name_only: bool = False
    cached_files_max: int = 10_000
    discarded_ratio: float = 0.2
    clean_source: CleanSource = CleanSource.OFF
    archive: str | None = None


def file_stream_options(options: Mapping[str, str]) -> FileStreamOptions:
    """`options`: values by names in lower case. Raises: SparkError for wrong values"""
    for name in _NOT_ALLOWED:
        if name in options:
            raise illegal_argument(f"option '{name}' is not allowed in file stream sources")
    files_max = _positive(options, "maxFilesPerTrigger", INT_MAX)
    bytes_max = _positive(options, "maxBytesPerTrigger", LONG_MAX)
    if files_max is not None and bytes_max is not None:
        message = "Options 'maxFilesPerTrigger' and 'maxBytesPerTrigger' can't be both set at the same time"
        raise illegal_argument(message)
    is_latest_first = _boolean(options, "latestFirst")
    age_max_ms = duration(options.get("maxfileage", "7d"), "ms")
    if age_max_ms < 0:
        raise illegal_argument("requirement failed: the option 'maxFileAge' must not be negative")
    clean_source = _clean_source(options.get("cleansource", "off"))
    return FileStreamOptions(
        files_max,
        bytes_max,
        is_latest_first,
        LONG_MAX if is_latest_first and (files_max or bytes_max) else age_max_ms,
        _boolean(options, "fileNameOnly"),
        _cached_files_max(options.get("maxcachedfiles", "10000")),
        _ratio(options.get("discardcachedinputratio", "0.2")),
        clean_source,
        _archive(options) if clean_source is CleanSource.ARCHIVE else None,
    )


def _positive(options: Mapping[str, str], name: str, maximum: int) -> int | None:
    text = options.get(name.lower())
    if text is None:
        return None
    if not text.isascii() or not text.isdigit() or not 0 < int(text) <= maximum:
        raise illegal_argument(f"Invalid value '{text}' for option '{name}', must be a positive integer")
    return int(text)


def _boolean(options: Mapping[str, str], name: str) -> bool:
    text = options.get(name.lower(), "false")
    if text.lower() not in ("true", "false"):
        raise illegal_argument(f"Invalid value '{text}' for option '{name}', must be 'true' or 'false'")
    return text.lower() == "true"


def _cached_files_max(text: str) -> int:
    if not text.isascii() or not text.isdigit():
        message = f"Invalid value '{text}' for option 'maxCachedFiles', must be an integer greater than or equal to 0"
        raise illegal_argument(message)
    return int(text)


def _ratio(text: str) -> float:
    if not re.fullmatch(r"\d*\.?\d+|\d+\.", text) or not 0 <= float(text) <= 1:
        message = (
            f"Invalid value '{text}' for option 'discardCachedInputRatio', must be a positive float between 0 and 1"
        )
        raise illegal_argument(message)
    return float(text)


def _clean_source(text: str) -> CleanSource:
    if text.upper() not in CleanSource.__members__:
        message = f"Invalid mode for clean source option Some({text}). Must be one of ARCHIVE,DELETE,OFF"
        raise illegal_argument(message)
    return CleanSource[text.upper()]


def _archive(options: Mapping[str, str]) -> str:
    folder = options.get("sourcearchivedir")
    if folder is None:
        raise illegal_argument("Archive mode must be used with 'sourceArchiveDir' option.")
    if folder == "":
        raise not_supported("An empty sourceArchiveDir", "Name a folder.")
    return local_path(folder)
