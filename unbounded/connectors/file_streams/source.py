"""The streaming file source: new files of a folder or glob, oldest first, each once. Reading them is not done here.

Its log (`sources/<i>` of the checkpoint, Spark's format) says which files belong to which of its own offsets; the
offset is `{"logOffset": n}` and the files are in the log before the batch's offsets are.
"""

from __future__ import annotations

import itertools
import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from unbounded.checkpoint.compactible_log import CompactibleLog, LogSettings
from unbounded.connectors.file_streams.cleaner import check_archive, clean
from unbounded.connectors.file_streams.lookout import Lookout
from unbounded.connectors.file_streams.manifest import has_manifest
from unbounded.connectors.file_streams.options import CleanSource, FileStreamOptions, file_stream_options
from unbounded.connectors.file_streams.seen import SeenFiles
from unbounded.connectors.files.listing import DataFile
from unbounded.connectors.files.paths import encoded_uri, path_of_uri
from unbounded.connectors.files.scan import FileScan
from unbounded.connectors.option_values import illegal_argument
from unbounded.connectors.streams import SourceContext
from unbounded.errors import NO_CONDITION, ErrorKind, SparkError
from unbounded.types.datatypes import StructField, StructType

FindFiles = Callable[[], Sequence[DataFile]]
"""The files there are now."""

ReadFiles = Callable[[Sequence[str]], FileScan]
"""Paths of data files -> the read of exactly these files."""


@dataclass(frozen=True, slots=True)
class FileStreamProvider:
    """`path` is absolute and may be a glob; `options` by names in lower case; `log`: how the source's log is kept.

    `filters_rows`: rows that a simple filter removes do not count as read.
    """

    path: str
    schema: StructType
    options: Mapping[str, str]
    find: FindFiles
    read: ReadFiles
    log: LogSettings = LogSettings()
    filters_rows: bool = False

    def open(self, context: SourceContext) -> FileStreamSource:
        options = file_stream_options(self.options)
        if options.archive is not None:
            check_archive(self.path, options.archive)
        if os.path.isfile(self.path):
            raise illegal_argument("Option 'basePath' must be a directory")
        return FileStreamSource(self, options, context)

    def input_files(self) -> list[str]:
        return []

    @property
    def metadata_field(self) -> StructField:
        return self.read(()).metadata_field

    def with_metadata(self) -> FileStreamProvider:
        schema = StructType((*self.schema.fields, self.metadata_field))
        return replace(self, schema=schema, read=lambda paths: self.read(paths).with_metadata())


@dataclass(frozen=True, slots=True)
class _Entry:
    """One line of the source's log."""

    path: str
    timestamp_ms: int
    batch_id: int

    def to_json(self) -> str:
        entry = {"path": encoded_uri(self.path), "timestamp": self.timestamp_ms, "batchId": self.batch_id}
        return json.dumps(entry, separators=(",", ":"), ensure_ascii=False)

    @classmethod
    def from_json(cls, line: str) -> _Entry:
        value = json.loads(line)
        return cls(path_of_uri(value["path"]), value["timestamp"], value["batchId"])


