"""The first stream into a table: which files of before count, whatever dies in between."""

from __future__ import annotations

import os
from pathlib import Path

import pyarrow as pa
import pytest

from tests.unit.streaming.finished_files import finished
from unbounded.checkpoint.compactible_log import LogSettings
from unbounded.clock import ManualClock
from unbounded.connectors.file_streams.earlier_files import earlier_files, is_streamed, remember_earlier_files
from unbounded.connectors.file_streams.manifest import Manifest
from unbounded.connectors.file_streams.sink import FileStreamSink
from unbounded.connectors.streams import OutputMode
from unbounded.storage.api import FileStatus
from unbounded.storage.local import LocalFileSystem

FILES = LocalFileSystem()


class Stream:
    """A run of a stream into the table's folder; each batch is a file `<batch>.json`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        remember_earlier_files(FILES, str(folder))
        self.manifest = Manifest(FILES, str(folder), ManualClock(1_000_000), LogSettings())
        self.sink = FileStreamSink(str(folder), self.manifest, self._write, earlier_files(FILES, str(folder)))
        self.dies = False

    def write(self, batch_id: int) -> None:
        self.batch_id = batch_id
        self.sink.write(batch_id, pa.table({}), OutputMode.APPEND)

    def _write(self, rows: pa.Table) -> list[FileStatus]:
        path = self.folder / f"{self.batch_id}.json"
        path.write_text("x")
        if self.dies:
            raise OSError("power cut")
        return finished(path)

    def visible(self) -> list[str]:
        return sorted(os.path.relpath(file.path, self.folder) for file in self.manifest.files())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "table").mkdir()
    return tmp_path / "table"


def test_an_empty_table_belongs_to_the_stream_at_once(folder: Path) -> None:
    assert not is_streamed(FILES, str(folder))
    stream = Stream(folder)
    assert is_streamed(FILES, str(folder))
    stream.write(0)
    assert stream.visible() == ["0.json"]


def test_files_of_before_are_in_the_first_entry_only(folder: Path) -> None:
    (folder / "day=1").mkdir()
    (folder / "day=1/old.json").write_text("old")
    stream = Stream(folder)
    assert is_streamed(FILES, str(folder))
    stream.write(0)
    stream.write(1)
    assert stream.visible() == ["0.json", "1.json", "day=1/old.json"]
    assert len((folder / "_spark_metadata/0").read_text().splitlines()) == 3
    assert len((folder / "_spark_metadata/1").read_text().splitlines()) == 2


def test_a_file_of_a_batch_that_died_does_not_count_as_earlier(folder: Path) -> None:
    (folder / "old.json").write_text("old")
    dying = Stream(folder)
    dying.dies = True
    with pytest.raises(OSError, match="power cut"):
        dying.write(0)
    (folder / "0.json").rename(folder / "left-over.json")
    stream = Stream(folder)
    stream.write(0)
    assert stream.visible() == ["0.json", "old.json"]


def test_sizes_and_times_are_those_of_the_files(folder: Path) -> None:
    (folder / "old.json").write_text("old")
    os.utime(folder / "old.json", (5, 5))
    Stream(folder)
    (found,) = earlier_files(FILES, str(folder))
    assert (found.path, found.size_bytes, found.modified_ms) == (str(folder / "old.json"), 3, 5000)
