"""Cancellation: a flag an operation carries, which engine work subscribes to. A leaf, no threads of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable


class Cancellation:
    """Set once by `cancel`; calls the interrupters registered so far, and at once those registered later."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._interrupters: list[Callable[[], None]] = []
        self._flag = threading.Event()

    @property
    def is_cancelled(self) -> bool:
        return self._flag.is_set()

    def wait(self, timeout_s: float) -> bool:
        """Lets the time pass, or less if it is cancelled meanwhile; then it answers True."""
        return self._flag.wait(timeout_s)

    def cancel(self) -> None:
        with self._lock:
            self._flag.set()
            interrupters = list(self._interrupters)
        for interrupt in interrupters:
            interrupt()

    def on_cancel(self, interrupt: Callable[[], None]) -> Callable[[], None]:
        """Registers `interrupt` and returns the call that takes it back."""
        with self._lock:
            self._interrupters.append(interrupt)
            is_late = self._flag.is_set()
        if is_late:
            interrupt()
        return lambda: self._remove(interrupt)

    def _remove(self, interrupt: Callable[[], None]) -> None:
        with self._lock:
            if interrupt in self._interrupters:
                self._interrupters.remove(interrupt)
