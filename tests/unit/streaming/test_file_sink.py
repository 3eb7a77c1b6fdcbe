"""The log of the file sink: what is in it, what a replay changes, and what a reader of the folder sees."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pyarrow as pa
import pytest

from tests.unit.streaming.finished_files import finished
from unbounded.checkpoint.compactible_log import CompactibleLog, LogSettings, fitting_interval
from unbounded.clock import ManualClock
from unbounded.connectors.file_streams.manifest import Manifest, has_manifest
from unbounded.connectors.file_streams.sink import FileStreamSink
from unbounded.connectors.streams import OutputMode
from unbounded.storage.api import FileStatus
from unbounded.storage.local import LocalFileSystem

EMPTY = pa.table({})


class Output:
    """A sink whose batches are one small file each."""

    def __init__(self, folder: Path, settings: LogSettings | None = None, retention_ms: int | None = None) -> None:
        self.folder = folder
        self.clock = ManualClock(1_000_000)
        folder.mkdir(exist_ok=True)
        settings = settings or LogSettings()
        self.manifest = Manifest(LocalFileSystem(), str(folder), self.clock, settings, retention_ms)
        self.sink = FileStreamSink(str(folder), self.manifest, self._write)
        self.written: list[str] = []

    def _write(self, rows: pa.Table) -> list[FileStatus]:
        path = self.folder / f"part-{len(self.written)}.json"
        path.write_text("x")
        os.utime(path, (1, 1))
        self.written.append(str(path))
        return finished(path)

    def write(self, *batch_ids: int) -> None:
        for batch_id in batch_ids:
            self.sink.write(batch_id, EMPTY, OutputMode.APPEND)

    def visible(self) -> list[str]:
        return [os.path.basename(file.path) for file in self.manifest.files()]


def test_an_entry_is_as_spark_writes_it(tmp_path: Path) -> None:
    output = Output(tmp_path / "out")
    output.write(0)
    version, line = (tmp_path / "out/_spark_metadata/0").read_text().split("\n")
    assert version == "v1"
    assert line == (
        f'{{"path":"file://{tmp_path}/out/part-0.json","size":1,"isDir":false,"modificationTime":1000,'
        '"blockReplication":1,"blockSize":33554432,"action":"add"}'
    )


def test_a_replayed_batch_changes_nothing(tmp_path: Path) -> None:
    output = Output(tmp_path / "out")
    output.write(0, 1, 1, 0)
    assert len(output.written) == 2
    assert output.visible() == ["part-0.json", "part-1.json"]


def test_a_file_that_the_log_does_not_name_does_not_count(tmp_path: Path) -> None:
    output = Output(tmp_path / "out")
    output._write(EMPTY)
    output.write(0)
    assert output.visible() == ["part-1.json"]
    assert has_manifest(str(tmp_path / "out"))
    assert not has_manifest(str(tmp_path / "o*"))


def test_every_tenth_entry_repeats_all_before(tmp_path: Path) -> None:
    output = Output(tmp_path / "out")
    output.write(*range(21))
    log = tmp_path / "out/_spark_metadata"
    assert {name for name in os.listdir(log) if not name.isdigit()} == {"9.compact", "19.compact"}
    assert len((log / "19.compact").read_text().split("\n")) == 21
    assert output.visible() == [f"part-{i}.json" for i in range(21)]


def test_old_entries_go_when_enough_batches_are_kept(tmp_path: Path) -> None:
    output = Output(tmp_path / "out", LogSettings(3, deletes=True, cleanup_delay_ms=0, retained_batches=2))
    output.clock.advance(10**18)
    output.write(*range(8))
    assert sorted(os.listdir(tmp_path / "out/_spark_metadata")) == ["5.compact", "6", "7"]
    assert len(output.visible()) == 8


def test_files_beyond_the_retention_leave_the_log(tmp_path: Path) -> None:
    output = Output(tmp_path / "out", LogSettings(2), retention_ms=60_000)
    output.write(0)
    assert output.visible() == ["part-0.json"]
    output.clock.advance(120_000_000)
    output.write(1)
    assert output.visible() == []
    assert (tmp_path / "out/_spark_metadata/1.compact").read_text() == "v1"


@pytest.mark.parametrize(("wanted", "compact_id", "interval"), [(10, 4, 5), (5, 11, 6), (10, 9, 10), (10, 18, 19)])
def test_the_interval_of_a_log_fits_its_compact_entry(wanted: int, compact_id: int, interval: int) -> None:
    assert fitting_interval(wanted, compact_id) == interval


def test_the_interval_of_a_log_outlives_the_setting(tmp_path: Path) -> None:
    files, clock = LocalFileSystem(), ManualClock()
    first = CompactibleLog(files, str(tmp_path), clock, LogSettings(3))
    for batch_id in range(6):
        first.add(batch_id, [json.dumps({"n": batch_id})])
    second = CompactibleLog(files, str(tmp_path), clock, LogSettings(10))
    second.add(6, [json.dumps({"n": 6})])
    assert [json.loads(line)["n"] for line in second.read_all()] == [0, 1, 2, 3, 4, 5, 6]
    assert sorted(name for name in os.listdir(tmp_path) if name.endswith("compact")) == ["2.compact", "5.compact"]
