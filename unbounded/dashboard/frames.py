"""Frames for many viewers: rendered once, at most every 100 ms and only if somebody looks; who is slow misses some."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

FRAME_INTERVAL_S = 0.1

_logger = logging.getLogger("unbounded.dashboard")


@dataclass(frozen=True, slots=True)
class Topic:
    """What can be looked at. `stamp` changes when a new frame is worth rendering; `render` gives it as JSON."""

    stamp: Callable[[], object]
    render: Callable[[], str]


class LatestFrame:
    """The newest frame and its number. A viewer asks for one after the number it has seen, and gets the newest."""

    def __init__(self) -> None:
        self._frame = ""
        self._number = 0
        self._changed = asyncio.Event()

    def publish(self, frame: str) -> None:
        self._frame = frame
        self._number += 1
        self._changed.set()
        self._changed = asyncio.Event()

    async def after(self, number: int) -> tuple[int, str]:
        """Waits for a frame with a higher number than `number`."""
        while self._number <= number:
            await self._changed.wait()
        return self._number, self._frame


@dataclass(slots=True)
class _Watched:
    topic: Topic
    viewers: int = 0
    stamp: object = None
    frame: LatestFrame = field(default_factory=LatestFrame)


class Broadcast:
    """Topics with viewers, by name. Used inside one event loop."""

    def __init__(self) -> None:
        self._watched: dict[str, _Watched] = {}

    async def frames(self, name: str, topic: Topic) -> AsyncIterator[str]:
        """The frames of a topic, the present one first, skipping those that come while the last is being sent."""
        watched = self._watched.setdefault(name, _Watched(topic))
        watched.viewers += 1
        number = 0
        try:
            self._render(watched)
            while True:
                number, frame = await watched.frame.after(number)
                yield frame
        finally:
            watched.viewers -= 1
            if not watched.viewers:
                self._watched.pop(name, None)

    def render_changed(self) -> None:
        """A new frame for every topic that has changed; to be called every `FRAME_INTERVAL_S`."""
        for watched in tuple(self._watched.values()):
            try:
                self._render(watched)
            except Exception:  # one topic that fails shall not hold up the others
                _logger.exception("A frame of the monitoring page could not be made.")

    def _render(self, watched: _Watched) -> None:
        stamp = watched.topic.stamp()
        if stamp != watched.stamp:
            watched.stamp = stamp
            watched.frame.publish(watched.topic.render())
