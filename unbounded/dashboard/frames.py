"""Frames for many viewers: rendered once, at most every 100 ms and only if somebody looks; who is slow misses some."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

from unbounded.clock import Clock

FRAME_INTERVAL_S = 0.1
RENDER_SHARE_MAX = 0.05
"""Of the time, for one topic: a frame that takes long to render comes less often, so that a query has the processor."""

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
        self.number = 0
        self._changed = asyncio.Event()

    def publish(self, frame: str) -> None:
        self._frame = frame
        self.number += 1
        self._changed.set()
        self._changed = asyncio.Event()

    async def after(self, number: int) -> tuple[int, str]:
        """Waits for a frame with a higher number than `number`."""
        while self.number <= number:
            await self._changed.wait()
        return self.number, self._frame


@dataclass(slots=True)
class _Watched:
    topic: Topic
    viewers: int = 0
    stamp: object = None
    due_us: int = 0
    frame: LatestFrame = field(default_factory=LatestFrame)


@dataclass(slots=True)
class FrameCounts:
    """Of all topics since the start. `skipped`: those between two that a viewer has `taken`."""

    rendered: int = 0
    taken: int = 0
    skipped: int = 0


class Broadcast:
    """Topics with viewers, by name. Used inside one event loop.

    No viewer is waited for: there is one frame per topic, which a newer one replaces, whoever has not taken it yet.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._watched: dict[str, _Watched] = {}
        self.counts = FrameCounts()

    async def frames(self, name: str, topic: Topic) -> AsyncIterator[str]:
        """The frames of a topic, the present one first, skipping those that come while the last is being sent."""
        watched = self._watched.setdefault(name, _Watched(topic))
        watched.viewers += 1
        try:
            self._render(watched)
            number = max(watched.frame.number - 1, 0)
            while True:
                seen, (number, frame) = number, await watched.frame.after(number)
                self.counts.taken += 1
                self.counts.skipped += number - seen - 1
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
        """Unless the last frame is too young: somebody who begins to look hurries nothing."""
        started_us = self._clock.monotonic_us()
        if watched.frame.number and started_us < watched.due_us:
            return
        stamp = watched.topic.stamp()
        if stamp != watched.stamp:
            watched.stamp = stamp
            watched.frame.publish(watched.topic.render())
            taken_us = self._clock.monotonic_us() - started_us
            watched.due_us = started_us + int(max(FRAME_INTERVAL_S * 1e6, taken_us / RENDER_SHARE_MAX))
            self.counts.rendered += 1
