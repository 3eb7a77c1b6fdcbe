"""The durable versions of one state: which files there are, and which of them a version needs.

`N.changes` leads from version N-1 to N. `N.snapshot` is version N whole; the parts that did not fit into one file are
`N-i.part`, written before it, so that a snapshot that is there is complete. Files are never changed, only replaced
whole when a batch is run again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from unbounded.errors import ErrorKind, SparkError
from unbounded.state.state_file import StateFile, decode_state_file, encode_state_file
from unbounded.storage.api import FileSystem

_NAME = re.compile(r"(\d+)\.(changes|snapshot)|(\d+)-(\d+)\.part")
_PROVIDER = "ColumnarStateStore"


@dataclass(frozen=True, slots=True)
class _Known:
    """What the directory has: bytes by version, and the parts of snapshots."""

    changes: dict[int, int] = field(default_factory=dict)
    snapshots: dict[int, int] = field(default_factory=dict)
    parts: set[tuple[int, int]] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class RestoreCost:
    """What a restore reads: the bytes of a snapshot, and the files and bytes of changes after it."""

    snapshot_bytes: int
    change_count: int
    change_bytes: int


class VersionFiles:
    """Used by one thread, but that a snapshot may be written meanwhile by another."""

    def __init__(self, files: FileSystem, directory: str, schema: pa.Schema, key_schema: pa.Schema) -> None:
        self._files = files
        self._directory = directory
        self._schema = schema
        self._key_schema = key_schema
        self._found: _Known | None = None

    # ------------------------------------------------------------------------------------------ reading

    def look(self) -> None:
        """Reads the directory when it is needed next: someone else may have changed it."""
        self._found = None

    def latest_snapshot(self, version: int) -> int:
        """The newest one that is not after `version`; 0 if there is none (version 0 is empty)."""
        return max((found for found in tuple(self._known.snapshots) if found <= version), default=0)

    def read_snapshot(self, version: int) -> Iterator[pa.Table]:
        first = self._read(self._snapshot_path(version), "CANNOT_READ_MISSING_SNAPSHOT_FILE")
        yield first.rows
        for number in range(first.part_count):
            yield self._read(self._part_path(version, number), "CANNOT_READ_MISSING_SNAPSHOT_FILE").rows

    def read_changes(self, version: int) -> StateFile:
        return self._read(self._changes_path(version), "CANNOT_READ_DELTA_FILE_NOT_EXISTS")

    def restoring(self, version: int, snapshot: int) -> Iterator[StateFile]:
        """What makes `version`, piece by piece, beginning with a snapshot (0: with the empty state)."""
        if snapshot:
            for table in self.read_snapshot(snapshot):
                yield StateFile(table)
        for step in range(snapshot + 1, version + 1):
            yield self.read_changes(step)

    def restore_cost(self, version: int) -> RestoreCost:
        start = self.latest_snapshot(version)
        sizes = [self._known.changes.get(step, 0) for step in range(start + 1, version + 1)]
        return RestoreCost(self._known.snapshots.get(start, 0), len(sizes), sum(sizes))

    # ------------------------------------------------------------------------------------------ writing

    def write_changes(self, version: int, put: pa.Table, removed: pa.Table) -> int:
        """Makes `version` durable. The bytes written.

        1. what an earlier run left of later versions goes, so that it is never taken for what follows this one
        2. the changes are durable, in place of those that an earlier run of the batch left
        """
        self._drop(
            lambda found: found > version,
            lambda found: found >= version,
        )
        content = encode_state_file(StateFile(put, removed if removed.num_rows else None))
        self._files.replace(self._changes_path(version), content)
        self._known.changes[version] = len(content)
        return len(content)

    def write_snapshot(self, version: int, tables: Sequence[pa.Table]) -> int:
        """All but the first table as parts, then the file by which the snapshot is there. The bytes written."""
        first, *others = tables
        size = 0
        for number, table in enumerate(others):
            content = encode_state_file(StateFile(table))
            self._files.replace(self._part_path(version, number), content)
            self._known.parts.add((version, number))
            size += len(content)
        content = encode_state_file(StateFile(first, None, len(others)))
        self._files.replace(self._snapshot_path(version), content)
        size += len(content)
        self._known.snapshots[version] = size
        return size

    def purge_before(self, version: int) -> None:
        """Deletes what no version from `version` on needs: all that is older than the snapshot it is restored from."""
        start = self.latest_snapshot(version)
        self._drop(lambda found: found <= start, lambda found: found < start)

    def _drop(self, has_changes: Callable[[int], bool], has_snapshot: Callable[[int], bool]) -> None:
        """Deletes the changes and snapshots of the versions said; a snapshot before its parts."""
        known = self._known
        for version in [found for found in tuple(known.changes) if has_changes(found)]:
            self._files.delete(self._changes_path(version))
            del known.changes[version]
        for version in [found for found in tuple(known.snapshots) if has_snapshot(found)]:
            self._files.delete(self._snapshot_path(version))
            del known.snapshots[version]
        for version, number in [part for part in tuple(known.parts) if has_snapshot(part[0])]:
            self._files.delete(self._part_path(version, number))
            known.parts.discard((version, number))

    # ------------------------------------------------------------------------------------------ the directory

    @property
    def _known(self) -> _Known:
        if self._found is None:
            self._found = self._list()
        return self._found

    def _list(self) -> _Known:
        known = _Known()
        for status in self._files.list(self._directory):
            match = _NAME.fullmatch(status.path.rsplit("/", 1)[-1])
            if match is None:
                continue
            if match[3] is not None:
                known.parts.add((int(match[3]), int(match[4])))
            elif match[2] == "changes":
                known.changes[int(match[1])] = status.size_bytes
            else:
                known.snapshots[int(match[1])] = status.size_bytes
        return known

    def _read(self, path: str, missing: str) -> StateFile:
        try:
            content = self._files.read(path)
        except FileNotFoundError as error:
            parameters = {"fileToRead": path, "clazz": _PROVIDER}
            raise SparkError(ErrorKind.SPARK, f"CANNOT_LOAD_STATE_STORE.{missing}", parameters) from error
        return decode_state_file(path, content, self._schema, self._key_schema)

    def _changes_path(self, version: int) -> str:
        return f"{self._directory}/{version}.changes"

    def _snapshot_path(self, version: int) -> str:
        return f"{self._directory}/{version}.snapshot"

    def _part_path(self, version: int, number: int) -> str:
        return f"{self._directory}/{version}-{number}.part"
