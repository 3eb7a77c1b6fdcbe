"""The files of a state: which there are, and what happens if one is missing, cut or changed."""

from __future__ import annotations

import re
from pathlib import Path

import pyarrow as pa
import pytest

from tests.unit.memory_files import MemoryFiles, PowerLost
from tests.unit.state.later import Later
from tests.unit.state.stores import EVERY_COMMIT, NEVER, commit, content, keys, open_store, rows
from unbounded.errors import SparkError
from unbounded.state.background import AtOnce
from unbounded.state.columnar_store import ColumnarStateStore, StateSettings
from unbounded.storage.local import LocalFileSystem


def fails(files: MemoryFiles, version: int) -> SparkError:
    with pytest.raises(SparkError) as caught:
        open_store(files).begin(version)
    return caught.value


def test_a_commit_is_one_file() -> None:
    files = MemoryFiles()
    store = open_store(files)
    commit(store, commit(store, 0, "a=1 b=2"), "a=3", "b")
    assert files.names("state") == {"1.changes", "2.changes"}
    assert files.change_count == 2


def test_the_file_of_a_commit_is_an_arrow_stream_of_what_changed() -> None:
    files = MemoryFiles()
    store = open_store(files)
    commit(store, commit(store, 0, "a=1 b=2 c=3"), "a=3", "b")
    stream = pa.BufferReader(files.contents["state/2.changes"])
    assert pa.ipc.open_stream(stream).read_all().to_pylist() == [{"key": "a", "value": 3}]
    assert pa.ipc.open_stream(stream).read_all().to_pylist() == [{"key": "b"}]


@pytest.mark.parametrize("name", ["1.changes", "2.changes", "2.snapshot"])
def test_every_cut_and_every_changed_byte_is_found(name: str) -> None:
    files = MemoryFiles()
    store = open_store(files, EVERY_COMMIT if name.endswith("snapshot") else NEVER)
    commit(store, commit(store, 0, "a=1 b=2"), "a=3", "b")
    whole = files.contents[f"state/{name}"]
    damaged = [whole[:length] for length in range(len(whole))]
    damaged += [whole[:i] + bytes([whole[i] ^ 4]) + whole[i + 1 :] for i in range(len(whole))]
    damaged += [whole + b"\0", whole + whole]
    for bytes_found in damaged:
        files.contents[f"state/{name}"] = bytes_found
        error = fails(files, 2)
        assert error.condition == "CHECKPOINT_FILE_CHECKSUM_VERIFICATION_FAILED"
        assert f"File: state/{name}" in error.message
        assert not re.search(r"<\w+>", error.message)


def test_a_missing_file_is_named() -> None:
    files = MemoryFiles()
    store = open_store(files)
    commit(store, commit(store, 0, "a=1"), "b=2")
    files.delete("state/1.changes")
    error = fails(files, 2)
    assert error.condition == "CANNOT_LOAD_STATE_STORE.CANNOT_READ_DELTA_FILE_NOT_EXISTS"
    assert "state/1.changes of ColumnarStateStore: state/1.changes does not exist" in error.message


def test_a_missing_part_of_a_snapshot_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("unbounded.state.columnar_store.SEGMENT_ROWS", 2)
    files = MemoryFiles()
    store = open_store(files, StateSettings(snapshot_interval=2))
    commit(store, commit(store, 0, "a=1 b=2"), "c=3 d=4")
    assert files.names("state") == {"1.changes", "2.changes", "2.snapshot", "2-0.part"}
    assert content(open_store(files), 2) == "a=1 b=2 c=3 d=4"
    files.delete("state/2-0.part")
    error = fails(files, 2)
    assert error.condition == "CANNOT_LOAD_STATE_STORE.CANNOT_READ_MISSING_SNAPSHOT_FILE"
    assert "state/2-0.part does not exist" in error.message


def test_after_a_failed_restore_the_store_is_not_mixed_up() -> None:
    files = MemoryFiles()
    store = open_store(files)
    commit(store, commit(store, 0, "a=1"), "b=2")
    missing = files.contents.pop("state/2.changes")
    other = open_store(files)
    with pytest.raises(SparkError):
        other.begin(2)
    files.contents["state/2.changes"] = missing
    assert content(other, 2) == "a=1 b=2"
    assert content(other, 0) == ""


def test_other_columns_are_refused() -> None:
    files = MemoryFiles()
    store = open_store(files)
    commit(store, commit(store, 0, "a=1"), "b=2", "a")
    schema = pa.schema([("key", pa.string()), ("value", pa.float64())])
    other = ColumnarStateStore(files, "state", schema, 1, background=AtOnce())
    with pytest.raises(SparkError) as caught:
        other.begin(2)
    assert caught.value.condition == "STATE_STORE_VALUE_SCHEMA_NOT_COMPATIBLE"
    assert "Existing value_schema=key: string, value: int64 and new value_schema=key: string, value: double" in str(
        caught.value
    )


