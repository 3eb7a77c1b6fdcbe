"""The streaming Delta source: the files of the table as it is, then those each later version adds, each once."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timezone
from typing import Any
from zoneinfo import ZoneInfo

from unbounded.connectors.delta import log
from unbounded.connectors.delta.options import instant_ms
from unbounded.connectors.delta.stream_offset import BEFORE_FIRST, DeltaOffset, offset_from_json
from unbounded.connectors.delta.stream_options import LATEST, DeltaStreamOptions, delta_stream_options
from unbounded.connectors.delta.table import Snapshot, open_snapshot
from unbounded.connectors.files.listing import DataFile
from unbounded.connectors.streams import SourceContext
from unbounded.errors import ErrorKind, SparkError, analysis_error, not_supported
from unbounded.types.datatypes import StructType
from unbounded.types.json_form import from_json
from unbounded.types.tree_string import tree_string


@dataclass(frozen=True, slots=True)
class DeltaStreamProvider:
    """`table` as it was when the stream was described; `options` by names in lower case."""

    table: Snapshot
    options: Mapping[str, str]
    time_zone: str
    zone: ZoneInfo | timezone

    @property
    def schema(self) -> StructType:
        return self.table.scan_of(()).schema

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
        self._bound: int | None = None
        self._commits: dict[int, log.Commit] = {}
        self._snapshot: tuple[int, list[DataFile]] | None = None
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
        limited = itertools.islice(files, self._options.files_max) if has_limit else files
        ends = deque((offset for offset, _ in limited), maxlen=1)
        return self._closed(ends[0]).to_json(self._table.table_id) if ends else start

    def batch(self, start: str | None, end: str) -> Any:
        last = offset_from_json(end, self._table.table_id)
        after = self._start_of(last) if start is None else offset_from_json(start, self._table.table_id)
        taken = itertools.takewhile(lambda placed: _is_within(placed[0], last), self._files_after(after))
        return self._table.scan_of(file for _, file in taken)

    def commit(self, end: str) -> None:
        done = offset_from_json(end, self._table.table_id)
        self._commits = {version: c for version, c in self._commits.items() if version >= done.version}

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
        parameters = {"providedTimestamp": text, "tableName": self._table.path, "maximumTimestamp": "its last version"}
        raise analysis_error("DELTA_TIMESTAMP_GREATER_THAN_COMMIT", **parameters)

    # ------------------------------------------------------------------------------------------ files

    def _files_after(self, after: DeltaOffset) -> Iterator[_Placed]:
        first = after.version
        if after.is_snapshot:
            yield from self._placed(after, self._snapshot_files(after.version))
            first += 1
        for version in range(first, self._latest_version() + 1):
            index = after.index if version == after.version else BEFORE_FIRST
            yield from self._placed(DeltaOffset(version, index, False), self._added(version))

    def _placed(self, after: DeltaOffset, files: list[DataFile]) -> Iterator[_Placed]:
        for index in range(after.index + 1, len(files)):
            yield DeltaOffset(after.version, index, after.is_snapshot), files[index]

    def _closed(self, offset: DeltaOffset) -> DeltaOffset:
        """After the last file of a version comes the next version."""
        files = self._snapshot_files(offset.version) if offset.is_snapshot else self._added(offset.version)
        is_last = offset.index == len(files) - 1
        return DeltaOffset(offset.version + 1, BEFORE_FIRST, False) if is_last else offset

    def _latest_version(self) -> int:
        latest = max(log.versions(self._table.path), default=-1)
        return latest if self._bound is None else min(latest, self._bound)

    def _snapshot_files(self, version: int) -> list[DataFile]:
        if self._snapshot is None or self._snapshot[0] != version:
            snapshot = open_snapshot(self._table.path, version, self._provider.time_zone)
            self._snapshot = version, sorted(snapshot.files, key=lambda file: (file.modified_ms, file.path))
        return self._snapshot[1]

    def _added(self, version: int) -> list[DataFile]:
        commit = self._commit(version)
        if commit.removed and self._options.skips_change_commits:
            return []
        return list(commit.added)

    def _commit(self, version: int) -> log.Commit:
        """Raises: SparkError for versions that are gone or do more than add rows of the stream's columns"""
        if version not in self._commits:
            try:
                commit = log.read_commit(self._table.path, version)
            except FileNotFoundError:
                found = log.versions(self._table.path)
                parameters = {"userVersion": str(version), "earliest": str(found[0]), "latest": str(found[-1])}
                raise analysis_error("DELTA_VERSION_NOT_FOUND", **parameters) from None
            self._check(commit)
            self._commits[version] = commit
        return self._commits[version]

    def _check(self, commit: log.Commit) -> None:
        if commit.has_deletion_vectors:
            raise not_supported("Streaming a Delta table with deletion vectors", "Remove them where it was written.")
        if commit.schema_json is not None and not self._has_columns(commit.schema_json):
            raise self._changed(commit)
        ignores_changes = self._options.ignores_changes or self._options.skips_change_commits
        if not commit.removed or ignores_changes:
            return
        parameters = {"version": str(commit.version), "dataPath": self._table.path}
        if commit.added:
            raise _unsupported("DELTA_SOURCE_TABLE_IGNORE_CHANGES", file=commit.added[0].path, **parameters)
        if not self._options.ignores_deletes:
            raise _unsupported("DELTA_SOURCE_IGNORE_DELETE", removedFile=commit.removed[0], **parameters)

    def _changed(self, commit: log.Commit) -> SparkError:
        schema = from_json(commit.schema_json or "")
        assert isinstance(schema, StructType)
        shown = {"readSchema": tree_string(self._table.schema), "dataSchema": tree_string(schema)}
        return _unsupported("DELTA_SCHEMA_CHANGED_WITH_VERSION", version=str(commit.version), **shown)

    def _has_columns(self, schema_json: str) -> bool:
        """Whether the stream reads all columns that a version gives the table."""
        schema = from_json(schema_json)
        assert isinstance(schema, StructType)
        known = {field.name: field.data_type for field in self._table.schema.fields}
        return all(known.get(field.name) == field.data_type for field in schema.fields)


def _is_within(offset: DeltaOffset, end: DeltaOffset) -> bool:
    if offset.is_snapshot and not end.is_snapshot:
        return True
    return (offset.version, offset.index) <= (end.version, end.index)


def _unsupported(condition: str, /, **parameters: str) -> SparkError:
    return SparkError(ErrorKind.UNSUPPORTED, condition, parameters)
