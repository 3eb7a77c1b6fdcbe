"""Streams that write one table one after the other, and two that try at the same time."""

from __future__ import annotations

import os
from pathlib import Path

import pyarrow as pa
import pytest

from tests.unit.streaming.finished_files import finished
from unbounded.checkpoint.compactible_log import LogSettings
from unbounded.clock import ManualClock
from unbounded.connectors.file_streams.manifest import Manifest
from unbounded.connectors.file_streams.sink import FileStreamSink
from unbounded.connectors.file_streams.table_sink import TableStreamSink
from unbounded.connectors.streams import OutputMode
from unbounded.errors import SparkError
from unbounded.storage.api import FileStatus
from unbounded.storage.local import LocalFileSystem

FILES = LocalFileSystem()


class Run:
    """One run of a query; its batches are files named by query and batch."""

    def __init__(self, folder: Path, query_id: str) -> None:
        folder.mkdir(exist_ok=True)
        self._folder, self._query_id = folder, query_id
        self.manifest = Manifest(FILES, str(folder), ManualClock(1_000_000), LogSettings())
        sink = FileStreamSink(str(folder), self.manifest, self._write)
        self._sink = TableStreamSink(sink, self.manifest, FILES, str(folder), query_id)

    def write(self, *batch_ids: int) -> None:
        for batch_id in batch_ids:
            self._name = f"{self._query_id}{batch_id}"
            self._sink.write(batch_id, pa.table({}), OutputMode.APPEND)

    def _write(self, rows: pa.Table) -> list[FileStatus]:
        (self._folder / self._name).write_text("x")
        return finished(self._folder / self._name)

    def visible(self) -> list[str]:
        return [os.path.basename(file.path) for file in self.manifest.files()]


def test_a_new_query_numbers_on(tmp_path: Path) -> None:
    Run(tmp_path / "t", "a").write(0, 1)
    Run(tmp_path / "t", "b").write(0, 1)
    Run(tmp_path / "t", "b").write(2)
    assert Run(tmp_path / "t", "b").visible() == ["a0", "a1", "b0", "b1", "b2"]


def test_a_replay_adds_nothing(tmp_path: Path) -> None:
    Run(tmp_path / "t", "a").write(0)
    Run(tmp_path / "t", "b").write(0)
    run = Run(tmp_path / "t", "b")
    run.write(0, 1)
    assert run.visible() == ["a0", "b0", "b1"]


def test_a_query_that_another_has_followed_is_refused(tmp_path: Path) -> None:
    Run(tmp_path / "t", "a").write(0)
    Run(tmp_path / "t", "b").write(0)
    with pytest.raises(SparkError, match="a table that a later stream writes"):
        Run(tmp_path / "t", "a")


def test_a_running_query_fails_when_another_begins(tmp_path: Path) -> None:
    running = Run(tmp_path / "t", "a")
    running.write(0)
    other = Run(tmp_path / "t", "b")
    with pytest.raises(SparkError, match="a table that a later stream writes"):
        running.write(1)
    other.write(0)
    assert other.visible() == ["a0", "b0"]


def test_of_two_that_have_written_nothing_the_later_one_may(tmp_path: Path) -> None:
    first, second = Run(tmp_path / "t", "a"), Run(tmp_path / "t", "b")
    with pytest.raises(SparkError):
        first.write(0)
    second.write(0)
    assert second.visible() == ["b0"]
