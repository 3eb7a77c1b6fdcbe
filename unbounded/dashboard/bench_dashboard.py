"""`unbounded bench dashboard`: whether a query is slower while ten people look at it.

The engine is a process of its own, as under `unbounded run`; the viewers are sockets of this one. They want every
frame, as a browser does, but draw nothing: on the engine's machine a browser would need processor time of its own.
"""

from __future__ import annotations

import asyncio
import json
import socket
import statistics
import sys
import urllib.request
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

from pyspark.sql import SparkSession
from pyspark.sql.functions import avg, window
from pyspark.sql.streaming.query import StreamingQuery
from websockets.asyncio.client import ClientConnection, connect

from unbounded.clock import Clock, SystemClock
from unbounded.embed.notebook import local_session

NAME = "bench"
SERIES_COUNT = 50
WARM_UP_S = 3.0
ASKED_EVERY_S = 0.1
_HOST = "127.0.0.1"
_ANSWER_S = 10.0


@dataclass(slots=True)
class Round:
    """`frames`: over all sockets."""

    rows_per_second: float
    seconds: float
    frames: int


@dataclass(slots=True)
class _Rounds:
    """Pairs of rounds, without viewers and with them."""

    alone: list[Round] = field(default_factory=list)
    watched: list[Round] = field(default_factory=list)

    @property
    def ratios(self) -> list[float]:
        pairs = zip(self.alone, self.watched, strict=True)
        return [watched.rows_per_second / alone.rows_per_second for alone, watched in pairs]


def measure_dashboard(viewer_count: int, batch_rows: int, round_count: int, seconds: float) -> int:
    """Prints the rows a second of each round, and of each pair the ratio. The exit code of the command.

    Every viewer has two sockets, as a page that shows results: all queries, and the result of one. Which of a pair
    comes first alternates, so that a machine that becomes slower makes neither look better.
    """
    port = _free_port()
    spark = local_session({"unbounded.ui.enabled": "true", "unbounded.ui.port": str(port)})
    query = _start(spark, batch_rows)
    clock, rounds = SystemClock(), _Rounds()
    _print(f"{batch_rows:,} rows a batch into averages of {SERIES_COUNT} series by minute; {viewer_count} viewers")
    _print(f"{'rows/s alone':>14} {'watched':>14} {'ratio':>6} {'frames/s':>9}")
    try:
        asyncio.run(_warm_up(port, clock))
        for number in range(round_count):
            for is_watched in (bool(number % 2), not number % 2):
                taken = asyncio.run(_look(port, viewer_count if is_watched else 0, seconds, clock))
                (rounds.watched if is_watched else rounds.alone).append(taken)
            _print(_line(rounds, viewer_count))
    finally:
        query.stop()
        spark.stop()
    _print(f"median ratio {statistics.median(rounds.ratios):.3f}")
    return 0


def _line(rounds: _Rounds, viewer_count: int) -> str:
    """Of the last pair; frames are those that one socket gets."""
    alone, watched = rounds.alone[-1], rounds.watched[-1]
    frames = watched.frames / watched.seconds / max(2 * viewer_count, 1)
    rates = f"{alone.rows_per_second:14,.0f} {watched.rows_per_second:14,.0f}"
    return f"{rates} {rounds.ratios[-1]:6.3f} {frames:9.1f}"


def _start(spark: SparkSession, batch_rows: int) -> StreamingQuery:
    rows = spark.readStream.format("rate-micro-batch").option("rowsPerBatch", batch_rows).load()
    averages = (
        rows.selectExpr("timestamp", f"value % {SERIES_COUNT} AS series", "value")
        .withWatermark("timestamp", "2 minutes")
        .groupBy(window("timestamp", "1 minute"), "series")
        .agg(avg("value").alias("average"))
    )
    shown = averages.writeStream.format("dashboard").queryName(NAME).outputMode("update")
    shown = shown.options(chart="heat", x="window", series="series", y="average", window="60")
    return shown.start()  # type: ignore[return-value]


async def _warm_up(port: int, clock: Clock) -> None:
    """The page comes a moment after the first batch. Raises: ConnectionRefusedError if it does not come"""
    deadline_us = clock.monotonic_us() + int(_ANSWER_S * 1e6)
    while True:
        try:
            await _look(port, 1, WARM_UP_S, clock)
        except ConnectionRefusedError:
            if clock.monotonic_us() > deadline_us:
                raise
            await _pause(ASKED_EVERY_S)
        else:
            return


async def _look(port: int, viewer_count: int, seconds: float, clock: Clock) -> Round:
    """One round."""
    async with AsyncExitStack() as open_sockets:
        sockets = [
            await open_sockets.enter_async_context(connect(f"ws://{_HOST}:{port}{path}", max_size=None))
            for path in ("/ws", f"/ws/{NAME}") * viewer_count
        ]
        started_us, first = clock.monotonic_us(), await _rows_in(port)
        frames = await asyncio.gather(_pause(seconds), *(_count_frames(one, seconds) for one in sockets))
        taken_s = (clock.monotonic_us() - started_us) / 1e6
        rows = await _rows_in(port) - first
    return Round(rows / taken_s, taken_s, sum(frames))


async def _pause(seconds: float) -> int:
    await asyncio.sleep(seconds)
    return 0


async def _count_frames(viewer: ClientConnection, seconds: float) -> int:
    count = 0
    try:
        async with asyncio.timeout(seconds):
            async for _ in viewer:
                count += 1
    except TimeoutError:
        pass
    return count


async def _rows_in(port: int) -> int:
    return int((await asyncio.to_thread(_ask, f"http://{_HOST}:{port}/api/queries/{NAME}"))["rowsIn"])


def _ask(address: str) -> Any:
    with urllib.request.urlopen(address, timeout=_ANSWER_S) as response:
        return json.load(response)


def _free_port() -> int:
    with socket.create_server((_HOST, 0)) as free:
        return int(free.getsockname()[1])


def _print(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
