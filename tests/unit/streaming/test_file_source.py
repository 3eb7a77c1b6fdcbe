"""The file source: which files a batch has, in which order, and what its log says. Files are named, not read."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.unit.streaming.sources import SteppedSource
from unbounded.connectors.available_now import bounded_to_now
from unbounded.connectors.file_streams.lookout import Lookout
from unbounded.connectors.file_streams.source import FileStreamProvider, FileStreamSource
from unbounded.connectors.files.listing import ListingOptions, list_files
from unbounded.errors import SparkError
from unbounded.storage.folder_watch import UNFINISHED_MAX_US
from unbounded.types.datatypes import StructType

T0_S = 1_700_000_000


class Folder:
    """A folder with files of given ages, read as a stream whose batches are lists of names."""

    def __init__(self, directory: Path, **options: str) -> None:
        self.path = directory / "in"
        self.path.mkdir()
        self.checkpoint = directory / "checkpoint"
        self.options = options
        self._stream: SteppedSource | None = None

    def add(self, *names: str, size_bytes: int = 1) -> None:
        """Each a second younger than the one before."""
        for name in names:
            path = self.path / name
            path.parent.mkdir(exist_ok=True, parents=True)
            path.write_bytes(b"x" * size_bytes)
            at = T0_S + len(list(self.path.rglob("*.*")))
            os.utime(path, (at, at))

    @property
    def stream(self) -> SteppedSource:
        if self._stream is None:
            self._stream = SteppedSource(self._provider(), self.checkpoint)
        return self._stream

    def _provider(self) -> FileStreamProvider:
        def find() -> Sequence[object]:
            return list_files([str(self.path)], ListingOptions()).files

        def names(paths: Sequence[str]) -> str:
            return " ".join(os.path.relpath(path, self.path) for path in paths)

        return FileStreamProvider(str(self.path), StructType(), self.options, find, names)  # type: ignore[arg-type]

    def batches(self) -> list[str]:
        """What is stepped until there is nothing new."""
        return list(iter(self.stream.step, None))

    def log(self, name: str) -> list[str]:
        return (self.checkpoint / name).read_text().split("\n")


def test_each_file_comes_once_oldest_first(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    folder.add("b.csv", "a.csv")
    folder.add("_hidden.csv", ".hidden.csv")
    assert folder.batches() == ["b.csv a.csv"]
    folder.add("c.csv")
    assert folder.batches() == ["c.csv"]
    assert folder.batches() == []


def test_the_log_is_as_spark_writes_it(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    folder.add("k=1/ä b.csv")
    folder.batches()
    version, line = folder.log("0")
    assert version == "v1"
    assert line == (f'{{"path":"file://{folder.path}/k=1/ä%20b.csv","timestamp":{T0_S + 1}000,"batchId":0}}')
    assert folder.stream.end == '{"logOffset":0}'


def test_the_tenth_entry_of_the_log_is_compact_and_a_restart_knows_every_file(tmp_path: Path) -> None:
    folder = Folder(tmp_path, maxfilespertrigger="1")
    folder.add(*(f"{i:02}.csv" for i in range(12)))
    assert len(folder.batches()) == 12
    assert sorted(os.listdir(folder.checkpoint), key=lambda n: int(n.split(".")[0])) == [
        *"012345678", "9.compact", "10", "11",
    ]  # fmt: skip
    assert [json.loads(line)["batchId"] for line in folder.log("9.compact")[1:]] == list(range(10))
    folder.stream.restart()
    assert folder.batches() == []
    assert folder.stream.source.batch('{"logOffset":8}', '{"logOffset":10}') == "09.csv 10.csv"


def test_a_batch_that_was_not_committed_has_the_same_files_after_a_restart(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    folder.add("a.csv")
    end = folder.stream.source.latest_offset(None, has_limit=True)
    folder.stream.restart()
    folder.add("b.csv")
    assert end is not None
    assert folder.stream.source.batch(None, end) == "a.csv"


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"maxfilespertrigger": "2"}, ["0.csv 1.csv", "2.csv 3.csv", "4.csv"]),
        ({"maxfilespertrigger": "2", "latestfirst": "true"}, ["4.csv 3.csv", "2.csv 1.csv", "0.csv"]),
        ({"maxbytespertrigger": "5"}, ["0.csv 1.csv", "2.csv 3.csv", "4.csv"]),
        ({"maxbytespertrigger": "1"}, ["0.csv", "1.csv", "2.csv", "3.csv", "4.csv"]),
        ({"maxfilespertrigger": "2", "maxfileage": "1s"}, ["0.csv 1.csv", "2.csv 3.csv", "4.csv"]),
        ({"maxfilespertrigger": "2", "maxcachedfiles": "0"}, ["0.csv 1.csv", "2.csv 3.csv", "4.csv"]),
    ],
)
def test_limits_as_recorded_from_spark(tmp_path: Path, options: dict[str, str], expected: list[str]) -> None:
    folder = Folder(tmp_path, **options)
    folder.add(*(f"{i}.csv" for i in range(5)), size_bytes=2)
    assert folder.batches() == expected


def test_without_limits_everything_is_one_batch(tmp_path: Path) -> None:
    folder = Folder(tmp_path, maxfilespertrigger="1")
    folder.add("a.csv", "b.csv")
    assert folder.stream.step(has_limit=False) == "a.csv b.csv"


def test_unread_files_are_taken_before_the_folder_is_listed_again(tmp_path: Path) -> None:
    folder = Folder(tmp_path, maxfilespertrigger="1")
    folder.add("b.csv", "c.csv")
    assert folder.stream.step() == "b.csv"
    (folder.path / "a.csv").write_text("x")
    os.utime(folder.path / "a.csv", (T0_S, T0_S))
    assert folder.batches() == ["c.csv", "a.csv"]


def test_a_file_much_older_than_the_newest_is_passed_over(tmp_path: Path) -> None:
    folder = Folder(tmp_path, maxfileage="1m")
    folder.add("new.csv")
    assert folder.batches() == ["new.csv"]
    (folder.path / "old.csv").write_text("x")
    os.utime(folder.path / "old.csv", (T0_S - 3600, T0_S - 3600))
    assert folder.batches() == []


def test_a_name_counts_once_in_any_folder(tmp_path: Path) -> None:
    folder = Folder(tmp_path, filenameonly="true")
    folder.add("k=1/a.csv")
    assert folder.batches() == ["k=1/a.csv"]
    folder.add("k=2/a.csv")
    assert folder.batches() == []


def test_available_now_ends_with_the_files_of_the_start(tmp_path: Path) -> None:
    folder = Folder(tmp_path, maxfilespertrigger="1")
    folder.add("a.csv", "b.csv")
    folder.stream.source = bounded_to_now(folder.stream.source)
    folder.add("c.csv")
    assert folder.batches() == ["a.csv", "b.csv"]


def test_files_of_a_batch_are_archived_when_the_next_one_comes(tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    folder = Folder(tmp_path, maxfilespertrigger="1", cleansource="archive", sourcearchivedir=str(archive))
    folder.add("a.csv", "b.csv")
    folder.batches()
    assert [path.name for path in folder.path.iterdir()] == ["b.csv"]
    assert (archive / str(folder.path)[1:] / "a.csv").exists()


def test_files_of_a_batch_are_deleted_when_the_next_one_comes(tmp_path: Path) -> None:
    folder = Folder(tmp_path, maxfilespertrigger="1", cleansource="delete")
    folder.add("a.csv", "b.csv")
    folder.batches()
    assert [path.name for path in folder.path.iterdir()] == ["b.csv"]


def test_a_file_that_is_being_written_waits_for_its_end(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    assert folder.batches() == []
    with open(folder.path / "a.csv", "w") as file:
        file.write("1")
        file.flush()
        assert folder.batches() == []
    assert folder.stream.source.wait_for_data(10_000_000)
    assert folder.batches() == ["a.csv"]


def test_links_and_moved_files_and_those_in_new_folders_are_found(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    assert folder.batches() == []
    folder.stream.clock.advance(-1_000_000)  # so that it is not the second that makes it look again
    (tmp_path / "x").write_text("1")
    os.link(tmp_path / "x", folder.path / "linked.csv")
    assert folder.batches() == ["linked.csv"]
    os.rename(tmp_path / "x", folder.path / "moved.csv")
    assert folder.batches() == ["moved.csv"]


def test_nothing_new_is_told_without_a_listing(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    folder.add("a.csv")
    source = folder.stream.source
    assert isinstance(source, FileStreamSource)
    end = source.latest_offset(None, has_limit=True)
    folder.path.rename(tmp_path / "gone")
    assert source.latest_offset(end, has_limit=True) == end


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"maxfilespertrigger": "0"}, "Invalid value '0' for option 'maxFilesPerTrigger', must be a positive integer"),
        ({"maxbytespertrigger": "5kb"}, "Invalid value '5kb' for option 'maxBytesPerTrigger', must be a positive int"),
        ({"maxfilespertrigger": "1", "maxbytespertrigger": "1"}, "can't be both set at the same time"),
        ({"latestfirst": "x"}, "Invalid value 'x' for option 'latestFirst', must be 'true' or 'false'"),
        ({"maxcachedfiles": "-1"}, "'maxCachedFiles', must be an integer greater than or equal to 0"),
        ({"discardcachedinputratio": "2"}, "'discardCachedInputRatio', must be a positive float between 0 and 1"),
        ({"cleansource": "x"}, "Invalid mode for clean source option Some(x). Must be one of ARCHIVE,DELETE,OFF"),
        ({"cleansource": "archive"}, "Archive mode must be used with 'sourceArchiveDir' option."),
        ({"modifiedbefore": "2020-01-01"}, "option 'modifiedbefore' is not allowed in file stream sources"),
    ],
)
def test_wrong_options_stop_the_query_at_its_start(tmp_path: Path, options: dict[str, str], message: str) -> None:
    with pytest.raises(SparkError) as failure:
        assert Folder(tmp_path, **options).stream
    assert message in failure.value.message


@pytest.mark.parametrize("archive", ["in/below", "."])
def test_an_archive_where_the_source_looks_is_refused(tmp_path: Path, archive: str) -> None:
    folder = Folder(tmp_path, cleansource="archive", sourcearchivedir=str(tmp_path / archive))
    with pytest.raises(SparkError, match="Base archive path cannot be set"):
        assert folder.stream


def test_a_file_that_stays_open_for_long_is_taken_as_it_is(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    assert folder.batches() == []
    with open(folder.path / "a.csv", "w") as file:
        file.write("1")
        file.flush()
        assert folder.batches() == []
        folder.stream.clock.advance(UNFINISHED_MAX_US)
        assert folder.batches() == ["a.csv"]


def test_without_a_watch_the_folder_is_listed_now_and_then(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    lookout = Lookout(str(folder.path), folder.stream.clock)
    lookout.close()
    assert lookout.is_due()
    lookout.listed(folder.stream.clock.monotonic_us())
    assert not lookout.is_due()
    assert not lookout.wait(0)
    folder.stream.clock.advance(100_000)
    assert lookout.wait(1_000_000)
    assert lookout.is_due()
