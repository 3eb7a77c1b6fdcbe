"""The streaming Delta sink: a batch that comes again changes nothing, wherever the query died."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake

from unbounded.connectors.delta.stream_sink import DeltaStreamSink
from unbounded.connectors.delta.writer import DeltaWriter
from unbounded.connectors.streams import OutputMode
from unbounded.errors import SparkError
from unbounded.types.datatypes import LONG, NULL, STRING, StructField, StructType

SCHEMA = StructType((StructField("n", LONG), StructField("name", STRING)))


def sink(path: Path, query_id: str = "q", *, is_complete: bool = False) -> DeltaStreamSink:
    return DeltaStreamSink(DeltaWriter(str(path), overwrites=is_complete), SCHEMA, query_id)


def rows(*numbers: int) -> pa.Table:
    return pa.table({"n": pa.array(numbers, pa.int64()), "name": [f"r{n}" for n in numbers]})


def stored(path: Path) -> list[int]:
    return sorted(DeltaTable(str(path)).to_pyarrow_table().column("n").to_pylist())


def delete_meanwhile(path: Path, condition: str) -> None:
    """In a thread of its own: the library asks for rows inside of a call of it."""
    with ThreadPoolExecutor(1) as other:
        other.submit(lambda: DeltaTable(str(path)).delete(condition)).result()


def test_a_batch_written_twice_counts_once(tmp_path: Path) -> None:
    path = tmp_path / "t"
    for batch_id in (0, 0, 1, 0, 1):
        sink(path).write(batch_id, rows(batch_id), OutputMode.APPEND)
    assert stored(path) == [0, 1]
    assert DeltaTable(str(path)).version() == 1


def test_a_crash_between_sink_and_commit_log(tmp_path: Path) -> None:
    """The rows are in the table, the query's commit log does not know: the batch is run again by another process."""
    path = tmp_path / "t"
    committed: list[int] = []
    for crashes_after in ("sink", "commit", "sink", "commit"):
        batch_id = len(committed)
        sink(path).write(batch_id, rows(batch_id), OutputMode.APPEND)
        if crashes_after == "commit":
            committed.append(batch_id)
    assert stored(path) == [0, 1]


def test_a_crash_inside_the_write_leaves_the_table_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "t"
    sink(path).write(0, rows(0), OutputMode.APPEND)

    def failing() -> Iterator[pa.RecordBatch]:
        yield from rows(1).to_batches()
        raise ValueError("the query failed")

    with pytest.raises(ValueError, match="the query failed"):
        DeltaWriter(str(path)).write(failing(), SCHEMA)
    assert stored(path) == [0]
    sink(path).write(1, rows(1), OutputMode.APPEND)
    assert stored(path) == [0, 1]


def test_an_append_that_a_removal_overtakes_is_done_again(tmp_path: Path) -> None:
    path = tmp_path / "t"
    sink(path).write(0, rows(0, 1), OutputMode.APPEND)
    overtaken: list[int] = []

    def slow() -> Iterator[pa.RecordBatch]:
        yield from rows(5).to_batches()
        delete_meanwhile(path, f"n = {len(overtaken)}")
        overtaken.append(0)
        yield from rows(6).to_batches()

    assert DeltaWriter(str(path)).write(slow(), SCHEMA)
    assert stored(path) == [1, 5, 6]
    assert len(overtaken) == 1


def test_an_overwrite_that_is_overtaken_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "t"
    sink(path).write(0, rows(0, 1), OutputMode.APPEND)

    def slow() -> Iterator[pa.RecordBatch]:
        delete_meanwhile(path, "n = 0")
        yield from rows(6).to_batches()

    with pytest.raises(SparkError) as error:
        DeltaWriter(str(path), overwrites=True).write(slow(), SCHEMA)
    assert error.value.condition == "DELTA_CONCURRENT_WRITE"
    assert stored(path) == [1]


def test_queries_do_not_hide_each_others_batches(tmp_path: Path) -> None:
    path = tmp_path / "t"
    sink(path, "a").write(0, rows(1), OutputMode.APPEND)
    sink(path, "b").write(0, rows(2), OutputMode.APPEND)
    assert stored(path) == [1, 2]


def test_complete_mode_replaces_all_rows_once(tmp_path: Path) -> None:
    path = tmp_path / "t"
    sink(path, is_complete=True).write(0, rows(1, 2), OutputMode.COMPLETE)
    sink(path, is_complete=True).write(1, rows(3), OutputMode.COMPLETE)
    sink(path, is_complete=True).write(0, rows(1, 2), OutputMode.COMPLETE)
    assert stored(path) == [3]


def test_the_transaction_is_in_the_commit_of_its_rows(tmp_path: Path) -> None:
    path = tmp_path / "t"
    sink(path).write(7, rows(1), OutputMode.APPEND)
    actions = [json.loads(line) for line in (path / f"_delta_log/{0:020}.json").read_text().splitlines()]
    (found,) = [action["txn"] for action in actions if "txn" in action]
    assert (found["appId"], found["version"]) == ("q", 7)
    assert any("add" in action for action in actions)


def test_an_empty_batch_is_remembered(tmp_path: Path) -> None:
    path = tmp_path / "t"
    sink(path).write(0, rows(), OutputMode.APPEND)
    assert DeltaTable(str(path)).transaction_version("q") == 0
    assert stored(path) == []


def test_rows_that_do_not_fit(tmp_path: Path) -> None:
    path = str(tmp_path / "t")
    write_deltalake(path, pa.table({"n": ["text"]}))
    with pytest.raises(SparkError, match="DELTA_FAILED_TO_MERGE_FIELDS"):
        DeltaWriter(path, merges_schema=True).check(SCHEMA)
    with pytest.raises(SparkError, match="(?s)Data schema:.*-- name: string"):
        DeltaWriter(path).check(StructType((StructField("name", STRING),)))
    with pytest.raises(SparkError, match="UNSUPPORTED_DATA_TYPE_FOR_DATASOURCE"):
        DeltaWriter(path).check(StructType((StructField("nothing", NULL),)))
