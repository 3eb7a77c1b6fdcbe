"""Which files a stream of a Delta table reads: those each version adds, or those that tell its changes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from unbounded.connectors.delta import log
from unbounded.connectors.delta.change_feed import (
    FeedRange,
    check_recorded,
    feed_files,
    feed_scan,
    is_change_data,
    snapshot_files,
)
from unbounded.connectors.delta.stream_options import DeltaStreamOptions
from unbounded.connectors.delta.table import Snapshot, open_snapshot
from unbounded.connectors.files.listing import DataFile
from unbounded.connectors.files.scan import FileScan
from unbounded.errors import ErrorKind, SparkError, not_supported
from unbounded.types.datatypes import StructType
from unbounded.types.json_form import from_json
from unbounded.types.tree_string import tree_string


class StreamedFiles(Protocol):
    """Remembers what it has read of the log until `forget`."""

    def of_snapshot(self, version: int) -> list[DataFile]:
        """The whole table as it was in `version`, by time, then path."""
        ...

    def of_version(self, version: int) -> list[DataFile]:
        """What `version` did. Raises: SparkError for versions that are gone or that the stream cannot read"""
        ...

    def is_indivisible(self, version: int) -> bool:
        """Whether what `version` did belongs into one batch."""
        ...

    def scan(self, files: Iterable[DataFile]) -> FileScan: ...

    def forget(self, before: int) -> None: ...


class _Snapshots:
    """The files of one version, kept."""

    def __init__(self, table: Snapshot, time_zone: str) -> None:
        self._table = table
        self._time_zone = time_zone
        self._kept: tuple[int, Snapshot, list[DataFile]] | None = None

    def files(self, version: int) -> tuple[Snapshot, list[DataFile]]:
        if self._kept is None or self._kept[0] != version:
            snapshot = open_snapshot(self._table.path, version, self._time_zone)
            self._kept = version, snapshot, sorted(snapshot.files, key=lambda file: (file.modified_ms, file.path))
        return self._kept[1], self._kept[2]


class AddedFiles:
    """Implements `StreamedFiles`: rows that versions add."""

    def __init__(self, table: Snapshot, options: DeltaStreamOptions, time_zone: str) -> None:
        self._table = table
        self._options = options
        self._snapshots = _Snapshots(table, time_zone)
        self._commits: dict[int, log.Commit] = {}

    def of_snapshot(self, version: int) -> list[DataFile]:
        return self._snapshots.files(version)[1]

    def of_version(self, version: int) -> list[DataFile]:
        commit = self._commit(version)
        if commit.removed and self._options.skips_change_commits:
            return []
        return list(commit.added)

    def is_indivisible(self, version: int) -> bool:
        return False

    def scan(self, files: Iterable[DataFile]) -> FileScan:
        return self._table.scan_of(files)

    def forget(self, before: int) -> None:
        self._commits = {version: c for version, c in self._commits.items() if version >= before}

    def _commit(self, version: int) -> log.Commit:
        if version not in self._commits:
            try:
                commit = log.read_commit(self._table.path, version)
            except FileNotFoundError:
                _refuse_lost(self._table.path, version, self._options)
                return log.Commit(version, (), ())
            self._check(commit)
            self._commits[version] = commit
        return self._commits[version]

    def _check(self, commit: log.Commit) -> None:
        if commit.has_deletion_vectors:
            raise not_supported("Streaming a Delta table with deletion vectors", "Remove them where it was written.")
        if commit.schema_json is not None and not self._has_columns(commit.schema_json):
            raise self._changed(commit.version, commit.schema_json)
        ignores_changes = self._options.ignores_changes or self._options.skips_change_commits
        if not commit.removed or ignores_changes:
            return
        parameters = {"version": str(commit.version), "dataPath": f"file:{self._table.path}"}
        if commit.added:
            raise _unsupported("DELTA_SOURCE_TABLE_IGNORE_CHANGES", file=commit.added[0].path, **parameters)
        if not self._options.ignores_deletes:
            raise _unsupported("DELTA_SOURCE_IGNORE_DELETE", removedFile=commit.removed[0], **parameters)

    def _changed(self, version: int, schema_json: str) -> SparkError:
        shown = {"readSchema": tree_string(self._table.schema), "dataSchema": tree_string(_schema(schema_json))}
        return _unsupported("DELTA_SCHEMA_CHANGED_WITH_VERSION", version=str(version), **shown)

    def _has_columns(self, schema_json: str) -> bool:
        """Whether the stream reads all columns that a version gives the table."""
        known = {field.name: field.data_type for field in self._table.schema.fields}
        return all(known.get(field.name) == field.data_type for field in _schema(schema_json).fields)


class ChangedFiles:
    """Implements `StreamedFiles`: the change data feed. The whole table, where a stream begins with it, is inserts."""

    def __init__(self, table: Snapshot, options: DeltaStreamOptions, time_zone: str) -> None:
        self._table = table
        self._options = options
        self._snapshots = _Snapshots(table, time_zone)
        self._versions: dict[int, list[DataFile]] = {}

    def of_snapshot(self, version: int) -> list[DataFile]:
        snapshot, files = self._snapshots.files(version)
        return snapshot_files(snapshot, files, self._time(version))

    def of_version(self, version: int) -> list[DataFile]:
        if version not in self._versions:
            try:
                check_recorded(self._table.path, FeedRange(version, version))
                self._versions[version] = feed_files(self._table, version, self._time(version))
            except FileNotFoundError:
                _refuse_lost(self._table.path, version, self._options)
                return []
        return self._versions[version]

    def is_indivisible(self, version: int) -> bool:
        """A row before and after its change are in two files."""
        return any(is_change_data(file) for file in self._versions.get(version, ()))

    def scan(self, files: Iterable[DataFile]) -> FileScan:
        return feed_scan(self._table, files)

    def forget(self, before: int) -> None:
        self._versions = {version: files for version, files in self._versions.items() if version >= before}

    def _time(self, version: int) -> int:
        times = {time.version: time.milliseconds for time in log.commit_times(self._table.path)}
        if version not in times:
            raise FileNotFoundError(log.commit_path(self._table.path, version))
        return times[version]


def _schema(schema_json: str) -> StructType:
    schema = from_json(schema_json)
    assert isinstance(schema, StructType)
    return schema


def _refuse_lost(path: str, version: int, options: DeltaStreamOptions) -> None:
    """Raises: SparkError DELTA_MISSING_FILES_UNEXPECTED_VERSION unless the stream may lose rows"""
    if options.fails_on_data_loss:
        found = next(iter(log.versions(path)), version)
        parameters = {"startVersion": str(version), "earliestVersion": str(found), "option": "failOnDataLoss"}
        raise SparkError(ErrorKind.UNSUPPORTED, "DELTA_MISSING_FILES_UNEXPECTED_VERSION", parameters)


def _unsupported(condition: str, /, **parameters: str) -> SparkError:
    return SparkError(ErrorKind.UNSUPPORTED, condition, parameters)
