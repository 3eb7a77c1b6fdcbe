"""Frames over real sockets to many viewers at once: who is slow misses some, and neither others nor the query wait.

Time is a clock that the test moves; how fast it all is, `unbounded bench dashboard` measures.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pyarrow as pa
import pytest
from websockets.asyncio.client import ClientConnection, connect

from tests.unit.dashboard.page import Page
from unbounded.cancellation import Cancellation
from unbounded.connectors.dashboard import DashboardSink
from unbounded.connectors.streams import OutputMode
from unbounded.dashboard.access import AccessRules
from unbounded.dashboard.frames import FRAME_INTERVAL_S

VIEWERS = 10
STEPS = 20
BATCHES_PER_STEP = 5
LAST = STEPS * BATCHES_PER_STEP
WIDE = 2_000_000
"""Characters of a row: no socket takes in many such frames."""
ANSWER_S = 10


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Page]:
    """Of a query that has counted one click and ended."""
    page = Page(AccessRules("127.0.0.1"))
    page.watch_counts(tmp_path, "a 00:01").await_termination(Cancellation(), timeout_us=None)
    yield page
    page.monitor.close()


def test_ten_viewers_see_every_frame_and_one_who_does_not_read_misses_some(page: Page) -> None:
    quick, slow = asyncio.run(look(page))
    steps = [batch_id for batch_id in range(LAST + 1) if batch_id % BATCHES_PER_STEP == 0]
    assert quick == [steps[1:]] * VIEWERS
    assert (slow, slow[-1]) == (sorted(set(slow)), LAST)
    counts = page.frame_counts
    assert counts.rendered == STEPS + 1
    assert (counts.taken, counts.skipped) == (VIEWERS * len(steps) + len(slow), len(steps) - len(slow))
    assert counts.skipped > 0


async def look(page: Page) -> tuple[list[list[int]], list[int]]:
    """What each of the ten has seen after its first frame, and all that the slow one finds when it reads at last."""
    async with AsyncExitStack() as open_sockets:
        address = f"ws://{page.address}/ws/q"
        slow = await open_sockets.enter_async_context(connect(address, max_size=None, max_queue=1))
        quick = [await open_sockets.enter_async_context(connect(address, max_size=None)) for _ in range(VIEWERS)]
        await asyncio.gather(*(newest(viewer) for viewer in quick))
        seen: list[list[int]] = [[] for _ in quick]
        for step in range(STEPS):
            write_batches(page, step)
            page.clock.advance(int(FRAME_INTERVAL_S * 1_000_000))
            for numbers, number in zip(seen, await asyncio.gather(*map(newest, quick)), strict=True):
                numbers.append(number)
        found = [await newest(slow)]
        while found[-1] != LAST:
            found.append(await newest(slow))
    return seen, found


def write_batches(page: Page, step: int) -> None:
    """As the query does. It returns although a viewer has not read for long."""
    record = page.monitor.find("q")
    assert record is not None
    assert isinstance(record.run.sink, DashboardSink)
    schema = pa.schema([pa.field("user", pa.string()), pa.field("n", pa.int64(), nullable=False)])
    for batch_id in range(step * BATCHES_PER_STEP + 1, (step + 1) * BATCHES_PER_STEP + 1):
        rows = pa.table([["x" * WIDE], [batch_id]], schema=schema)
        record.run.sink.write(batch_id, rows, OutputMode.UPDATE)


async def newest(viewer: ClientConnection) -> int:
    """The number in the last row of the next frame; 0 of the query's own batch."""
    frame = json.loads(await asyncio.wait_for(viewer.recv(), ANSWER_S))
    return int(frame["data"][1][-1]) if frame["batch"] > 1 else 0