class FileStreamSource:
    """Implements `connectors.streams.StreamSource`, and can wait and be bounded.

    `_unread`: files found that were more than a batch may have. `_uncommitted`: entries of the log by its offsets.
    """

    def __init__(self, provider: FileStreamProvider, options: FileStreamOptions, context: SourceContext) -> None:
        self._provider = provider
        self._options = options
        self._files = context.files
        self._clock = context.clock
        self._log = CompactibleLog(context.files, context.directory, context.clock, provider.log)
        self._latest = max(self._log.batch_ids(), default=-1)
        self._seen = SeenFiles(options.age_max_ms, is_file_name_only=options.is_file_name_only)
        for line in self._log.read_all():
            entry = _Entry.from_json(line)
            self._seen.add(entry.path, entry.timestamp_ms)
        self._seen.forget_old()
        self._uncommitted: dict[int, list[_Entry]] = {}
        self._unread: Sequence[DataFile] = ()
        self._bound: Sequence[DataFile] | None = None
        self._lookout = Lookout(provider.path, context.clock)

    @property
    def description(self) -> str:
        return f"FileStreamSource[file:{self._provider.path}]"

    # ------------------------------------------------------------------------------------------ finding

    def bound_to_now(self) -> None:
        self._bound = self._list()

    def wait_for_data(self, timeout_us: int) -> bool:
        return bool(self._unread) or self._lookout.wait(timeout_us)

    def look_again(self) -> None:
        self._lookout.list_again()

    def latest_offset(self, start: str | None, *, has_limit: bool) -> str | None:
        found = self._unread or [file for file in self._candidates() if self._seen.is_new(file)]
        chosen = found[: self._count_for_batch(found)] if has_limit else found
        self._keep_unread(found[len(chosen) :])
        if chosen:
            self._add(chosen)
        return _offset(self._latest) if self._latest >= 0 else None

    def _candidates(self) -> Sequence[DataFile]:
        """Files in the order in which they are taken; none if nothing can have changed."""
        if self._bound is not None:
            return self._bound
        return self._list() if self._lookout.is_due() else ()

    def _list(self) -> Sequence[DataFile]:
        """Of files with the same time, those come first whose name does."""
        if self._options.clean_source is not CleanSource.OFF and has_manifest(self._provider.path):
            message = "Clean up source files is not supported when reading from the output directory of FileStreamSink."
            raise SparkError(ErrorKind.UNSUPPORTED, NO_CONDITION, {"message": message})
        started_us = self._clock.monotonic_us()
        found = [file for file in self._provider.find() if not self._lookout.is_unfinished(file.path)]
        self._lookout.listed(started_us)
        direction = -1 if self._options.is_latest_first else 1
        return sorted(found, key=lambda file: (direction * file.modified_ms, file.path))

    def _count_for_batch(self, found: Sequence[DataFile]) -> int:
        """How many files one batch may have: by count, or by bytes, but one at least."""
        if self._options.files_max is not None:
            return self._options.files_max
        if self._options.bytes_max is None:
            return len(found)
        sizes = itertools.accumulate(file.size_bytes for file in found)
        return max(sum(1 for _ in itertools.takewhile(self._options.bytes_max.__ge__, sizes)), 1)

    def _keep_unread(self, rest: Sequence[DataFile]) -> None:
        """Files for later batches: not listed again first, unless they are few."""
        if rest:
            self._lookout.list_again()
        limit = self._options.files_max or self._options.bytes_max or 0
        amount = sum(file.size_bytes for file in rest) if self._options.bytes_max else len(rest)
        is_kept = not self._options.is_latest_first and self._bound is None
        is_enough = amount >= limit * self._options.discarded_ratio
        self._unread = rest[: self._options.cached_files_max] if is_kept and is_enough else ()

    def _add(self, chosen: Sequence[DataFile]) -> None:
        number = self._latest + 1
        entries = [_Entry(file.path, file.modified_ms, number) for file in chosen]
        self._log.add(number, [entry.to_json() for entry in entries])
        self._latest = number
        self._uncommitted[number] = entries
        for entry in entries:
            self._seen.add(entry.path, entry.timestamp_ms)
        self._seen.forget_old()

    # ------------------------------------------------------------------------------------------ reading

    def batch(self, start: str | None, end: str) -> Any:
        """The files of the batch before are cleaned now, when it cannot be asked for again."""
        before = -1 if start is None else _log_offset(start)
        if before >= 0 and self._options.clean_source is not CleanSource.OFF:
            clean([entry.path for entry in self._entries(before)], self._options, self._files)
        chosen = range(before + 1, _log_offset(end) + 1)
        return self._provider.read([entry.path for number in chosen for entry in self._entries(number)])

    def commit(self, end: str) -> None:
        done = _log_offset(end)
        self._uncommitted = {number: entries for number, entries in self._uncommitted.items() if number >= done}

    def close(self) -> None:
        self._lookout.close()

    def _entries(self, number: int) -> list[_Entry]:
        """A compact entry of the log also has those before, of other numbers."""
        if number not in self._uncommitted:
            found = (_Entry.from_json(line) for line in self._log.read(number) if line)
            self._uncommitted[number] = [entry for entry in found if entry.batch_id == number]
        return self._uncommitted[number]


def _offset(number: int) -> str:
    return json.dumps({"logOffset": number}, separators=(",", ":"))


def _log_offset(offset: str) -> int:
    """Spark also reads a bare number."""
    value = json.loads(offset)
    return int(value["logOffset"] if isinstance(value, dict) else value)
