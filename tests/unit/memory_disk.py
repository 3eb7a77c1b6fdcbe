"""A disk in memory that can fail at a chosen call, and that knows what is durable and what is not yet.

The content of a file is durable when the file is synced, a name when its directory is, exactly as POSIX promises and
no more. `LocalFileSystem` and the file sink run over it unchanged.
"""

from __future__ import annotations

import errno
import io
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum

import pyarrow as pa

from tests.unit.memory_files import PowerLost
from unbounded.storage.api import FileStatus


class Fault(Enum):
    """What happens at the chosen call, and what `restart` then finds."""

    KILLED = "killed"
    """The process ends; the system still has everything it did."""
    UNSYNCED_LOST = "unsynced lost"
    """Power is lost, and with it everything that was not synced."""
    TORN = "torn"
    """Power is lost while the content of unsynced files is on its way: names are there, contents are cut."""
    DISK_FULL = "disk full"
    """The call fails, and every later one that needs space, until `restart`. What only deletes fails once."""


@dataclass(eq=False)
class _File:
    content: bytes = b""
    durable: bytes = b""


@dataclass(eq=False)
class _Directory:
    entries: dict[str, _File | _Directory] = field(default_factory=dict)
    durable: dict[str, _File | _Directory] = field(default_factory=dict)


class MemoryDisk:
    """Implements `storage.disk.Disk`; fails as `fail_after` says.

    `calls_left`: how many calls that change something still work (None: all).
    """

    def __init__(self, fault: Fault = Fault.KILLED, calls_left: int | None = None) -> None:
        self.call_count = 0
        self._root = _Directory()
        self._is_off = False
        self.fail_after(calls_left, fault)

    def fail_after(self, calls_left: int | None, fault: Fault) -> None:
        self.calls_left = calls_left
        self._fault = fault
        self._has_failed = False

    # ------------------------------------------------------------------------------------------ calls

    def create(self, path: str) -> pa.NativeFile:
        parent, name = self._parent(path)
        self._call()
        file = parent.entries[name] = _File()
        return pa.PythonFile(_Writer(self, file), "w")

    def write(self, file: _File, content: bytes) -> None:
        try:
            self._call()
        except PowerLost:
            if self._fault is Fault.TORN:
                file.content += content
            raise
        file.content += content

    def sync(self, path: str) -> None:
        node = self._node(path)
        self._call()
        if isinstance(node, _File):
            node.durable = node.content
        else:
            node.durable = dict(node.entries)

    def link(self, source: str, target: str) -> None:
        node = self._node(source)
        parent, name = self._parent(target)
        if name in parent.entries:
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), target)
        self._call()
        parent.entries[name] = node

    def rename(self, source: str, target: str) -> None:
        node = self._node(source)
        parent, name = self._parent(target)
        self._call()
        self._remove(source)
        parent.entries[name] = node

    def unlink(self, path: str) -> None:
        assert isinstance(self._node(path), _File)
        self._call(needs_space=False)
        self._remove(path)

    def make_directory(self, path: str) -> None:
        parent, name = self._parent(path)
        if name in parent.entries:
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), path)
        self._call()
        parent.entries[name] = _Directory()

    def remove_directory(self, path: str) -> None:
        if self._directory(path).entries:
            raise OSError(errno.ENOTEMPTY, os.strerror(errno.ENOTEMPTY), path)
        self._call(needs_space=False)
        self._remove(path)

    def read(self, path: str) -> bytes:
        node = self._node(path)
        assert isinstance(node, _File)
        return node.content

    def status(self, path: str) -> FileStatus | None:
        try:
            return _status(path, self._node(path))
        except FileNotFoundError:
            return None

    def list(self, directory: str) -> Sequence[FileStatus]:
        entries = sorted(self._directory(directory).entries.items())
        return [_status(f"{directory.rstrip('/')}/{name}", node) for name, node in entries]

    # ------------------------------------------------------------------------------------------ faults

    def restart(self) -> None:
        """Power is back, or space; from now on every call works."""
        self.calls_left, self._is_off = None, False
        if self._fault in (Fault.UNSYNCED_LOST, Fault.TORN):
            self._settle(self._root)

    def damage(self, path: str, content: bytes) -> None:
        """Puts `content` in the place of what a file has."""
        node = self._node(path)
        assert isinstance(node, _File)
        node.content = node.durable = content

    def _call(self, *, needs_space: bool = True) -> None:
        if self._is_off:
            raise PowerLost
        if self.calls_left != 0:
            self.calls_left = None if self.calls_left is None else self.calls_left - 1
            self.call_count += 1
        elif self._fault is not Fault.DISK_FULL:
            self._is_off = True
            raise PowerLost
        elif needs_space:
            self._has_failed = True
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        elif not self._has_failed:
            self._has_failed = True
            raise OSError(errno.EIO, os.strerror(errno.EIO))

    def _settle(self, node: _File | _Directory) -> None:
        """Makes everything below `node` what the fault has left of it."""
        if isinstance(node, _File):
            kept = len(node.durable)
            if self._fault is Fault.TORN:
                kept += (len(node.content) - kept) // 2
            node.content = node.durable = node.content[:kept]
            return
        if self._fault is Fault.UNSYNCED_LOST:
            node.entries = dict(node.durable)
        node.durable = dict(node.entries)
        for entry in node.entries.values():
            self._settle(entry)

    # ------------------------------------------------------------------------------------------ names

    def _node(self, path: str) -> _File | _Directory:
        node: _File | _Directory = self._root
        for name in filter(None, path.split("/")):
            if not isinstance(node, _Directory) or name not in node.entries:
                raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
            node = node.entries[name]
        return node

    def _directory(self, path: str) -> _Directory:
        node = self._node(path)
        assert isinstance(node, _Directory)
        return node

    def _parent(self, path: str) -> tuple[_Directory, str]:
        directory, _, name = path.rpartition("/")
        return self._directory(directory), name

    def _remove(self, path: str) -> None:
        parent, name = self._parent(path)
        del parent.entries[name]


class _Writer(io.RawIOBase):
    def __init__(self, disk: MemoryDisk, file: _File) -> None:
        super().__init__()
        self._disk = disk
        self._file = file

    def writable(self) -> bool:
        return True

    def write(self, content: object) -> int:
        taken = bytes(content)  # type: ignore[call-overload]
        self._disk.write(self._file, taken)
        return len(taken)


def _status(path: str, node: _File | _Directory) -> FileStatus:
    is_directory = isinstance(node, _Directory)
    return FileStatus(path, 0 if isinstance(node, _Directory) else len(node.content), 0, is_directory)
