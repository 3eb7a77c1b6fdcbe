"""Versions read without a store: rows, changes, and what is missing or damaged."""

from __future__ import annotations

import pyarrow as pa
import pytest

from tests.unit.memory_files import MemoryFiles
from tests.unit.state.stores import NEVER, commit, open_store, text
from unbounded.errors import SparkError
from unbounded.state.columnar_store import StateSettings
from unbounded.state.stored_versions import StoredVersions, is_among


@pytest.fixture
def files() -> MemoryFiles:
    """Versions 1 to 4, and the whole of 2 and 4."""
    files = MemoryFiles()
    store = open_store(files, StateSettings(snapshot_interval=2))
    version = 0
    for put, remove in (("a=1 b=2", ""), ("a=3 c=4", "b"), ("b=5", "c"), ("d=6", "a")):
        version = commit(store, version, put, remove)
    return files


def changes(files: MemoryFiles, first: int, last: int, *, with_before: bool = False) -> list[tuple[int, str, str, str]]:
    """Version, rows put, keys removed, rows before."""
    found = StoredVersions(files, "state", 1).changes(first, last, with_before=with_before)
    return [(c.version, text(c.put), " ".join(c.removed.column(0).to_pylist()), text(c.before)) for c in found]


def test_every_version_can_be_read(files: MemoryFiles) -> None:
    versions = StoredVersions(files, "state", 1)
    assert [text(versions.rows(version)) for version in range(1, 5)] == [
        "a=1 b=2",
        "a=3 c=4",
        "a=3 b=5",
        "b=5 d=6",
    ]


def test_a_snapshot_may_be_chosen(files: MemoryFiles) -> None:
    versions = StoredVersions(files, "state", 1)
    files.delete("state/1.changes")
    assert text(versions.rows(4, 2)) == text(versions.rows(4)) == "b=5 d=6"
    with pytest.raises(SparkError, match="state/3.snapshot does not exist"):
        versions.rows(4, 3)


def test_changes_are_those_of_each_version(files: MemoryFiles) -> None:
    assert changes(files, 2, 4) == [(2, "a=3 c=4", "b", ""), (3, "b=5", "c", ""), (4, "d=6", "a", "")]


def test_changes_know_what_was_there_before(files: MemoryFiles) -> None:
    assert changes(files, 1, 3, with_before=True) == [
        (1, "a=1 b=2", "", ""),
        (2, "a=3 c=4", "b", "a=1 b=2"),
        (3, "b=5", "c", "c=4"),
    ]


def test_a_key_that_was_removed_and_put_again_is_not_removed() -> None:
    files = MemoryFiles()
    store = open_store(files, NEVER)
    commit(store, 0, "a=1 b=2")
    transaction = store.begin(1)
    rows = transaction.take_expired("value", 2)
    transaction.put(rows.slice(0, 1))
    transaction.commit()
    kept, gone = (rows.column(0)[i].as_py() for i in range(2))
    ((_, put, removed, _),) = changes(files, 2, 2)
    assert (put.split("=")[0], removed) == (kept, gone)


def test_changes_that_are_gone_are_named(files: MemoryFiles) -> None:
    files.delete("state/1.changes")
    with pytest.raises(SparkError, match="state/1.changes does not exist"):
        changes(files, 1, 2)


def test_a_damaged_file_is_named(files: MemoryFiles) -> None:
    files.contents["state/4.changes"] = files.contents["state/4.changes"][:-1]
    with pytest.raises(SparkError, match=r"File: state/4\.changes"):
        StoredVersions(files, "state", 1).rows(4)


def test_a_version_without_files_is_named() -> None:
    with pytest.raises(SparkError, match="state/1.changes does not exist"):
        StoredVersions(MemoryFiles(), "state", 1).rows(1)


def test_keys_among_others() -> None:
    keys = pa.table({"a": ["x", None, "y", "x"], "b": [1.0, float("nan"), -0.0, 2.0]})
    others = pa.table({"a": [None, "y", "z"], "b": [float("nan"), 0.0, 1.0]})
    assert is_among(keys, others).tolist() == [False, True, True, False]
