"""The contract of a state store, one sentence each."""

from __future__ import annotations

import pyarrow as pa
import pytest

from tests.unit.memory_files import MemoryFiles
from tests.unit.state.stores import EVERY_COMMIT, commit, content, keys, open_store, rows, text
from unbounded.clock import ManualClock
from unbounded.state.background import AtOnce
from unbounded.state.columnar_store import ColumnarStateStore


def test_version_0_is_empty() -> None:
    assert content(open_store(MemoryFiles()), 0) == ""


def test_get_gives_each_row_once_and_leaves_out_unknown_keys() -> None:
    transaction = open_store(MemoryFiles()).begin(0)
    transaction.put(rows("a=1 b=2 c=3"))
    assert text(transaction.get(keys("c x a c"))) == "a=1 c=3"


def test_find_says_which_keys_were_found() -> None:
    transaction = open_store(MemoryFiles()).begin(0)
    transaction.put(rows("a=1 b=2"))
    found = transaction.find(keys("b x a b"))
    assert found.positions.tolist() == [0, 2, 3]
    assert found.rows.column("value").to_pylist() == [2, 1, 2]
    assert transaction.positions(keys("x b y")).tolist() == [1]


def test_put_replaces_and_the_last_put_of_a_transaction_counts() -> None:
    store = open_store(MemoryFiles())
    transaction = store.begin(commit(store, 0, "a=1 b=2"))
    transaction.put(rows("a=3"))
    transaction.put(rows("a=4 c=5"))
    assert text(transaction.scan()) == "a=4 b=2 c=5"
    assert transaction.row_count() == 3


def test_two_rows_of_one_key_are_refused_and_change_nothing() -> None:
    transaction = open_store(MemoryFiles()).begin(0)
    with pytest.raises(ValueError, match="same key"):
        transaction.put(rows("a=1 b=2 a=3"))
    assert transaction.row_count() == 0


def test_a_removed_key_may_be_put_again() -> None:
    files = MemoryFiles()
    store = open_store(files)
    transaction = store.begin(commit(store, 0, "a=1 b=2"))
    transaction.remove(keys("a b a x"))
    transaction.put(rows("a=3"))
    transaction.commit()
    assert content(store, 2) == content(open_store(files), 2) == "a=3"


def test_abort_takes_everything_back() -> None:
    store = open_store(MemoryFiles())
    transaction = store.begin(commit(store, 0, "a=1 b=2 c=3"))
    transaction.put(rows("a=9 d=4"))
    transaction.remove(keys("b d"))
    assert text(transaction.take_expired("value", 3)) == "c=3"
    transaction.abort()
    assert content(store, 1) == "a=1 b=2 c=3"
    assert text(store.begin(1).take_expired("value", 3)) == "a=1 b=2 c=3"


def test_a_transaction_that_was_dropped_is_aborted() -> None:
    store = open_store(MemoryFiles())
    dropped = store.begin(commit(store, 0, "a=1"))
    dropped.put(rows("a=2"))
    assert text(store.begin(1).scan()) == "a=1"
    with pytest.raises(ValueError, match="ended"):
        dropped.commit()


def test_rows_expire_at_the_limit_and_null_never() -> None:
    transaction = open_store(MemoryFiles()).begin(0)
    transaction.put(rows("a=1 b=2 c=3"))
    transaction.put(pa.table({"key": ["never"], "value": pa.array([None], pa.int64())}))
    assert text(transaction.take_expired("value", 2)) == "a=1 b=2"
    assert text(transaction.take_expired("value", 2)) == ""
    transaction.put(rows("b=1"))
    assert text(transaction.take_expired("value", 2)) == "b=1"
    assert text(transaction.scan()) == "c=3 never=None"


def test_rows_expire_by_the_declared_column_only() -> None:
    with pytest.raises(ValueError, match="expires by value, not by key"):
        open_store(MemoryFiles()).begin(0).take_expired("key", 1)


def test_a_state_without_keys_has_one_row() -> None:
    files = MemoryFiles()

    def opened() -> ColumnarStateStore:
        return ColumnarStateStore(files, "state", pa.schema([("n", pa.int64())]), 0, background=AtOnce())

    store, no_keys = opened(), pa.table({"n": [0]}).select([])
    transaction = store.begin(0)
    transaction.put(pa.table({"n": [1]}))
    transaction.put(pa.table({"n": [2]}))
    transaction.commit()
    assert store.begin(1).get(no_keys).to_pylist() == [{"n": 2}]
    transaction = opened().begin(1)
    assert transaction.get(no_keys).to_pylist() == [{"n": 2}]
    transaction.remove(no_keys)
    transaction.put(pa.table({"n": [3]}))
    transaction.remove(no_keys)
    transaction.commit()
    assert opened().begin(2).row_count() == 0


def test_a_window_can_be_key_and_expiry() -> None:
    window = pa.struct([("start", pa.timestamp("us", "UTC")), ("end", pa.timestamp("us", "UTC"))])
    schema = pa.schema([("window", window), ("count", pa.int64())])
    store = ColumnarStateStore(MemoryFiles(), "state", schema, 1, expiry="window.end", background=AtOnce())
    windows = pa.array([{"start": 0, "end": 10}, {"start": 10, "end": 20}, None], window)
    transaction = store.begin(0)
    transaction.put(pa.Table.from_arrays([windows, pa.array([1, 2, 3])], schema=schema))
    assert transaction.take_expired("window.end", 10).column("count").to_pylist() == [1]
    assert transaction.get(pa.table({"window": windows})).column("count").to_pylist() == [2, 3]


def test_an_older_version_is_restored_and_what_came_after_it_is_forgotten() -> None:
    files = MemoryFiles()
    store = open_store(files, EVERY_COMMIT)
    for version in range(3):
        commit(store, version, f"a={version}")
    assert content(store, 1) == "a=0"
    commit(store, 1, "b=7")
    assert content(store, 2) == content(open_store(files), 2) == "a=0 b=7"
    assert files.names("state") == {"1.changes", "1.snapshot", "2.changes", "2.snapshot"}


def test_metrics_are_of_the_last_commit() -> None:
    files, clock = MemoryFiles(), ManualClock()
    store = open_store(files, EVERY_COMMIT)
    store._clock = clock
    commit(store, 0, "a=1 b=2 c=3")
    commit(store, 1, "a=4 d=5", "b x")
    metrics = store.metrics()
    assert (metrics.row_count, metrics.updated_count, metrics.removed_count, metrics.commit_ms) == (3, 2, 1, 0)
    assert metrics.changes_bytes == len(files.contents["state/2.changes"])
    assert metrics.snapshot_bytes == len(files.contents["state/2.snapshot"])
    assert metrics.memory_bytes > 0


def test_the_time_zone_of_the_session_may_change() -> None:
    files = MemoryFiles()
    for zone in ("UTC", "Europe/Berlin"):
        schema = pa.schema([("at", pa.timestamp("us", zone)), ("n", pa.int64())])
        store = ColumnarStateStore(files, "state", schema, 1, background=AtOnce())
        if zone == "UTC":
            transaction = store.begin(0)
            transaction.put(pa.Table.from_arrays([pa.array([5], schema.types[0]), pa.array([1])], schema=schema))
            transaction.commit()
    assert store.begin(1).scan().schema == schema
