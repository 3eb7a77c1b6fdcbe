"""Frames: rendered once for all viewers, only when somebody looks, and a slow viewer skips some."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from unbounded.dashboard.frames import Broadcast, Topic


class Counter:
    """A topic whose frames are numbers."""

    def __init__(self) -> None:
        self.value = 0
        self.rendered = 0
        self.topic = Topic(lambda: self.value, self._render)

    def _render(self) -> str:
        self.rendered += 1
        return str(self.value)


async def _next(frames: AsyncIterator[str]) -> str:
    return await asyncio.wait_for(anext(frames), 5)


def test_a_slow_viewer_gets_the_newest_frame_and_not_those_between() -> None:
    async def look() -> list[str]:
        counter, broadcast = Counter(), Broadcast()
        slow, quick = broadcast.frames("n", counter.topic), broadcast.frames("n", counter.topic)
        seen = [await _next(slow), await _next(quick)]
        for value in range(1, 50):
            counter.value = value
            broadcast.render_changed()
            assert await _next(quick) == str(value)
        seen.append(await _next(slow))
        assert counter.rendered == 50
        return seen

    assert asyncio.run(look()) == ["0", "0", "49"]


def test_nothing_is_rendered_again_that_has_not_changed() -> None:
    async def look() -> int:
        counter, broadcast = Counter(), Broadcast()
        viewers = [broadcast.frames("n", counter.topic) for _ in range(10)]
        assert [await _next(viewer) for viewer in viewers] == ["0"] * 10
        broadcast.render_changed()
        return counter.rendered

    assert asyncio.run(look()) == 1


def test_nothing_is_rendered_when_nobody_looks() -> None:
    async def look() -> tuple[int, str]:
        counter, broadcast = Counter(), Broadcast()
        viewer = broadcast.frames("n", counter.topic)
        await _next(viewer)
        await viewer.aclose()  # type: ignore[attr-defined]
        counter.value = 7
        broadcast.render_changed()
        rendered = counter.rendered
        return rendered, await _next(broadcast.frames("n", counter.topic))

    assert asyncio.run(look()) == (1, "7")
