"""Files: splits own each line once, patterns, errors worded as Spark's, and directories that are whole or not there."""

from __future__ import annotations

import os
from importlib import import_module
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unbounded.rdd import SparkContext, SparkFiles
from unbounded.rdd.errors import (
    FileAlreadyExistsException,
    InvalidInputException,
    PythonException,
    UnsupportedOperationException,
)
from unbounded.rdd.files.listing import FoundFile, find_files, local_path, split_paths
from unbounded.rdd.files.text import TextSplit, text_splits


@given(text=st.text("ab\n\r", max_size=40), minimum=st.integers(1, 12))
def test_every_line_belongs_to_one_split(tmp_path_factory: pytest.TempPathFactory, text: str, minimum: int) -> None:
    path = tmp_path_factory.getbasetemp() / "lines.txt"
    path.write_bytes(text.encode())
    splits = text_splits([FoundFile(str(path), len(text))], minimum)
    assert [line for split in splits for line in split.lines()] == text.encode().splitlines()


@pytest.mark.parametrize(
    ("size", "minimum", "splits"),
    [
        (0, 2, []),
        (1, 2, [(0, 1)]),
        (10, 1, [(0, 10)]),
        (20, 3, [(0, 6), (6, 12), (12, 18), (18, 20)]),
        (11, 2, [(0, 5), (5, 10), (10, 11)]),
        (70 << 20, 1, [(0, 32 << 20), (32 << 20, 64 << 20), (64 << 20, 70 << 20)]),
    ],
)
def test_splits_are_those_of_hadoop(size: int, minimum: int, splits: list[tuple[int, int]]) -> None:
    assert text_splits([FoundFile("/f", size)], minimum) == [TextSplit("/f", start, end) for start, end in splits]


@pytest.mark.parametrize(
    ("paths", "found"),
    [
        (["a.txt"], ["a.txt"]),
        (["*.txt"], ["a.txt", "b.txt"]),
        (["{b,a}.txt", "c.log"], ["a.txt", "b.txt", "c.log"]),
        (["[^a].txt"], ["b.txt"]),
        (["."], ["a.txt", "b.txt", "c.log"]),
        (["b.txt", "a.txt"], ["b.txt", "a.txt"]),
    ],
)
def test_paths_and_patterns(tmp_path: Path, paths: list[str], found: list[str]) -> None:
    for name in ("b.txt", "a.txt", "c.log", ".hidden", "_hidden"):
        (tmp_path / name).touch()
    full = ",".join(f"{tmp_path}/{path}" for path in paths)
    assert [os.path.basename(file.path) for file in find_files(split_paths(full))] == found


@pytest.mark.parametrize(
    ("name", "message"),
    [("nope", "Input path does not exist: file:{}/nope"), ("nope*", r"Input Pattern file:{}/nope\* matches 0 files")],
)
def test_a_missing_path_is_told_by_the_first_action(sc: SparkContext, tmp_path: Path, name: str, message: str) -> None:
    rdd = sc.textFile(f"{tmp_path}/{name}")
    with pytest.raises(InvalidInputException, match=message.format(tmp_path)):
        rdd.count()


def test_a_directory_within_a_directory_is_refused(sc: SparkContext, tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    with pytest.raises(OSError, match="inner is a directory, which is not supported by the record reader"):
        sc.textFile(str(tmp_path)).count()


@pytest.mark.parametrize("path", ["hdfs://host/x", "s3a://bucket/x"])
def test_other_file_systems_are_refused(path: str) -> None:
    with pytest.raises(UnsupportedOperationException, match="No FileSystem for scheme"):
        local_path(path)


def test_an_old_directory_is_refused(sc: SparkContext, tmp_path: Path) -> None:
    with pytest.raises(FileAlreadyExistsException, match=f"Output directory file:{tmp_path} already exists"):
        sc.parallelize([1]).saveAsTextFile(str(tmp_path))


def test_a_failed_save_leaves_no_part_and_no_success(sc: SparkContext, tmp_path: Path) -> None:
    with pytest.raises(PythonException, match="ZeroDivisionError"):
        sc.parallelize([1, 0], 2).map(lambda x: 1 // x).saveAsTextFile(str(tmp_path / "out"))
    assert os.listdir(tmp_path / "out") == []


def test_codecs(sc: SparkContext, tmp_path: Path) -> None:
    sc.parallelize(["a", "b"], 1).saveAsTextFile(f"{tmp_path}/out", "org.apache.hadoop.io.compress.BZip2Codec")
    assert sc.textFile(f"{tmp_path}/out").collect() == ["a", "b"]
    with pytest.raises(UnsupportedOperationException, match=r"Compression codec no\.such\.Codec"):
        sc.parallelize(["a"]).saveAsTextFile(f"{tmp_path}/other", "no.such.Codec")
    (tmp_path / "x.snappy").write_bytes(b"x")
    with pytest.raises(UnsupportedOperationException, match=r"compressed as \.snappy"):
        sc.textFile(f"{tmp_path}/x.snappy").collect()


def test_a_foreign_pickle_file_is_refused(sc: SparkContext, tmp_path: Path) -> None:
    (tmp_path / "part-00000").write_bytes(b"SEQ\x06")
    with pytest.raises(UnsupportedOperationException, match="was not written by saveAsPickleFile"):
        sc.pickleFile(str(tmp_path)).collect()


def test_added_files_and_modules_reach_the_workers(sc: SparkContext, tmp_path: Path) -> None:
    (tmp_path / "table.txt").write_text("content")
    (tmp_path / "added_to_workers.py").write_text("answer = 42\n")
    sc.addFile(str(tmp_path / "table.txt"))
    sc.addPyFile(str(tmp_path / "added_to_workers.py"))

    def use(_: int) -> tuple[str, int]:
        return Path(SparkFiles.get("table.txt")).read_text(), import_module("added_to_workers").answer

    assert sc.parallelize([1], 1).map(use).collect() == [("content", 42)]
    with pytest.raises(FileNotFoundError, match=f"File file:{tmp_path}/nope does not exist"):
        sc.addFile(str(tmp_path / "nope"))
