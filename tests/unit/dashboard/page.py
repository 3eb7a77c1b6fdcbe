"""A page over queries without an engine: stories whose batches the test steps, and requests as a browser makes them."""

from __future__ import annotations

import json
import threading
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

from tests.unit.streaming.harness import Story, running
from unbounded.clock import ManualClock
from unbounded.connectors.dashboard import DashboardSink
from unbounded.connectors.dashboard_options import read_options
from unbounded.connectors.streams import OutputMode
from unbounded.dashboard.access import AccessRules
from unbounded.dashboard.monitor import QueryMonitor
from unbounded.dashboard.page_server import PageServer
from unbounded.streaming.late_rows import LateRowsSample
from unbounded.streaming.progress import QueryIdentity
from unbounded.streaming.query import QueryEvents, StreamingQuery
from unbounded.streaming.runner import Schedule
from unbounded.streaming.watch import WatchedRun
from unbounded.types.arrow import to_arrow_schema

COUNTS = "SELECT user, count(*) AS n FROM clicks GROUP BY user"


class Page:
    """A monitor with its page on any free port."""

    def __init__(self, rules: AccessRules) -> None:
        self.clock = ManualClock(1_780_000_000_000_000)
        self.monitor = QueryMonitor(self.clock, lambda monitor, port: self._open(monitor, rules))
        self._is_open = threading.Event()

    def _open(self, monitor: QueryMonitor, rules: AccessRules) -> PageServer:
        server = PageServer(monitor, rules, 0, self.clock)
        self.frame_counts = server.frame_counts
        self.address = f"localhost:{server.port}"
        self._is_open.set()
        return server

    def watch_counts(self, directory: Path, rows: str, sql: str = COUNTS) -> StreamingQuery:
        """A query `q` over clicks that has run to the end of `rows`; `sql` has the columns of `COUNTS`."""

        def open_sink(story: Story) -> DashboardSink:
            schema = to_arrow_schema(story.plan.schema, "UTC")
            return DashboardSink(read_options({"title": "Clicks"}, schema, ["user"]), schema, OutputMode.UPDATE)

        story = Story(sql, directory, OutputMode.UPDATE, open_sink=open_sink)
        story.add(rows)
        is_watched = threading.Event()

        def progressed(text: str) -> None:
            assert is_watched.wait(10)
            self.monitor.progressed("r", text)

        events = QueryEvents(progress=progressed, ended=lambda _: self.monitor.ended("r"))
        query = running(story, Schedule(ends_when_idle=True), events)
        sample = LateRowsSample(QueryIdentity("q", "r", None), self.clock)
        self.monitor.started(WatchedRun(query, story.batch._sink, OutputMode.UPDATE, sample, "UTC"), port=0)
        is_watched.set()
        assert self._is_open.wait(10)
        return query

    def get(self, path: str, **headers: str) -> tuple[int, Any]:
        """Status and JSON."""
        return self.request("GET", path, headers)

    def request(self, method: str, path: str, headers: dict[str, str]) -> tuple[int, Any]:
        request = urllib.request.Request(f"http://{self.address}{path}", method=method, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=10) as response:
                return response.status, json.loads(response.read())
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read())

    def socket(self, path: str, origin: str | None = None) -> ClientConnection:
        return connect(f"ws://{self.address}{path}", origin=origin, open_timeout=10, max_size=None)  # type: ignore[arg-type]


def first_frame(socket: ClientConnection, is_wanted: Callable[[Any], bool]) -> Any:
    """The first frame that `is_wanted`; raises TimeoutError after ten seconds of silence."""
    while True:
        frame = json.loads(socket.recv(timeout=10))
        if is_wanted(frame):
            return frame
