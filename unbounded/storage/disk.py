"""The calls of the operating system by which files change. Nothing they do is durable before `sync`.

What must survive a loss of power is built on them in two places: `local` (checkpoint, state, logs) and the file sink
(`connectors.files.sink`). A test puts a disk in memory in their place and takes the power away between two calls.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Protocol

import pyarrow as pa

from unbounded.storage.api import FileStatus


class Disk(Protocol):
    """Every call raises OSError as the system does."""

    def create(self, path: str) -> pa.NativeFile:
        """A new, empty file to be written from its start and closed."""
        ...

    def sync(self, path: str) -> None:
        """Makes the content of a file, or the entries of a directory, durable."""
        ...

    def link(self, source: str, target: str) -> None:
        """A second name for a file. Raises: FileExistsError"""
        ...

    def rename(self, source: str, target: str) -> None:
        """At once; a file at `target` is replaced."""
        ...

    def unlink(self, path: str) -> None:
        """Raises: FileNotFoundError"""
        ...

    def make_directory(self, path: str) -> None:
        """One directory in another one. Raises: FileExistsError"""
        ...

    def remove_directory(self, path: str) -> None:
        """An empty one."""
        ...

    def read(self, path: str) -> bytes:
        """Raises: FileNotFoundError"""
        ...

    def status(self, path: str) -> FileStatus | None:
        """None if there is nothing."""
        ...

    def list(self, directory: str) -> Sequence[FileStatus]:
        """Its entries by name; a link is none of the directories. Raises: FileNotFoundError"""
        ...


_NOT_OFFERED = (errno.EINVAL, errno.ENOTSUP)
"""What a file system answers that keeps directories durable itself, or cannot (network shares)."""


class SystemDisk:
    """Implements `Disk` with the system's own calls."""

    def create(self, path: str) -> pa.NativeFile:
        return pa.OSFile(path, "wb")

    def sync(self, path: str) -> None:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        except OSError as error:
            if error.errno not in _NOT_OFFERED or not os.path.isdir(path):
                raise
        finally:
            os.close(descriptor)

    def link(self, source: str, target: str) -> None:
        os.link(source, target)

    def rename(self, source: str, target: str) -> None:
        os.replace(source, target)

    def unlink(self, path: str) -> None:
        os.unlink(path)

    def make_directory(self, path: str) -> None:
        os.mkdir(path)

    def remove_directory(self, path: str) -> None:
        os.rmdir(path)

    def read(self, path: str) -> bytes:
        return Path(path).read_bytes()

    def status(self, path: str) -> FileStatus | None:
        try:
            return _status(path, os.stat(path))
        except FileNotFoundError:
            return None

    def list(self, directory: str) -> Sequence[FileStatus]:
        found: list[FileStatus] = []
        with os.scandir(directory) as entries:
            for entry in entries:
                with suppress(FileNotFoundError):  # it has gone since: others write here too
                    found.append(_status(entry.path, entry.stat(follow_symlinks=False)))
        return sorted(found, key=lambda status: status.path)


def _status(path: str, found: os.stat_result) -> FileStatus:
    return FileStatus(path, found.st_size, found.st_mtime_ns // 1_000_000, stat.S_ISDIR(found.st_mode))


def make_directories(disk: Disk, path: str) -> list[str]:
    """`path` with every directory above it that is not there; those that were made, outermost first."""
    missing: list[str] = []
    while path and disk.status(path) is None:
        missing.append(path)
        path = os.path.dirname(path)
    for directory in reversed(missing):
        try:
            disk.make_directory(directory)
        except FileExistsError:
            continue
    return missing[::-1]


def make_durable_directories(disk: Disk, path: str) -> None:
    """As `make_directories`, and a loss of power does not take back what was made."""
    for made in make_directories(disk, path):
        disk.sync(os.path.dirname(made) or ".")


def directories_above(path: str) -> Iterator[str]:
    """The nearest one first."""
    above = os.path.dirname(os.path.abspath(path))
    while above != path:
        yield above
        path, above = above, os.path.dirname(above)


def directories_below(disk: Disk, directory: str) -> Iterator[str]:
    """`directory` itself first."""
    yield directory
    for entry in disk.list(directory):
        if entry.is_directory:
            yield from directories_below(disk, entry.path)


def remove_tree(disk: Disk, path: str) -> None:
    """A directory with everything in it. Raises: FileNotFoundError if it is not there"""
    for entry in disk.list(path):
        if entry.is_directory:
            remove_tree(disk, entry.path)
        else:
            disk.unlink(entry.path)
    disk.remove_directory(path)
