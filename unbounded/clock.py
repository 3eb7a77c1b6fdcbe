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
