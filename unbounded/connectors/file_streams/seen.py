"""Which files a file source has taken already. Files much older than the newest one are forgotten, and never taken."""

from __future__ import annotations

import os

from unbounded.connectors.files.listing import DataFile


class SeenFiles:
    """`age_max_ms`: counted from the newest file seen, not from now."""

    def __init__(self, age_max_ms: int, *, is_file_name_only: bool) -> None:
        self._age_max_ms = age_max_ms
        self._is_file_name_only = is_file_name_only
        self._times_ms: dict[str, int] = {}
        self._newest_ms = 0
        self._oldest_ms = 0

    def add(self, path: str, modified_ms: int) -> None:
        self._times_ms[self._key(path)] = modified_ms
        self._newest_ms = max(self._newest_ms, modified_ms)

    def is_new(self, file: DataFile) -> bool:
        return file.modified_ms >= self._oldest_ms and self._key(file.path) not in self._times_ms

    def forget_old(self) -> None:
        """Moves the age limit on to what was added since."""
        oldest_ms = self._newest_ms - self._age_max_ms
        if oldest_ms > self._oldest_ms:
            self._times_ms = {key: time_ms for key, time_ms in self._times_ms.items() if time_ms >= oldest_ms}
        self._oldest_ms = oldest_ms

    def _key(self, path: str) -> str:
        return os.path.basename(path) if self._is_file_name_only else path
