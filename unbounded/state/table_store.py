"""A state store that keeps one Arrow table and joins keys to it in the engine.

A commit writes one changelog file: the rows put and the keys removed; every tenth is a snapshot of everything. The
cost of a batch grows with the state; a store whose cost follows the touched keys takes this one's place behind
the same contract.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb
import pyarrow as pa

from unbounded.errors import ErrorKind, SparkError
from unbounded.state.store import StateMetrics
from unbounded.storage.api import FileSystem

SNAPSHOT_INTERVAL = 10


class TableStateStore:
    """Implements `state.store.StateStore`. `schema` has the key columns first, `key_count` of them."""

    def __init__(self, files: FileSystem, directory: str, schema: pa.Schema, key_count: int) -> None:
        self._files = files
        self._directory = directory
        self._schema = schema
        self._keys = schema.names[:key_count]
        self._connection = duckdb.connect(":memory:", config={"threads": "1"})
        self._current = (0, schema.empty_table())

    def begin(self, version: int) -> _Transaction:
        if self._current[0] != version:
            self._current = (version, self._restore(version))
        return _Transaction(self, version, self._current[1])

    def purge_before(self, version: int) -> None:
        snapshots = [found for found in self._versions(".snapshot") if found <= version]
        oldest = max(snapshots, default=0)
        for suffix in (".snapshot", ".changes"):
            for found in self._versions(suffix):
                if found < oldest or (found == oldest and suffix == ".changes"):
                    self._files.delete(f"{self._directory}/{found}{suffix}")

    def metrics(self) -> StateMetrics:
        table = self._current[1]
        return StateMetrics(table.num_rows, table.nbytes)

    # ------------------------------------------------------------------------------------------ for transactions

    def match(self, rows: pa.Table, keys: pa.Table, *, keeps_found: bool) -> pa.Table:
        """The rows of `rows` whose key is (or is not) among `keys`; NULL keys match NULL."""
        if not self._keys:
            return rows if keeps_found == (keys.num_rows > 0) else rows.slice(0, 0)
        cursor = self._connection.cursor()
        cursor.register("stored", rows)
        cursor.register("wanted", keys)
        condition = " AND ".join(f'stored."{k}" IS NOT DISTINCT FROM wanted."{k}"' for k in self._keys)
        kind = "SEMI" if keeps_found else "ANTI"
        found = cursor.sql(f"SELECT stored.* FROM stored {kind} JOIN wanted ON {condition}").to_arrow_table()
        cursor.close()
        return found.cast(self._schema)

    def as_state(self, rows: pa.Table) -> pa.Table:
        """`rows` with the store's schema (which lets every column be NULL)."""
        return rows.cast(self._schema)

    def key_columns(self, rows: pa.Table) -> pa.Table:
        return rows.select(self._keys)

    def write(self, version: int, put: pa.Table, removed: pa.Table, rows: pa.Table) -> None:
        """Makes `version` durable and current. A file left by a crashed run of the same batch is replaced."""
        is_snapshot = version % SNAPSHOT_INTERVAL == 0
        content = _encode(rows, None) if is_snapshot else _encode(put, removed)
        suffix = ".snapshot" if is_snapshot else ".changes"
        self._files.replace(f"{self._directory}/{version}{suffix}", content)
        self._current = (version, rows)

    # ------------------------------------------------------------------------------------------ restoring

    def _restore(self, version: int) -> pa.Table:
        start = max((found for found in self._versions(".snapshot") if found <= version), default=0)
        rows = self._read(start, ".snapshot").put if start else self._schema.empty_table()
        for step in range(start + 1, version + 1):
            changes = self._read(step, ".changes")
            rows = self._apply(rows, changes)
        return rows

    def _apply(self, rows: pa.Table, changes: _Changes) -> pa.Table:
        kept = self.match(rows, changes.removed, keeps_found=False)
        return pa.concat_tables([self.match(kept, changes.put, keeps_found=False), changes.put])

    def _versions(self, suffix: str) -> list[int]:
        names = (status.path.rsplit("/", 1)[-1] for status in self._files.list(self._directory))
        return sorted(int(name.removesuffix(suffix)) for name in names if name.endswith(suffix) and name[0] != ".")

    def _read(self, version: int, suffix: str) -> _Changes:
        path = f"{self._directory}/{version}{suffix}"
        try:
            return _decode(self._files.read(path), self._schema, self._keys)
        except (OSError, pa.ArrowInvalid, EOFError) as error:
            message = f"State file {path} is missing or damaged ({error}). Restore it or start a new checkpoint."
            raise SparkError(ErrorKind.SPARK, "INTERNAL_ERROR", {"message": message}) from error


class _Transaction:
    """Implements `state.store.StateTransaction`."""

    def __init__(self, store: TableStateStore, version: int, rows: pa.Table) -> None:
        self._store = store
        self._version = version
        self._rows = rows
        self._put = rows.slice(0, 0)
        self._removed = store.key_columns(rows.slice(0, 0))

    def get(self, keys: pa.Table) -> pa.Table:
        return self._store.match(self._rows, keys, keeps_found=True)

    def put(self, rows: pa.Table) -> None:
        rows = self._store.as_state(rows)
        self._rows = pa.concat_tables([self._store.match(self._rows, rows, keeps_found=False), rows])
        self._put = pa.concat_tables([self._store.match(self._put, rows, keeps_found=False), rows])

    def remove(self, keys: pa.Table) -> None:
        self._rows = self._store.match(self._rows, keys, keeps_found=False)
        self._put = self._store.match(self._put, keys, keeps_found=False)
        self._removed = pa.concat_tables([self._removed, self._store.key_columns(keys)])

    def scan(self) -> pa.Table:
        return self._rows

    def row_count(self) -> int:
        count: int = self._rows.num_rows
        return count

    def commit(self) -> None:
        self._store.write(self._version + 1, self._put, self._removed, self._rows.combine_chunks())


@dataclass(frozen=True, slots=True)
class _Changes:
    put: pa.Table
    removed: pa.Table


def _encode(put: pa.Table, removed: pa.Table | None) -> bytes:
    """Two Arrow streams, one after the other: rows put, keys removed (none in a snapshot)."""
    sink = pa.BufferOutputStream()
    for table in (put, removed) if removed is not None else (put,):
        with pa.ipc.new_stream(sink, table.schema) as writer:
            writer.write_table(table)
    content: bytes = sink.getvalue().to_pybytes()
    return content


def _decode(content: bytes, schema: pa.Schema, keys: list[str]) -> _Changes:
    buffer = pa.BufferReader(content)
    put = pa.ipc.open_stream(buffer).read_all()
    removed = schema.empty_table().select(keys)
    if buffer.tell() < len(content):
        removed = pa.ipc.open_stream(buffer).read_all()
    return _Changes(put, removed)
