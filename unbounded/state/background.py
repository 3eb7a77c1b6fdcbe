"""Where work that a batch need not wait for is done: another thread, or (in tests) at once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Protocol


class Background(Protocol):
    """One task at a time."""

    @property
    def is_busy(self) -> bool: ...

    def run(self, task: Callable[[], None]) -> None:
        """Only if it is not busy."""
        ...

    def wait(self) -> None:
        """Until it is not busy. Raises: what the last task raised, once"""
        ...


class AtOnce:
    """Implements `Background` in the caller's thread."""

    is_busy = False

    def run(self, task: Callable[[], None]) -> None:
        task()

    def wait(self) -> None: ...


class InThread:
    """Implements `Background` with a thread that begins with the first task and ends with its owner."""

    def __init__(self, name: str) -> None:
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)
        self._task: Future[None] | None = None

    @property
    def is_busy(self) -> bool:
        return self._task is not None and not self._task.done()

    def run(self, task: Callable[[], None]) -> None:
        self.wait()
        self._task = self._executor.submit(task)

    def wait(self) -> None:
        task, self._task = self._task, None
        if task is not None:
            task.result()
