"""The versions of a state for who only reads them: no store is open for it, and its files say their own columns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from unbounded.state.arrays import Flags
from unbounded.state.keyed_rows import KeyedRows
from unbounded.state.state_file import stored_schema
from unbounded.state.version_files import VersionFiles
from unbounded.storage.api import FileSystem


@dataclass(frozen=True, slots=True)
class VersionChanges:
    """What led to `version`: rows that were put, and keys that were removed and not put again.

    `before`: the rows that the keys of both had in the version before.
    """

    version: int
    put: pa.Table
    removed: pa.Table
    before: pa.Table


class StoredVersions:
    """The state in `directory`, whose first `key_count` columns are its key. Version 0 is empty.

    Everything raises SparkError if a file that is needed is missing or damaged.
    """

    def __init__(self, files: FileSystem, directory: str, key_count: int) -> None:
        self._files = files
        self._directory = directory
        self._key_count = key_count

    def rows(self, version: int, snapshot: int | None = None) -> pa.Table:
        """All rows of `version`, restored from the newest snapshot or from the one of another version."""
        return self._restored(version, snapshot).segments.scan()

    def changes(self, first: int, last: int, *, with_before: bool) -> Iterator[VersionChanges]:
        """Of the versions `first` to `last`, in order. `with_before` needs the version before `first` too."""
        versions, schema = self._open(last)
        state = self._restored(first - 1) if with_before and first > 1 else self._empty(schema)
        for version in range(first, last + 1):
            changes = versions.read_changes(version)
            keys = changes.rows.select(state.key_schema.names)
            removed = state.key_schema.empty_table()
            if changes.removed is not None:
                removed = changes.removed.filter(pa.array(~is_among(changes.removed, keys)))
            before = schema.empty_table()
            if with_before:
                before, _, _ = state.find(pa.concat_tables([removed, keys]))
                state.apply(changes)
                state.keep()
            yield VersionChanges(version, changes.rows, removed, before)

    def _restored(self, version: int, snapshot: int | None = None) -> KeyedRows:
        versions, schema = self._open(version)
        state = self._empty(schema)
        start = versions.latest_snapshot(version) if snapshot is None else snapshot
        for piece in versions.restoring(version, start):
            state.apply(piece)
            state.keep()
        return state

    def _open(self, version: int) -> tuple[VersionFiles, pa.Schema]:
        """The files, and the columns that the newest of those for `version` has."""
        paths = (f"{self._directory}/{version}.{kind}" for kind in ("changes", "snapshot"))
        path = next((path for path in paths if self._files.exists(path)), None)
        schema = pa.schema([]) if path is None else stored_schema(path, self._files.read(path))
        return VersionFiles(self._files, self._directory, schema, self._empty(schema).key_schema), schema

    def _empty(self, schema: pa.Schema) -> KeyedRows:
        return KeyedRows(schema, min(self._key_count, len(schema)))


def is_among(keys: pa.Table, others: pa.Table) -> Flags:
    """Which of `keys` are among `others` (same columns, distinct)."""
    known = KeyedRows(keys.schema, keys.num_columns)
    known.put(others)
    flags = np.zeros(keys.num_rows, dtype=np.bool_)
    flags[known.positions(keys)] = True
    return flags
