"""A log that only grows, in Spark's format: every tenth entry is `N.compact` and repeats all lines so far.

The file source and the file sink keep one. Reading everything takes the last compact entry and those after it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from unbounded.checkpoint.logs import BatchLog, unreadable
from unbounded.clock import Clock
from unbounded.storage.api import FileSystem

_SUFFIX = ".compact"
_ATTEMPTS_MAX = 5


@dataclass(frozen=True, slots=True)
class LogSettings:
    """Entries before the compact one that still leaves `retained_batches` go, once they are `cleanup_delay_ms` old."""

    compact_interval: int = 10
    deletes: bool = True
    cleanup_delay_ms: int = 600_000
    retained_batches: int = 100


def _all_lines(line: str) -> bool:
    return True


class CompactibleLog(BatchLog):
    """`keeps` says which lines a compact entry takes over, and which count when everything is read."""

    def __init__(
        self,
        files: FileSystem,
        directory: str,
        clock: Clock,
        settings: LogSettings,
        keeps: Callable[[str], bool] = _all_lines,
    ) -> None:
        super().__init__(files, directory)
        self._clock = clock
        self._settings = settings
        self._keeps = keeps
        self._interval = self._find_interval()

    def add(self, batch_id: int, lines: Sequence[str]) -> None:
        if self._is_compact(batch_id):
            before = range(max(0, batch_id - self._interval), batch_id)
            lines = [line for line in (*self._lines_of(before), *lines) if self._keeps(line)]
        super().add(batch_id, lines)
        if self._settings.deletes:
            self._delete_expired(batch_id)

    def read(self, batch_id: int) -> list[str]:
        """The lines of one entry, each an object of JSON. Raises: SparkError if one is cut"""
        lines = super().read(batch_id)
        if any(line and not (line[0] == "{" and line[-1] == "}") for line in lines):
            raise unreadable(self._path(batch_id))
        return lines

    def read_all(self) -> list[str]:
        """Every line that counts, oldest first. A writer that deletes old entries meanwhile does no harm.

        Raises: FileNotFoundError for a log with a gap
        """
        for _ in range(_ATTEMPTS_MAX - 1):
            try:
                return self._read_all()
            except FileNotFoundError:
                continue
        return self._read_all()

    def _read_all(self) -> list[str]:
        latest = self.latest()
        if latest is None:
            return []
        start = max(0, (latest + 1) // self._interval * self._interval - 1)
        return [line for line in self._lines_of(range(start, latest + 1)) if self._keeps(line)]

    def _lines_of(self, batch_ids: range) -> list[str]:
        return [line for batch_id in batch_ids for line in self.read(batch_id) if line]

    def batch_ids(self) -> list[int]:
        """All entries in order, compact ones too; an id has one file."""
        names = (status.path.rsplit("/", 1)[-1] for status in self._files.list(self.directory))
        return sorted({int(name) for name in (n.removesuffix(_SUFFIX) for n in names) if name.isdigit()})

    def _path(self, batch_id: int) -> str:
        return f"{self.directory}/{batch_id}{_SUFFIX if self._is_compact(batch_id) else ''}"

    def _is_compact(self, batch_id: int) -> bool:
        return (batch_id + 1) % self._interval == 0

    def _find_interval(self) -> int:
        """The interval of an existing log stays, whatever the setting is now."""
        names = (status.path.rsplit("/", 1)[-1] for status in self._files.list(self.directory))
        compact = sorted(int(n.removesuffix(_SUFFIX)) for n in names if n.endswith(_SUFFIX) and n[0].isdigit())
        if len(compact) >= 2:
            return compact[-1] - compact[-2]
        wanted = self._settings.compact_interval
        return fitting_interval(wanted, compact[0]) if compact else wanted

    def _delete_expired(self, batch_id: int) -> None:
        oldest = batch_id + 1 - self._settings.retained_batches
        if self._interval > oldest:
            return
        first_kept = oldest - oldest % self._interval - 1
        expired_ms = self._clock.now_us() // 1000 - self._settings.cleanup_delay_ms
        for status in self._files.list(self.directory):
            name = status.path.rsplit("/", 1)[-1].removesuffix(_SUFFIX)
            if name.isdigit() and int(name) < first_kept and status.modified_ms <= expired_ms:
                self._files.delete(status.path)


def fitting_interval(wanted: int, compact_id: int) -> int:
    """The interval of a log whose only compact entry is `compact_id`: a divisor of its count, near `wanted`."""
    count = compact_id + 1
    if count <= wanted or wanted >= count // 2:
        return count
    return next((n for n in range(wanted, count // 2 + 1) if count % n == 0), count)
