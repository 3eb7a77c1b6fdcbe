"""Time as an object: what the engine asks for the time, so that a test can say what time it is."""

from __future__ import annotations

import threading
import time
from typing import Protocol


class Clock(Protocol):
    """Both readings are microseconds; only `now_us` has a meaning outside this process."""

    def now_us(self) -> int:
        """Microseconds since 1970-01-01T00:00Z."""
        ...

    def monotonic_us(self) -> int:
        """For durations: never goes back."""
        ...


class SystemClock:
    def now_us(self) -> int:
        return time.time_ns() // 1000

    def monotonic_us(self) -> int:
        return time.monotonic_ns() // 1000


class Duration:
    """Adds up the time spent inside it (`with duration: …`), in microseconds."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._started_us = 0
        self.total_us = 0

    def __enter__(self) -> None:
        self._started_us = self._clock.monotonic_us()

    def __exit__(self, *_: object) -> None:
        self.total_us += self._clock.monotonic_us() - self._started_us


class ManualClock:
    """Stands still until `advance` is called."""

    def __init__(self, now_us: int = 0) -> None:
        self._lock = threading.Lock()
        self._now_us = now_us

    def now_us(self) -> int:
        return self._now_us

    def monotonic_us(self) -> int:
        return self._now_us

    def advance(self, microseconds: int) -> None:
        with self._lock:
            self._now_us += microseconds
