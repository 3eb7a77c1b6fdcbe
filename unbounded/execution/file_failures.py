"""What the engine says about files it cannot read -> Spark errors, and errors of our own for its limits."""

from __future__ import annotations

import re
from collections.abc import Callable

from unbounded.errors import ErrorKind, SparkError
from unbounded.lowering.files.lines import LINE_BYTES_MAX

_FILE = re.compile(r"file = (.+)")
_QUOTED_FILE = re.compile(r"(?:file|pattern) [\"'](.+?)[\"']")


def file_error(text: str) -> SparkError | None:
    """The error for an engine message about a file; None for any other message."""
    return next((build(_path(text)) for pattern, build in _FAILURES if re.search(pattern, text)), None)


def _path(text: str) -> str:
    found = _FILE.search(text) or _QUOTED_FILE.search(text)
    return f"file://{found[1].strip()}" if found else "the input"


def _not_utf8(path: str) -> SparkError:
    return SparkError(ErrorKind.SPARK, "UNBOUNDED_NOT_UTF8", {"path": path})


def _too_long(path: str) -> SparkError:
    return SparkError(ErrorKind.SPARK, "UNBOUNDED_LINE_TOO_LONG", {"path": path, "limit": str(LINE_BYTES_MAX)})


def _missing(path: str) -> SparkError:
    return SparkError(ErrorKind.SPARK, "FAILED_READ_FILE.FILE_NOT_EXIST", {"path": path})


def _unreadable(path: str) -> SparkError:
    return SparkError(ErrorKind.SPARK, "FAILED_READ_FILE.NO_HINT", {"path": path})


_FAILURES: tuple[tuple[str, Callable[[str], SparkError]], ...] = (
    (r"This file is not utf-8 encoded|Invalid unicode|as valid UTF-8", _not_utf8),
    (r"Maximum line size of|does not support a full read on this file", _too_long),
    (r"No files found that match", _missing),
    (r"No magic bytes found|GZIP|[Zz]std|[Cc]orrupt", _unreadable),
)
"""Patterns of engine messages, first match wins."""
