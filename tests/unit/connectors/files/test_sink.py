"""A write is seen whole or not at all."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from unbounded.connectors.files.sink import OPEN_FILES_MAX, FileSink, SinkLayout
from unbounded.connectors.files.write_options import Compression, WriteFormat
from unbounded.connectors.formats import FileFormat
from unbounded.errors import SparkError

SCHEMA = pa.schema([pa.field("line", pa.string()), pa.field("folder", pa.string())])


def _layout(target: Path, **changes: object) -> SinkLayout:
    options = WriteFormat(Compression(None, ""))
    return SinkLayout(str(target), FileFormat.TEXT, options, SCHEMA, ("value",), **changes)  # type: ignore[arg-type]


def _batch(*rows: tuple[str, str]) -> pa.RecordBatch:
    return pa.RecordBatch.from_pylist([{"line": f"{line}\n", "folder": folder} for line, folder in rows], SCHEMA)


def _contents(target: Path) -> dict[str, str]:
    """Folder -> the text of all its files, without the part files' names."""
    found: dict[str, str] = {}
    for path in sorted(path for path in target.rglob("*") if path.is_file()):
        name = str(path.parent.relative_to(target)) if path.name.startswith("part-") else path.name
        found[name] = found.get(name, "") + path.read_text()
    return found


def test_a_write_leaves_part_files_and_a_marker(tmp_path: Path) -> None:
    FileSink(_layout(tmp_path / "t")).write(iter([_batch(("a", ""), ("b", "")), _batch(("c", ""))]))
    assert _contents(tmp_path / "t") == {".": "a\nb\nc\n", "_SUCCESS": ""}


def test_no_rows_make_one_empty_file(tmp_path: Path) -> None:
    FileSink(_layout(tmp_path / "t")).write(iter([]))
    assert _contents(tmp_path / "t") == {".": "", "_SUCCESS": ""}


def test_rows_go_to_the_folders_of_their_partitions_in_order(tmp_path: Path) -> None:
    batches = [_batch(("a", "k=1"), ("b", "k=2"), ("c", "k=1")), _batch(("d", "k=2"))]
    FileSink(_layout(tmp_path / "t", is_partitioned=True)).write(iter(batches))
    assert _contents(tmp_path / "t") == {"k=1": "a\nc\n", "k=2": "b\nd\n", "_SUCCESS": ""}


def test_more_partitions_than_open_files(tmp_path: Path) -> None:
    count = OPEN_FILES_MAX + 2
    rows = _batch(*((str(k), f"k={k}") for k in range(count)))
    FileSink(_layout(tmp_path / "t", is_partitioned=True)).write(iter([rows, rows]))
    expected = {f"k={k}": f"{k}\n{k}\n" for k in range(count)}
    assert _contents(tmp_path / "t") == {**expected, "_SUCCESS": ""}


def test_overwriting_replaces_everything_or_only_the_partitions_written(tmp_path: Path) -> None:
    target = tmp_path / "t"
    FileSink(_layout(target, is_partitioned=True)).write(iter([_batch(("a", "k=1"), ("b", "k=2"))]))
    dynamic = _layout(target, is_partitioned=True, overwrites=True, overwrites_dynamically=True)
    FileSink(dynamic).write(iter([_batch(("c", "k=2"))]))
    assert _contents(target) == {"k=1": "a\n", "k=2": "c\n", "_SUCCESS": ""}
    FileSink(_layout(target, is_partitioned=True, overwrites=True)).write(iter([_batch(("d", "k=3"))]))
    assert _contents(target) == {"k=3": "d\n", "_SUCCESS": ""}


class _QueryFailed(Exception):
    pass


def _failing(error: Exception) -> Iterator[pa.RecordBatch]:
    yield _batch(("new", ""))
    raise error


@pytest.mark.parametrize("overwrites", [False, True])
def test_a_failure_changes_nothing(tmp_path: Path, overwrites: bool) -> None:
    target = tmp_path / "t"
    FileSink(_layout(target)).write(iter([_batch(("old", ""))]))
    with pytest.raises(_QueryFailed):
        FileSink(_layout(target, overwrites=overwrites)).write(_failing(_QueryFailed()))
    assert _contents(target) == {".": "old\n", "_SUCCESS": ""}


def test_a_full_disk_is_named(tmp_path: Path) -> None:
    with pytest.raises(SparkError) as raised:
        FileSink(_layout(tmp_path / "t")).write(_failing(OSError(errno.ENOSPC, "No space left on device")))
    assert raised.value.condition == "UNBOUNDED_DISK_FULL"
    assert _contents(tmp_path / "t") == {}


def test_a_killed_write_leaves_only_the_staging_folder(tmp_path: Path) -> None:
    """What a process that dies has done so far: its rows lie below `_temporary`, nothing else does."""
    target = tmp_path / "t"
    sink = FileSink(_layout(target))
    seen: list[set[str]] = []

    def batches() -> Iterator[pa.RecordBatch]:
        yield _batch(("a", ""))
        seen.append({path.name for path in target.iterdir()})

    sink.write(batches())
    assert seen == [{"_temporary"}]
