"""Waits for changes in folders of the local disk (Linux: inotify), so that nobody has to list them all the time.

A file that is still being written is known as unfinished until its writer closes it, moves it away or has held it open
for long. (A file that is created and opened is being written; one that is only created is a link to a finished file.)
"""

from __future__ import annotations

import ctypes
import errno
import os
import select
import struct
import sys
from collections.abc import Callable, Iterable

from unbounded.clock import Clock

UNFINISHED_MAX_US = 10_000_000
"""How long a new file counts as unfinished while its writer keeps it open."""

_CLOSE_WRITE, _OPEN, _MOVED_FROM, _MOVED_TO, _CREATE, _DELETE = 0x8, 0x20, 0x40, 0x80, 0x100, 0x200
_OVERFLOW, _IGNORED, _ONLY_FOLDERS, _IS_FOLDER = 0x4000, 0x8000, 0x0100_0000, 0x4000_0000
_WATCHED = _CLOSE_WRITE | _OPEN | _MOVED_FROM | _MOVED_TO | _CREATE | _DELETE | _ONLY_FOLDERS
_EVENT = struct.Struct("iIII")
_READ_BYTES = 1 << 16
_OPEN_AFTER_CREATE_S = 0.001


class FolderWatch:
    """Used by one thread. Made by `open_watch`."""

    def __init__(self, descriptor: int, add: Callable[[int, bytes, int], int], clock: Clock) -> None:
        self._descriptor = descriptor
        self._add = add
        self._clock = clock
        self._folders: dict[int, str] = {}
        self._unfinished: dict[str, int] = {}
        self._created: str | None = None
        self._has_changed = True
        self.has_new_folders = True

    def follow(self, folders: Iterable[str]) -> bool:
        """Watches `folders` too; False if the system has no more watches to give."""
        self.has_new_folders = False
        for folder in folders:
            watch = self._add(self._descriptor, os.fsencode(folder), _WATCHED)
            if watch >= 0:
                self._folders[watch] = folder
            elif ctypes.get_errno() not in (errno.ENOENT, errno.ENOTDIR, errno.EACCES):
                return False
        return True

    def take_change(self) -> bool:
        """Whether a finished file or a folder has come since the last call."""
        while self._is_readable(0 if self._created is None else _OPEN_AFTER_CREATE_S):
            self._handle(os.read(self._descriptor, _READ_BYTES))
        self._finish_created()
        before_us = self._clock.monotonic_us() - UNFINISHED_MAX_US
        for path in [path for path, since_us in self._unfinished.items() if since_us <= before_us]:
            self._finish(path)
        has_changed, self._has_changed = self._has_changed, False
        return has_changed

    def is_unfinished(self, path: str) -> bool:
        return path in self._unfinished

    def wait(self, timeout_us: int) -> bool:
        """Returns when something has happened (True) or after `timeout_us` (False)."""
        return self._has_changed or self._is_readable(timeout_us / 1e6)

    def close(self) -> None:
        os.close(self._descriptor)

    def _is_readable(self, timeout_s: float) -> bool:
        return bool(select.select([self._descriptor], [], [], timeout_s)[0])

    def _handle(self, events: bytes) -> None:
        position = 0
        while position < len(events):
            watch, mask, _, length = _EVENT.unpack_from(events, position)
            name = events[position + _EVENT.size : position + _EVENT.size + length].rstrip(b"\0")
            position += _EVENT.size + length
            if mask & _OVERFLOW:
                self._has_changed = self.has_new_folders = True
                self._unfinished.clear()
            elif mask & _IGNORED:
                self._folders.pop(watch, None)
                self._has_changed = self.has_new_folders = True
            elif watch in self._folders and not name.startswith(b"."):
                self._handle_one(os.path.join(self._folders[watch], os.fsdecode(name)), mask)

    def _handle_one(self, path: str, mask: int) -> None:
        if mask & _OPEN:
            if path == self._created:
                self._unfinished[path] = self._clock.monotonic_us()
                self._created = None
            return
        self._finish_created()
        if mask & _IS_FOLDER:
            if mask & (_CREATE | _MOVED_TO):
                self._has_changed = self.has_new_folders = True
        elif mask & _CREATE:
            self._created = path
        elif mask & (_CLOSE_WRITE | _MOVED_TO):
            self._finish(path)
        else:
            self._unfinished.pop(path, None)

    def _finish_created(self) -> None:
        if self._created is not None:
            self._finish(self._created)
            self._created = None

    def _finish(self, path: str) -> None:
        self._unfinished.pop(path, None)
        self._has_changed = True


def open_watch(clock: Clock) -> FolderWatch | None:
    """None where the system cannot watch folders, or has no more watches to give."""
    if sys.platform != "linux":
        return None
    library = ctypes.CDLL(None, use_errno=True)
    descriptor = library.inotify_init1(os.O_CLOEXEC | os.O_NONBLOCK)
    return FolderWatch(descriptor, library.inotify_add_watch, clock) if descriptor >= 0 else None