def test_snapshots_come_when_the_changes_outgrow_them() -> None:
    files = MemoryFiles()
    store = open_store(files, StateSettings(snapshot_interval=2))
    version = commit(store, 0, " ".join(f"key{i}={i}" for i in range(200)))
    while "state/2.snapshot" not in files.contents or len(files.names("state")) == version + 1:
        version = commit(store, version, f"a={version}")
    sizes = [len(files.contents[f"state/{step}.changes"]) for step in range(3, version + 1)]
    assert sum(sizes) >= len(files.contents["state/2.snapshot"]) > sum(sizes[:-1])
    assert files.names("state") >= {"2.snapshot", f"{version}.snapshot"}


def test_snapshots_come_at_last_even_if_little_changes() -> None:
    files = MemoryFiles()
    store = open_store(files, EVERY_COMMIT)
    version = commit(store, 0, " ".join(f"key{i}={i}" for i in range(10_000)))
    for _ in range(100):
        version = commit(store, version, f"a={version}")
    assert {name for name in files.names("state") if name.endswith("snapshot")} == {"1.snapshot", "101.snapshot"}


def test_purge_keeps_what_the_retained_versions_need() -> None:
    files = MemoryFiles()
    store = open_store(files, StateSettings(snapshot_interval=3))
    version = 0
    for _ in range(8):
        version = commit(store, version, f"a={version} b{version}=0")
    store.purge_before(5)
    assert files.names("state") == {"3.snapshot", "4.changes", "5.changes", "6.changes", "6.snapshot", "7.changes"} | {
        "8.changes"
    }
    assert content(open_store(files), 5) == "a=4 b0=0 b1=0 b2=0 b3=0 b4=0"
    store.purge_before(0)
    store.purge_before(6)
    assert files.names("state") == {"6.snapshot", "7.changes", "8.changes"}
    assert content(open_store(files), 6) == "a=5 b0=0 b1=0 b2=0 b3=0 b4=0 b5=0"


def test_a_snapshot_that_is_late_is_of_its_own_version() -> None:
    files, background = MemoryFiles(), Later()
    store = open_store(files, EVERY_COMMIT, background)
    commit(store, commit(store, 0, "a=1 b=2"), "a=3", "b")
    assert files.names("state") == {"1.changes", "2.changes"}
    store.close()
    assert files.names("state") == {"1.changes", "1.snapshot", "2.changes"}
    assert content(open_store(files), 1) == "a=1 b=2"
    assert content(open_store(files), 2) == "a=3"


def test_a_snapshot_that_fails_is_reported_by_the_next_batch() -> None:
    files, background = MemoryFiles(), Later()
    store = open_store(files, EVERY_COMMIT, background)
    commit(store, 0, "a=1")
    files.changes_left = 0
    with pytest.raises(PowerLost):
        background.wait()
    files.restart()
    assert content(store, 1) == "a=1"


def _story(files: MemoryFiles, store: ColumnarStateStore, done: list[int]) -> None:
    for version in range(done[-1] if done else 0, 7):
        transaction = store.begin(version)
        transaction.put(rows(f"a={version} k{version}=1 m{version}=100"))
        transaction.remove(keys(f"m{version - 2}"))
        transaction.take_expired("value", 1 if version % 3 == 0 else -1)
        transaction.commit()
        done.append(version + 1)
        store.purge_before(version - 1)


def test_power_lost_at_every_change_of_a_file() -> None:
    settings = StateSettings(snapshot_interval=2)
    undisturbed = MemoryFiles()
    _story(undisturbed, open_store(undisturbed, settings), [])
    expected = {version: content(open_store(undisturbed), version) for version in range(6, 8)}
    for changes_left in range(undisturbed.change_count):
        files, done = MemoryFiles(changes_left=changes_left), [0]
        with pytest.raises(PowerLost):
            _story(files, open_store(files, settings), done)
        files.restart()
        _story(files, open_store(files, settings), done)
        assert {version: content(open_store(files), version) for version in expected} == expected
        assert files.names("state") >= undisturbed.names("state") & {"7.changes", "6.changes"}


def test_on_a_real_disk(tmp_path: Path) -> None:
    settings = StateSettings(snapshot_interval=2, memory_limit_bytes=0, spill_directory=str(tmp_path))

    def opened() -> ColumnarStateStore:
        return ColumnarStateStore(LocalFileSystem(), str(tmp_path / "state"), rows("").schema, 1, settings=settings)

    store = opened()
    version = 0
    for _ in range(20):
        version = commit(store, version, f"a={version} b{version}=0", f"b{version - 1}")
    store.close()
    assert content(opened(), 20) == content(store, 20) == "a=19 b19=0"
    assert [path.name for path in tmp_path.iterdir()] == ["state"]
