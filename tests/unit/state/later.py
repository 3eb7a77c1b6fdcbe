"""Work in the background that is done when a test says so."""

from __future__ import annotations

from collections.abc import Callable


class Later:
    """Implements `state.background.Background`."""

    def __init__(self) -> None:
        self._task: Callable[[], None] | None = None

    @property
    def is_busy(self) -> bool:
        return self._task is not None

    def run(self, task: Callable[[], None]) -> None:
        self.wait()
        self._task = task

    def wait(self) -> None:
        task, self._task = self._task, None
        if task is not None:
            task()
