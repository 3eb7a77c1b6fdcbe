"""Small states for tests: rows are written as `key=value`, separated by spaces."""

from __future__ import annotations

import pyarrow as pa

from tests.unit.memory_files import MemoryFiles
from unbounded.clock import ManualClock
from unbounded.state.background import AtOnce, Background
from unbounded.state.columnar_store import ColumnarStateStore, StateSettings
from unbounded.state.store import StateTransaction

SCHEMA = pa.schema([("key", pa.string()), ("value", pa.int64())])
EVERY_COMMIT = StateSettings(snapshot_interval=1)
NEVER = StateSettings(snapshot_interval=1 << 30)


def open_store(
    files: MemoryFiles, settings: StateSettings = NEVER, background: Background | None = None
) -> ColumnarStateStore:
    return ColumnarStateStore(
        files,
        "state",
        SCHEMA,
        1,
        expiry="value",
        settings=settings,
        clock=ManualClock(),
        background=background or AtOnce(),
    )


def rows(text: str) -> pa.Table:
    pairs = [pair.split("=") for pair in text.split()]
    columns = [pa.array([key for key, _ in pairs], pa.string()), pa.array([int(value) for _, value in pairs])]
    return pa.Table.from_arrays(columns, schema=SCHEMA)


def keys(text: str) -> pa.Table:
    return pa.table({"key": pa.array(text.split(), pa.string())})


def text(table: pa.Table) -> str:
    """The rows by their keys."""
    return " ".join(sorted(f"{row['key']}={row['value']}" for row in table.to_pylist()))


def commit(store: ColumnarStateStore, version: int, put: str = "", remove: str = "") -> int:
    """One batch; the version it makes."""
    transaction = store.begin(version)
    transaction.put(rows(put))
    transaction.remove(keys(remove))
    transaction.commit()
    return version + 1


def content(store: ColumnarStateStore, version: int) -> str:
    transaction: StateTransaction = store.begin(version)
    found = text(transaction.scan())
    transaction.abort()
    return found
