"""The numbered responses of one operation, kept until its client releases them. Knows sizes, not contents.

Positions count from 1. Memory is bounded twice: the producer waits in `append` while more than `ahead_bytes_max` are
unsent, and of what has been sent at most `kept_bytes_max` stay for a client that comes back.
"""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass
from typing import Generic, TypeVar

Item = TypeVar("Item")


class BufferClosed(Exception):
    """Nobody will read this buffer any more: the producer shall stop."""


class PositionNotAvailable(Exception):
    """The responses after this position have been released or dropped."""


@dataclass(frozen=True, slots=True)
class Entry(Generic[Item]):
    position: int
    item: Item
    size_bytes: int


@dataclass(frozen=True, slots=True)
class End:
    """There is nothing after the last entry; `error` says why if the operation failed."""

    error: BaseException | None


class ResponseBuffer(Generic[Item]):
    """One producer appends; one reader at a time reads, from any position not yet released."""

    def __init__(self, *, ahead_bytes_max: int, kept_bytes_max: int) -> None:
        self._ahead_bytes_max = ahead_bytes_max
        self._kept_bytes_max = kept_bytes_max
        self._changed = threading.Condition()
        self._entries: deque[Entry[Item]] = deque()
        self._first_position = 1
        self._sent_position = 0
        self._unsent_bytes = 0
        self._sent_bytes = 0
        self._end: End | None = None
        self._is_closed = False

    # ------------------------------------------------------------------------------------------ producer

    def append(self, item: Item, size_bytes: int) -> None:
        """Waits while the reader is far behind; an item of any size fits an empty buffer. Raises BufferClosed."""
        with self._changed:
            self._changed.wait_for(lambda: self._is_closed or self._has_room(size_bytes))
            if self._is_closed:
                raise BufferClosed
            self._add(item, size_bytes)

    def try_append(self, item: Item, size_bytes: int) -> None:
        """Appends if there is room now and the end has not been reached; else does nothing."""
        with self._changed:
            if not self._is_closed and self._end is None and self._has_room(size_bytes):
                self._add(item, size_bytes)

    def finish(self, error: BaseException | None = None) -> None:
        """Sets the end once; what is buffered stays readable before it."""
        with self._changed:
            self._end = self._end or End(error)
            self._changed.notify_all()

    def interrupt(self, error: BaseException) -> None:
        """Drops what is unsent and ends with `error` now; the producer's next `append` raises BufferClosed."""
        with self._changed:
            self._is_closed = True
            if self._end is None:
                self._drop_unsent()
                self._end = End(error)
            self._changed.notify_all()

    # ------------------------------------------------------------------------------------------ reader

    @property
    def last_position(self) -> int:
        """Position of the newest entry, 0 if there was none."""
        with self._changed:
            return self._next_position - 1

    def read(self, after: int, timeout_s: float) -> Entry[Item] | End | None:
        """The entry after position `after`, or the end; None if neither comes in time or `wake` was called.

        Raises PositionNotAvailable if that entry has been released.
        """
        with self._changed:
            if not self._is_readable(after):
                self._changed.wait(timeout_s)
            if not self._is_readable(after):
                return None
            if after + 1 < self._first_position:
                raise PositionNotAvailable
            if after + 1 >= self._next_position:
                return self._end
            return self._entries[after + 1 - self._first_position]

    def mark_sent(self, position: int) -> None:
        """Counts the entries up to `position` as sent, which makes room, and drops the oldest kept ones."""
        with self._changed:
            for index in range(self._sent_position + 1, min(position, self._next_position - 1) + 1):
                size_bytes = self._entries[index - self._first_position].size_bytes
                self._unsent_bytes -= size_bytes
                self._sent_bytes += size_bytes
                self._sent_position = index
            while self._sent_bytes > self._kept_bytes_max:
                self._drop_first()
            self._changed.notify_all()

    def release(self, position: int) -> None:
        """Drops the entries up to `position`; positions that are gone are fine."""
        self.mark_sent(position)
        with self._changed:
            while self._first_position <= min(position, self._sent_position):
                self._drop_first()

    def wake(self) -> None:
        """Makes a waiting `read` return."""
        with self._changed:
            self._changed.notify_all()

    # ------------------------------------------------------------------------------------------ with the lock held

    @property
    def _next_position(self) -> int:
        return self._first_position + len(self._entries)

    def _has_room(self, size_bytes: int) -> bool:
        return self._unsent_bytes == 0 or self._unsent_bytes + size_bytes <= self._ahead_bytes_max

    def _is_readable(self, after: int) -> bool:
        return after + 1 < self._next_position or self._end is not None

    def _add(self, item: Item, size_bytes: int) -> None:
        self._entries.append(Entry(self._next_position, item, size_bytes))
        self._unsent_bytes += size_bytes
        self._changed.notify_all()

    def _drop_first(self) -> None:
        entry = self._entries.popleft()
        self._first_position = entry.position + 1
        self._sent_bytes -= entry.size_bytes

    def _drop_unsent(self) -> None:
        while self._entries and self._entries[-1].position > self._sent_position:
            self._unsent_bytes -= self._entries.pop().size_bytes
