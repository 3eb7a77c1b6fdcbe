"""When a file source lists its folders: as soon as they have changed, and now and then in case a change went unseen."""

from __future__ import annotations

import threading

from unbounded.clock import Clock
from unbounded.connectors.files.listing import watched_folders
from unbounded.storage.folder_watch import FolderWatch, open_watch

_RECHECK_US = 1_000_000
"""With a watch: for folders whose changes the system does not report (network file systems)."""
_POLL_US = 50_000
"""Without a watch."""
_IDLE_PER_LISTING = 20
"""Listings that find nothing take no more than a twentieth of the time."""


class Lookout:
    """For one path or glob. Used by one thread."""

    def __init__(self, path: str, clock: Clock) -> None:
        self._path = path
        self._clock = clock
        self._watch: FolderWatch | None = open_watch(clock)
        self._is_due = True
        self._due_us = 0
        self._never = threading.Event()

    def is_due(self) -> bool:
        """Whether it is time to list."""
        has_changed = self._take_change()
        is_due = has_changed or self._is_due or self._clock.monotonic_us() >= self._due_us
        self._is_due = False
        return is_due

    def list_again(self) -> None:
        """The next look is due at once."""
        self._is_due = True

    def listed(self, started_us: int) -> None:
        """A listing that began at `started_us` (monotonic) is over."""
        now_us = self._clock.monotonic_us()
        shortest_us = _POLL_US if self._watch is None else _RECHECK_US
        self._due_us = now_us + max(shortest_us, (now_us - started_us) * _IDLE_PER_LISTING)

    def is_unfinished(self, path: str) -> bool:
        return self._watch is not None and self._watch.is_unfinished(path)

    def wait(self, timeout_us: int) -> bool:
        """Returns when it is time to list (True) or after `timeout_us` (False)."""
        left_us = min(timeout_us, max(self._due_us - self._clock.monotonic_us(), 0))
        if self._is_due:
            return True
        if self._watch is not None:
            return self._watch.wait(left_us) or left_us < timeout_us
        self._never.wait(left_us / 1e6)
        return left_us < timeout_us

    def close(self) -> None:
        if self._watch is not None:
            self._watch.close()
            self._watch = None

    def _take_change(self) -> bool:
        watch = self._watch
        if watch is None:
            return False
        has_changed = watch.take_change()
        if watch.has_new_folders and not watch.follow(watched_folders(self._path)):
            self.close()
        return has_changed
