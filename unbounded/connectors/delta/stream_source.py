"""The streaming Delta source: the files of the table as it is, then those each later version adds, each once."""

from __future__ import annotations

import itertools
import os
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timezone
from typing import Any
from zoneinfo import ZoneInfo

from unbounded.connectors.delta import log
from unbounded.connectors.delta.options import instant_ms
from unbounded.connectors.delta.stream_files import AddedFiles, ChangedFiles, StreamedFiles
from unbounded.connectors.delta.stream_offset import BEFORE_FIRST, DeltaOffset, offset_from_json
from unbounded.connectors.delta.stream_options import LATEST, DeltaStreamOptions, delta_stream_options
from unbounded.connectors.delta.table import Snapshot
from unbounded.connectors.delta.time_travel import after_last_commit
from unbounded.connectors.files.listing import DataFile
from unbounded.connectors.files.scan import FileScan
from unbounded.connectors.streams import SourceContext
from unbounded.types.datatypes import StructField, StructType


@dataclass(frozen=True, slots=True)
class DeltaStreamProvider:
    """`table` as it was when the stream was described; `options` by names in lower case. `has_metadata`: whether the
    column `_metadata` comes last."""

    table: Snapshot
    options: Mapping[str, str]
    time_zone: str
    zone: ZoneInfo | timezone
    has_metadata: bool = False

    @property
    def schema(self) -> StructType:
        return self.read(self.files(), ()).schema

    @property
    def metadata_field(self) -> StructField | None:
        """Rows of the change data feed have none."""
        return None if delta_stream_options(self.options).reads_feed else self.files().scan(()).metadata_field

    def with_metadata(self) -> DeltaStreamProvider:
        return replace(self, has_metadata=True)

    def read(self, streamed: StreamedFiles, files: Iterable[DataFile]) -> FileScan:
        """The read of some of the files that `streamed` knows of."""
        scan = streamed.scan(files)
        return scan.with_metadata() if self.has_metadata else scan

    def files(self) -> StreamedFiles:
        options = delta_stream_options(self.options)
        reader = ChangedFiles if options.reads_feed else AddedFiles
        return reader(self.table, options, self.time_zone)

    def open(self, context: SourceContext) -> DeltaStreamSource:
        return DeltaStreamSource(self, delta_stream_options(self.options))

    def input_files(self) -> list[str]:
        return []


_Placed = tuple[DeltaOffset, DataFile]
"""A file and the offset right after it."""


