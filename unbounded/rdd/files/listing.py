"""Which files a path of the program means: several paths, patterns, directories, hidden files. Opens none of them."""

from __future__ import annotations

import glob
import os
import re
from dataclasses import dataclass
from pathlib import Path

from unbounded.rdd.errors import InvalidInputException, UnsupportedOperationException

_SCHEME = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*):(?://(?P<host>[^/]*))?(?P<path>/.*)")
_PATTERN_SIGNS = frozenset("*?[{")
_HIDDEN_PREFIXES = ("_", ".")


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file to read and its size."""

    path: str
    size_bytes: int


def local_path(path: str) -> str:
    """The absolute local path of a path or `file:` URL."""
    match = _SCHEME.fullmatch(path)
    if match is None:
        return os.path.abspath(path)
    if match["scheme"] != "file":
        raise UnsupportedOperationException(f'No FileSystem for scheme "{match["scheme"]}": RDDs read local files only')
    return os.path.normpath(match["path"])


def split_paths(paths: str) -> list[str]:
    """The paths of a comma-separated list; commas within braces belong to a pattern."""
    return [local_path(part) for part in re.split(r",(?![^{]*})", paths)]


def find_files(paths: list[str]) -> list[FoundFile]:
    """The files behind paths, patterns and directories, in the order of the paths and sorted below each.

    Raises InvalidInputException for a path that is not there and OSError for a directory within a directory.
    """
    return [_found(file) for path in paths for match in _expand(path) for file in _files_below(match)]


def _expand(path: str) -> list[str]:
    if not _PATTERN_SIGNS & set(path):
        if not os.path.exists(path):
            raise InvalidInputException(f"Input path does not exist: file:{path}")
        return [path]
    matches = {match for pattern in _without_braces(path) for match in glob.glob(pattern.replace("[^", "[!"))}
    visible = sorted(match for match in matches if not _is_hidden(match))
    if not visible:
        raise InvalidInputException(f"Input Pattern file:{path} matches 0 files")
    return visible


def _without_braces(pattern: str) -> list[str]:
    match = re.search(r"\{([^{}]*)\}", pattern)
    if match is None:
        return [pattern]
    before, after = pattern[: match.start()], pattern[match.end() :]
    return [full for choice in match[1].split(",") for full in _without_braces(before + choice + after)]


def _files_below(path: str) -> list[str]:
    if not os.path.isdir(path):
        return [path]
    files = sorted(os.path.join(path, name) for name in os.listdir(path) if not _is_hidden(name))
    for file in files:
        if os.path.isdir(file):
            raise IsADirectoryError(
                f"Path: {file} is a directory, which is not supported by the record reader when "
                "`mapreduce.input.fileinputformat.input.dir.recursive` is false."
            )
    return files


def _is_hidden(path: str) -> bool:
    return os.path.basename(path).startswith(_HIDDEN_PREFIXES)


def _found(file: str) -> FoundFile:
    return FoundFile(file, Path(file).stat().st_size)
