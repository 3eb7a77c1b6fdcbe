"""The streaming Delta source: which files belong to which offsets, in one process or after a restart."""

from __future__ import annotations

import json
from datetime import UTC
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable, write_deltalake

from unbounded.clock import ManualClock
from unbounded.connectors.delta.stream_source import DeltaStreamProvider, DeltaStreamSource
from unbounded.connectors.delta.table import open_snapshot
from unbounded.connectors.streams import SourceContext
from unbounded.errors import SparkError
from unbounded.storage.local import LocalFileSystem


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "t")


def append(path: str, *numbers: int, mode: str = "append") -> None:
    write_deltalake(path, pa.table({"n": pa.array(numbers, pa.int64())}), mode=mode)


def opened(path: str, **options: object) -> DeltaStreamSource:
    given = {name.lower(): str(value).lower() for name, value in options.items()}
    table = open_snapshot(path, None, "UTC")
    provider = DeltaStreamProvider(table, given, "UTC", UTC)
    return provider.open(SourceContext("unused", LocalFileSystem(), ManualClock(0)))


def numbers(source: DeltaStreamSource, start: str | None, end: str) -> list[int]:
    paths = source.batch(start, end).paths
    return [n for path in paths for n in pq.read_table(path, partitioning=None).column("n").to_pylist()]


def batches(path: str, start: str | None = None, **options: object) -> list[list[int]]:
    """All batches there are; every one is read by the source that planned it and by one that is opened anew."""
    found = []
    source = opened(path, **options)
    while (end := source.latest_offset(start, has_limit=True)) is not None and end != start:
        rows = numbers(source, start, end)
        assert numbers(opened(path, **options), start, end) == rows
        found.append(rows)
        source.commit(end)
        start = end
    return found


def end_of(path: str, **options: object) -> str:
    end = opened(path, **options).latest_offset(None, has_limit=True)
    assert end is not None
    return end


def test_the_table_first_then_what_is_added(path: str) -> None:
    append(path, 1)
    append(path, 2)
    end = end_of(path)
    assert batches(path) == [[1, 2]]
    append(path, 3)
    append(path, 4)
    assert batches(path, end) == [[3, 4]]


def test_offsets_are_deltas(path: str) -> None:
    append(path, 1)
    append(path, 2)
    table_id = DeltaTable(path).metadata().id
    assert json.loads(end_of(path, maxFilesPerTrigger=1)) == {
        "sourceVersion": 1,
        "reservoirId": table_id,
        "reservoirVersion": 1,
        "index": 0,
        "isStartingVersion": True,
    }
    assert json.loads(end_of(path)) == {
        "sourceVersion": 1,
        "reservoirId": table_id,
        "reservoirVersion": 2,
        "index": -1,
        "isStartingVersion": False,
    }


@pytest.mark.parametrize("files", [1, 2])
def test_every_row_comes_once_whatever_the_limit(path: str, files: int) -> None:
    for n in range(5):
        append(path, n)
    found = batches(path, maxFilesPerTrigger=files)
    assert sorted(n for batch in found for n in batch) == [0, 1, 2, 3, 4]
    assert max(map(len, found)) == files


def test_starting_version(path: str) -> None:
    for n in range(3):
        append(path, n)
    assert batches(path, startingVersion=1) == [[1, 2]]
    source = opened(path, startingVersion="latest")
    assert source.latest_offset(None, has_limit=True) is None
    append(path, 3)
    append(path, 4)
    end = source.latest_offset(None, has_limit=True)
    assert end is not None
    assert numbers(opened(path, startingVersion="latest"), None, end) == [3]
    assert batches(path, end, startingVersion="latest") == [[4]]


def test_deletes_and_changes(path: str) -> None:
    append(path, 1)
    end = end_of(path)
    append(path, 2)
    DeltaTable(path).delete()
    with pytest.raises(SparkError, match="DELTA_SOURCE_IGNORE_DELETE"):
        batches(path, end)
    assert batches(path, end, ignoreDeletes=True) == [[2]]
    append(path, 5, 6)
    append(path, 7, mode="overwrite")
    with pytest.raises(SparkError, match="DELTA_SOURCE_TABLE_IGNORE_CHANGES"):
        batches(path, end, ignoreDeletes=True)
    assert batches(path, end, ignoreChanges=True) == [[2, 5, 6, 7]]
    assert batches(path, end, skipChangeCommits=True) == [[2, 5, 6]]


def test_compaction_is_no_change(path: str) -> None:
    append(path, 1)
    append(path, 2)
    end = end_of(path)
    DeltaTable(path).optimize.compact()
    assert batches(path, end) == []


def test_another_table_or_other_columns(path: str, tmp_path: Path) -> None:
    append(path, 1)
    end = end_of(path)
    append(str(tmp_path / "other"), 1)
    with pytest.raises(SparkError, match="DIFFERENT_DELTA_TABLE"):
        batches(str(tmp_path / "other"), end)
    source = opened(path)
    more = pa.table({"n": pa.array([2], pa.int64()), "m": ["x"]})
    write_deltalake(path, more, mode="append", schema_mode="merge")
    with pytest.raises(SparkError, match="DELTA_SCHEMA_CHANGED_WITH_VERSION"):
        source.latest_offset(end, has_limit=True)
    assert batches(path, end) == [[2]]


def test_bounded_to_now(path: str) -> None:
    append(path, 1)
    source = opened(path)
    source.bound_to_now()
    append(path, 2)
    end = source.latest_offset(None, has_limit=True)
    assert end is not None
    assert numbers(source, None, end) == [1]
    assert source.latest_offset(end, has_limit=True) == end


def test_options_that_exclude_each_other(path: str) -> None:
    append(path, 1)
    with pytest.raises(SparkError, match="BOTH_SET"):
        opened(path, startingVersion=1, startingTimestamp="2026-01-01")
    with pytest.raises(SparkError, match="withEventTimeOrder"):
        opened(path, withEventTimeOrder="true")
    for size in ("much", "0", "-1b"):
        with pytest.raises(SparkError, match="maxBytesPerTrigger"):
            opened(path, maxBytesPerTrigger=size)


def test_limits_of_a_batch(path: str) -> None:
    for n in range(4):
        append(path, n)
    assert batches(path, maxBytesPerTrigger="1b") == [[0], [1], [2], [3]]
    assert batches(path, maxBytesPerTrigger="1g") == [[0, 1, 2, 3]]
    assert batches(path, maxBytesPerTrigger="1g", maxFilesPerTrigger=3) == [[0, 1, 2], [3]]


def test_excluded_files(path: str) -> None:
    write_deltalake(path, pa.table({"n": pa.array([1, 2], pa.int64()), "p": ["x", "y"]}), partition_by=["p"])
    assert batches(path, excludeRegex="p=x/") == [[2]]
    assert batches(path, excludeRegex=".") == []
    with pytest.raises(SparkError, match="excludeRegex"):
        opened(path, excludeRegex="(")


def test_versions_that_are_gone(path: str) -> None:
    append(path, 0)
    end = end_of(path)
    append(path, 1)
    append(path, 2)
    DeltaTable(path).create_checkpoint()
    Path(path, "_delta_log", f"{1:020}.json").unlink()
    source = opened(path)
    with pytest.raises(SparkError, match="DELTA_MISSING_FILES_UNEXPECTED_VERSION"):
        source.latest_offset(end, has_limit=True)
    source = opened(path, failOnDataLoss=False)
    last = source.latest_offset(end, has_limit=True)
    assert last is not None
    assert numbers(source, end, last) == [2]
