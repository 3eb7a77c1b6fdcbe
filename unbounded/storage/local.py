"""The local disk as a FileSystem. A put is: write beside, sync, link or rename into place, sync the directory.

Directories it has to make for that are synced too, so a file never is lost with the folder it stands in. What the
system refuses is reported with the name of the file; a full disk leaves nothing behind.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from unbounded.errors import ErrorKind, SparkError
from unbounded.ids import new_id
from unbounded.storage.api import FileStatus
from unbounded.storage.disk import (
    Disk,
    SystemDisk,
    directories_above,
    directories_below,
    make_durable_directories,
    remove_tree,
)


class LocalFileSystem:
    """Implements `storage.api.FileSystem`."""

    def __init__(self, disk: Disk | None = None) -> None:
        self._disk = disk or SystemDisk()

    def put_if_absent(self, path: str, content: bytes) -> bool:
        with reported_as(path), self._written_beside(path, content) as temporary:
            try:
                self._disk.link(temporary, path)
            except FileExistsError:
                return False
            finally:
                self._disk.unlink(temporary)
            self._disk.sync(os.path.dirname(path))
        return True

    def replace(self, path: str, content: bytes) -> None:
        with reported_as(path), self._written_beside(path, content) as temporary:
            self._disk.rename(temporary, path)
            self._disk.sync(os.path.dirname(path))

    def read(self, path: str) -> bytes:
        return self._disk.read(path)

    def exists(self, path: str) -> bool:
        return self._disk.status(path) is not None

    def list(self, directory: str) -> Sequence[FileStatus]:
        try:
            return self._disk.list(directory)
        except FileNotFoundError:
            return ()

    def make_directory(self, path: str) -> None:
        with reported_as(path):
            make_durable_directories(self._disk, path)

    def rename(self, source: str, target: str) -> None:
        with reported_as(target):
            make_durable_directories(self._disk, os.path.dirname(target))
            self._disk.rename(source, target)
            self._disk.sync(os.path.dirname(target))

    def sync(self, path: str) -> None:
        with reported_as(path):
            self._disk.sync(path)

    def sync_tree(self, directory: str) -> None:
        if not self.exists(directory):
            return
        with reported_as(directory):
            for folder in (*directories_above(directory), *directories_below(self._disk, directory)):
                with suppress(PermissionError):
                    self._disk.sync(folder)

    def delete(self, path: str) -> None:
        status = self._disk.status(path)
        if status is None:
            return
        with reported_as(path), suppress(FileNotFoundError):
            if status.is_directory:
                remove_tree(self._disk, path)
            else:
                self._disk.unlink(path)

    @contextmanager
    def _written_beside(self, path: str, content: bytes) -> Iterator[str]:
        """A synced file with `content` in the directory of `path`, under a name that every log ignores.

        It does not outlive a failure.
        """
        directory, name = os.path.split(path)
        make_durable_directories(self._disk, directory)
        temporary = os.path.join(directory, f".{name}.{new_id()}.tmp")
        try:
            with self._disk.create(temporary) as file:
                file.write(content)
            self._disk.sync(temporary)
            yield temporary
        except OSError:
            with suppress(OSError):
                self._disk.unlink(temporary)
            raise


@contextmanager
def reported_as(path: str) -> Iterator[None]:
    """Names `path` in what the system refuses. Raises: SparkError UNBOUNDED_DISK_FULL; OSError with the file's name"""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise SparkError(ErrorKind.SPARK, "UNBOUNDED_DISK_FULL", {"path": path}) from error
        if error.errno is None or error.filename is not None:
            raise
        raise OSError(error.errno, os.strerror(error.errno), path) from error
