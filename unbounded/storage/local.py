"""The local disk as a FileSystem. A put is: write beside, sync, link or rename into place, sync the directory."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from unbounded.ids import new_id
from unbounded.storage.api import FileStatus


class LocalFileSystem:
    """Implements `storage.api.FileSystem`."""

    def put_if_absent(self, path: str, content: bytes) -> bool:
        temporary = self._write_beside(path, content)
        try:
            os.link(temporary, path)
        except FileExistsError:
            return False
        finally:
            os.unlink(temporary)
        self.sync(os.path.dirname(path))
        return True

    def replace(self, path: str, content: bytes) -> None:
        os.replace(self._write_beside(path, content), path)
        self.sync(os.path.dirname(path))

    def read(self, path: str) -> bytes:
        return Path(path).read_bytes()

    def exists(self, path: str) -> bool:
        return os.path.exists(path)

    def list(self, directory: str) -> Sequence[FileStatus]:
        try:
            with os.scandir(directory) as entries:
                return sorted((_status(entry) for entry in entries), key=lambda status: status.path)
        except FileNotFoundError:
            return ()

    def make_directory(self, path: str) -> None:
        os.makedirs(path, exist_ok=True)

    def rename(self, source: str, target: str) -> None:
        os.makedirs(os.path.dirname(target), exist_ok=True)
        os.replace(source, target)
        self.sync(os.path.dirname(target))

    def sync(self, path: str) -> None:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def delete(self, path: str) -> None:
        if os.path.isdir(path) and not os.path.islink(path):
            shutil.rmtree(path, ignore_errors=True)
        else:
            Path(path).unlink(missing_ok=True)

    def _write_beside(self, path: str, content: bytes) -> str:
        """A synced file with `content` in the directory of `path`, under a name that every log ignores."""
        directory, name = os.path.split(path)
        os.makedirs(directory, exist_ok=True)
        temporary = os.path.join(directory, f".{name}.{new_id()}.tmp")
        with open(temporary, "xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        return temporary


def _status(entry: os.DirEntry[str]) -> FileStatus:
    found = entry.stat()
    return FileStatus(entry.path, found.st_size, found.st_mtime_ns // 1_000_000, entry.is_dir())