class DeltaStreamSource:
    """Implements `connectors.streams.StreamSource`, and can be bounded.

    The first batch has files of the first snapshot alone (or of one version, after `latest`), so that where it starts
    can be told from where it ends.
    """

    def __init__(self, provider: DeltaStreamProvider, options: DeltaStreamOptions) -> None:
        self._provider = provider
        self._table = provider.table
        self._options = options
        self._files = provider.files()
        self._bound: int | None = None
        self._first_new: int | None = None

    @property
    def description(self) -> str:
        return f"DeltaSource[file:{self._table.path}]"

    def bound_to_now(self) -> None:
        self._bound = self._latest_version()

    def latest_offset(self, start: str | None, *, has_limit: bool) -> str | None:
        after = self._first_offset() if start is None else offset_from_json(start, self._table.table_id)
        files = self._files_after(after)
        if start is None and (after.is_snapshot or self._options.starting_version == LATEST):
            first = next(files, None)
            same = (p for p in files if first is not None and p[0].version == first[0].version)
            files = iter(()) if first is None else itertools.chain([first], same)
        limited = self._limited(files) if has_limit else files
        ends = deque((offset for offset, _ in limited), maxlen=1)
        return self._closed(ends[0]).to_json(self._table.table_id) if ends else start

    def batch(self, start: str | None, end: str) -> Any:
        last = offset_from_json(end, self._table.table_id)
        after = self._start_of(last) if start is None else offset_from_json(start, self._table.table_id)
        taken = itertools.takewhile(lambda placed: _is_within(placed[0], last), self._files_after(after))
        return self._provider.read(self._files, (file for _, file in taken))

    def commit(self, end: str) -> None:
        done = offset_from_json(end, self._table.table_id)
        self._files.forget(done.version)

    def close(self) -> None:
        """There is nothing to let go of."""

    # ------------------------------------------------------------------------------------------ where it starts

    def _first_offset(self) -> DeltaOffset:
        version = self._options.starting_version
        if version == LATEST:
            if self._first_new is None:
                self._first_new = self._latest_version() + 1
            return DeltaOffset(self._first_new, BEFORE_FIRST, False)
        if isinstance(version, int):
            return DeltaOffset(version, BEFORE_FIRST, False)
        if self._options.starting_timestamp is not None:
            return DeltaOffset(self._version_since(self._options.starting_timestamp), BEFORE_FIRST, False)
        return DeltaOffset(self._latest_version(), BEFORE_FIRST, True)

    def _start_of(self, end: DeltaOffset) -> DeltaOffset:
        """Where the first batch began that ends at `end`."""
        has_option = self._options.starting_version is not None or self._options.starting_timestamp is not None
        if has_option and self._options.starting_version != LATEST:
            return self._first_offset()
        version = end.version if end.is_snapshot or end.index > BEFORE_FIRST else end.version - 1
        return DeltaOffset(version, BEFORE_FIRST, not has_option)

    def _version_since(self, text: str) -> int:
        """The first version at or after a time."""
        milliseconds = instant_ms(text, self._provider.zone)
        times = log.commit_times(self._table.path)
        later = [time.version for time in times if time.milliseconds >= milliseconds]
        if later:
            return later[0]
        raise after_last_commit(milliseconds, times, self._provider.zone)

    # ------------------------------------------------------------------------------------------ files

    def _files_after(self, after: DeltaOffset) -> Iterator[_Placed]:
        first = after.version
        if after.is_snapshot:
            yield from self._placed(after, self._files.of_snapshot(after.version))
            first += 1
        for version in range(first, self._latest_version() + 1):
            index = after.index if version == after.version else BEFORE_FIRST
            yield from self._placed(DeltaOffset(version, index, False), self._files.of_version(version))

    def _placed(self, after: DeltaOffset, files: list[DataFile]) -> Iterator[_Placed]:
        for index in range(after.index + 1, len(files)):
            if not self._options.excludes(os.path.relpath(files[index].path, self._table.path)):
                yield DeltaOffset(after.version, index, after.is_snapshot), files[index]

    def _limited(self, files: Iterator[_Placed]) -> Iterator[_Placed]:
        """As many files as one batch may have; the one that reaches the limit of bytes is the last."""
        count, size, last = 0, 0, BEFORE_FIRST
        bytes_max = self._options.bytes_max
        for placed in files:
            version = placed[0].version
            is_full = count >= self._options.files_max or (bytes_max is not None and size >= bytes_max)
            if is_full and not (version == last and self._files.is_indivisible(version)):
                return
            yield placed
            count, size, last = count + 1, size + placed[1].size_bytes, version

    def _closed(self, offset: DeltaOffset) -> DeltaOffset:
        """After the last file of a version comes the next version."""
        files = self._files.of_snapshot if offset.is_snapshot else self._files.of_version
        is_last = offset.index == len(files(offset.version)) - 1
        return DeltaOffset(offset.version + 1, BEFORE_FIRST, False) if is_last else offset

    def _latest_version(self) -> int:
        latest = max(log.versions(self._table.path), default=-1)
        return latest if self._bound is None else min(latest, self._bound)


def _is_within(offset: DeltaOffset, end: DeltaOffset) -> bool:
    if offset.is_snapshot and not end.is_snapshot:
        return True
    return (offset.version, offset.index) <= (end.version, end.index)
