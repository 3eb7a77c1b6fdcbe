"""The streaming file source: new files of a directory, oldest first, each file once. Reading them is not done here.

Its log (`sources/<i>/<n>` of the checkpoint, Spark's format) says which files belong to which of its own offsets; the
offset is `{"logOffset": n}` and the file is in the log before the batch's offsets are.
"""

from __future__ import annotations

import glob
import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from unbounded.checkpoint.logs import BatchLog
from unbounded.connectors.streams import SourceContext
from unbounded.errors import ErrorKind, SparkError, not_supported
from unbounded.storage.api import FileStatus, FileSystem
from unbounded.types.datatypes import StructType

ReadFiles = Callable[[Sequence[str]], Any]
"""Paths of data files -> the `connectors.api.BatchSource` of exactly these files."""

_NOT_YET = ("maxbytespertrigger", "latestfirst", "maxfileage", "filenameonly", "cleansource", "sourcearchivedir")


@dataclass(frozen=True, slots=True)
class FileStreamProvider:
    """`read` makes the batch source of some files, with the reader's format, schema and options."""

    path: str
    schema: StructType
    options: Mapping[str, str]
    read: ReadFiles

    def open(self, context: SourceContext) -> FileStreamSource:
        for name in _NOT_YET:
            if name in self.options:
                raise not_supported(f"Option {name} of the streaming file source", "Leave it out.")
        return FileStreamSource(self, context, _files_per_batch(self.options))

    def input_files(self) -> list[str]:
        return []


def _files_per_batch(options: Mapping[str, str]) -> int | None:
    text = options.get("maxfilespertrigger")
    if text is None:
        return None
    if not text.isdigit() or int(text) < 1:
        message = f"Invalid value '{text}' for option 'maxFilesPerTrigger', must be a positive integer"
        raise SparkError(ErrorKind.ILLEGAL_ARGUMENT, "_LEGACY_ERROR_TEMP_3206", {"value": message})
    return int(text)


@dataclass(frozen=True, slots=True)
class _Entry:
    """One line of the source's log."""

    path: str
    timestamp_ms: int
    batch_id: int

    def to_json(self) -> str:
        uri = "file://" + quote(self.path)
        return json.dumps(
            {"path": uri, "timestamp": self.timestamp_ms, "batchId": self.batch_id}, separators=(",", ":")
        )

    @classmethod
    def from_json(cls, line: str) -> _Entry:
        value = json.loads(line)
        return cls(unquote(urlsplit(value["path"]).path), value["timestamp"], value["batchId"])


class FileStreamSource:
    """Implements `connectors.streams.StreamSource`."""

    def __init__(self, provider: FileStreamProvider, context: SourceContext, files_max: int | None) -> None:
        self._provider = provider
        self._files = context.files
        self._log = BatchLog(context.files, context.directory)
        self._files_max = files_max
        self._entries = {n: self._read_log(n) for n in self._log.batch_ids()}
        self._seen = {entry.path for entries in self._entries.values() for entry in entries}

    @property
    def description(self) -> str:
        return f"FileStreamSource[file:{os.path.abspath(self._provider.path)}]"

    def latest_offset(self, start: str | None, *, has_limit: bool) -> str | None:
        current = max(self._entries, default=-1)
        new = self._new_files()
        if has_limit and self._files_max is not None:
            new = new[: self._files_max]
        if new:
            current += 1
            self._add(current, new)
        return _offset(current) if current >= 0 else None

    def batch(self, start: str | None, end: str) -> Any:
        first = 0 if start is None else _log_offset(start) + 1
        chosen = range(first, _log_offset(end) + 1)
        return self._provider.read([entry.path for n in chosen for entry in self._entries[n]])

    def commit(self, end: str) -> None:
        """Nothing to clean (cleanSource is off)."""

    def close(self) -> None:
        """Holds nothing open."""

    def _read_log(self, number: int) -> list[_Entry]:
        return [_Entry.from_json(line) for line in self._log.read(number) if line]

    def _add(self, number: int, new: Sequence[FileStatus]) -> None:
        entries = [_Entry(status.path, status.modified_ms, number) for status in new]
        self._log.add(number, [entry.to_json() for entry in entries])
        self._entries[number] = entries
        self._seen.update(entry.path for entry in entries)

    def _new_files(self) -> list[FileStatus]:
        """Unseen files, oldest first; of the same age in order of name."""
        found = [f for f in list_data_files(self._files, self._provider.path) if f.path not in self._seen]
        return sorted(found, key=lambda status: (status.modified_ms, status.path))


def list_data_files(files: FileSystem, path: str) -> list[FileStatus]:
    """The visible files directly in `path` (a directory or a glob) and in its `key=value` directories."""
    absolute = os.path.abspath(path.removeprefix("file://").removeprefix("file:"))
    roots = sorted(glob.glob(absolute)) if glob.has_magic(absolute) else [absolute]
    return [found for root in roots for found in _data_files_in(files, root)]


def _data_files_in(files: FileSystem, root: str) -> list[FileStatus]:
    result: list[FileStatus] = []
    for status in files.list(root):
        name = os.path.basename(status.path)
        if name.startswith(("_", ".")):
            continue
        if not status.is_directory:
            result.append(status)
        elif "=" in name:
            result.extend(_data_files_in(files, status.path))
    return result


def _offset(number: int) -> str:
    return json.dumps({"logOffset": number}, separators=(",", ":"))


def _log_offset(offset: str) -> int:
    """Spark also reads a bare number."""
    value = json.loads(offset)
    return int(value["logOffset"] if isinstance(value, dict) else value)
