"""The local disk as a file system: what a listing shows while others write, and what outlives a failure."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from unbounded.storage.local import LocalFileSystem


def names(files: LocalFileSystem, directory: Path) -> list[str]:
    return [os.path.basename(status.path) for status in files.list(str(directory))]


def test_a_file_that_goes_during_a_listing_takes_no_other_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a temporary file does when it gets its name."""
    for name in ("1", ".2.tmp", "3"):
        (tmp_path / name).write_text(name)
    scan = os.scandir

    @contextmanager
    def slow_scan(path: str) -> Iterator[list[os.DirEntry[str]]]:
        with scan(path) as entries:
            found = list(entries)
        (tmp_path / ".2.tmp").unlink()
        yield found

    monkeypatch.setattr(os, "scandir", slow_scan)
    assert names(LocalFileSystem(), tmp_path) == ["1", "3"]


def test_a_directory_that_is_not_there_has_nothing(tmp_path: Path) -> None:
    assert names(LocalFileSystem(), tmp_path / "x") == []


def test_a_put_makes_folders_and_leaves_one_file(tmp_path: Path) -> None:
    files = LocalFileSystem()
    path = tmp_path / "a" / "b" / "0"
    assert files.put_if_absent(str(path), b"first")
    assert not files.put_if_absent(str(path), b"second")
    assert path.read_bytes() == b"first"
    files.replace(str(path), b"third")
    assert path.read_bytes() == b"third"
    assert names(files, path.parent) == ["0"]


def test_a_link_is_deleted_and_not_what_it_names(tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "file").write_text("x")
    (tmp_path / "gone").mkdir()
    (tmp_path / "gone" / "link").symlink_to(tmp_path / "kept")
    (tmp_path / "gone" / "nothing").symlink_to(tmp_path / "nowhere")
    LocalFileSystem().delete(str(tmp_path / "gone"))
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["file", "kept"]


def test_a_refusal_names_the_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(OSError, match="file/0"):
        LocalFileSystem().replace(str(tmp_path / "file" / "0"), b"")


def test_a_file_system_without_durable_directories_will_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sync = os.fsync

    def of_files_only(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", of_files_only)
    LocalFileSystem().replace(str(tmp_path / "a" / "0"), b"x")
    assert (tmp_path / "a" / "0").read_bytes() == b"x"
