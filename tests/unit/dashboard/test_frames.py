"""Frames: rendered once for all viewers, only when somebody looks, and a slow viewer skips some."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from itertools import pairwise

from unbounded.clock import ManualClock
from unbounded.dashboard.frames import FRAME_INTERVAL_S, Broadcast, FrameCounts, Topic

INTERVAL_US = int(FRAME_INTERVAL_S * 1_000_000)


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
        clock, counter = ManualClock(), Counter()
        broadcast = Broadcast(clock)
        slow, quick = broadcast.frames("n", counter.topic), broadcast.frames("n", counter.topic)
        seen = [await _next(slow), await _next(quick)]
        for value in range(1, 50):
            counter.value = value
            clock.advance(INTERVAL_US)
            broadcast.render_changed()
            assert await _next(quick) == str(value)
        seen.append(await _next(slow))
        assert broadcast.counts == FrameCounts(rendered=50, taken=52, skipped=48)
        return seen

    assert asyncio.run(look()) == ["0", "0", "49"]


def test_nothing_is_rendered_again_that_has_not_changed() -> None:
    async def look() -> int:
        clock, counter = ManualClock(), Counter()
        broadcast = Broadcast(clock)
        viewers = [broadcast.frames("n", counter.topic) for _ in range(10)]
        assert [await _next(viewer) for viewer in viewers] == ["0"] * 10
        clock.advance(INTERVAL_US)
        broadcast.render_changed()
        return counter.rendered

    assert asyncio.run(look()) == 1


def test_nothing_is_rendered_when_nobody_looks() -> None:
    async def look() -> tuple[int, str]:
        clock, counter = ManualClock(), Counter()
        broadcast = Broadcast(clock)
        viewer = broadcast.frames("n", counter.topic)
        await _next(viewer)
        await viewer.aclose()  # type: ignore[attr-defined]
        counter.value = 7
        clock.advance(INTERVAL_US)
        broadcast.render_changed()
        rendered = counter.rendered
        return rendered, await _next(broadcast.frames("n", counter.topic))

    assert asyncio.run(look()) == (1, "7")


def test_there_are_ten_frames_a_second_and_no_more_whoever_comes_and_however_often_one_looks() -> None:
    async def look() -> list[str]:
        clock, counter = ManualClock(), Counter()
        broadcast = Broadcast(clock)
        viewer = broadcast.frames("n", counter.topic)
        seen = [await _next(viewer)]
        for millisecond in range(1, 1000):
            clock.advance(1000)
            counter.value = millisecond
            broadcast.render_changed()
            other = broadcast.frames("n", counter.topic)
            assert int(await _next(other)) == millisecond // 100 * 100
            await other.aclose()  # type: ignore[attr-defined]
            if not millisecond % 100:
                seen.append(await _next(viewer))
        assert counter.rendered == 10
        return seen

    assert asyncio.run(look()) == [str(100 * number) for number in range(10)]


def test_a_frame_that_takes_long_comes_less_often() -> None:
    async def look() -> list[int]:
        clock, counter = ManualClock(), Counter()
        broadcast, began_us = Broadcast(clock), []

        def render() -> str:
            began_us.append(clock.monotonic_us())
            clock.advance(20_000)
            return "slow"

        viewer = broadcast.frames("n", Topic(counter.topic.stamp, render))
        await _next(viewer)
        while clock.monotonic_us() < 1_300_000:
            clock.advance(INTERVAL_US)
            counter.value += 1
            broadcast.render_changed()
        return [later - earlier for earlier, later in pairwise(began_us)]

    pauses_us = asyncio.run(look())
    assert len(pauses_us) == 3
    assert set(pauses_us) == {420_000}
