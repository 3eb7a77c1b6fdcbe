"""The page, its API and its WebSockets as an ASGI application. Decides nothing: `access` judges, `views` renders."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, suppress
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.websockets import WebSocket, WebSocketDisconnect

from unbounded.connectors.dashboard import DashboardSink
from unbounded.dashboard import views
from unbounded.dashboard.access import AccessRules
from unbounded.dashboard.column_json import column_json
from unbounded.dashboard.frames import Broadcast, Topic
from unbounded.dashboard.guard import Guard
from unbounded.dashboard.monitor import QueryMonitor
from unbounded.dashboard.records import QueryRecord
from unbounded.dashboard.table_frames import table_frame

STATIC = Path(__file__).parent / "static"


def application(monitor: QueryMonitor, broadcast: Broadcast, rules: AccessRules) -> Guard:
    """What uvicorn serves."""
    api = _Api(monitor)
    sockets = _Sockets(monitor, broadcast)
    routes = [
        Route("/", _page),
        Route("/api/queries", api.queries),
        Route("/api/queries/{query}", api.query),
        Route("/api/queries/{query}/history", api.history),
        Route("/api/queries/{query}/plan", api.plan),
        Route("/api/queries/{query}/late", api.late),
        Route("/api/queries/{query}/progress", api.progress),
        Route("/api/queries/{query}/table", api.table),
        Route("/api/queries/{query}/stop", api.stop, methods=["POST"]),
        WebSocketRoute("/ws", sockets.overview),
        WebSocketRoute("/ws/{query}", sockets.table),
        Mount("/static", StaticFiles(directory=STATIC)),
    ]
    return Guard(Starlette(routes=routes), rules)


def _page(request: Request) -> Response:
    return FileResponse(STATIC / "index.html")


class _Api:
    def __init__(self, monitor: QueryMonitor) -> None:
        self._monitor = monitor

    async def queries(self, request: Request) -> Response:
        return JSONResponse(self._monitor.overview())

    async def query(self, request: Request) -> Response:
        return self._of_query(request, self._monitor.summary)

    async def history(self, request: Request) -> Response:
        return self._of_query(request, views.history)

    async def plan(self, request: Request) -> Response:
        return self._of_query(request, views.plan)

    async def progress(self, request: Request) -> Response:
        return self._of_query(request, lambda record: {"progress": record.progress})

    async def late(self, request: Request) -> Response:
        """A sample of the rows that came too late, in columns."""
        record = self._find(request)
        if record is None:
            return _not_found(request)
        rows = record.run.late_rows.rows
        columns = ",".join(f'"{name}":{column_json(rows.column(name))}' for name in rows.column_names)
        return _json_text(f"{{{columns}}}")

    async def table(self, request: Request) -> Response:
        record = self._find(request)
        if record is None:
            return _not_found(request)
        sink = record.run.sink
        if not isinstance(sink, DashboardSink):
            return JSONResponse({"error": _no_table(request.path_params["query"])}, 404)
        return _json_text(table_frame(record.run, sink))

    async def stop(self, request: Request) -> Response:
        """Answers when the query has ended. `access` has seen to it that the page itself asks."""
        record = self._find(request)
        if record is None:
            return _not_found(request)
        await asyncio.to_thread(record.run.query.stop)
        return JSONResponse({"stopped": True})

    def _of_query(self, request: Request, view: Callable[[QueryRecord], views.Json]) -> Response:
        record = self._find(request)
        return _not_found(request) if record is None else JSONResponse(view(record))

    def _find(self, request: Request) -> QueryRecord | None:
        return self._monitor.find(request.path_params["query"])


class _Sockets:
    def __init__(self, monitor: QueryMonitor, broadcast: Broadcast) -> None:
        self._monitor = monitor
        self._broadcast = broadcast

    async def overview(self, socket: WebSocket) -> None:
        topic = Topic(lambda: self._monitor.version, self._monitor.overview_json)
        await _send_frames(socket, self._broadcast.frames("", topic))

    async def table(self, socket: WebSocket) -> None:
        name = socket.path_params["query"]
        topic = Topic(lambda: self._stamp(name), lambda: self._frame(name))
        await _send_frames(socket, self._broadcast.frames(name, topic))

    def _stamp(self, name: str) -> object:
        record = self._monitor.find(name)
        if record is None or not isinstance(record.run.sink, DashboardSink):
            return "none"
        return record.run.query.run_id, record.run.sink.version

    def _frame(self, name: str) -> str:
        record = self._monitor.find(name)
        if record is None or not isinstance(record.run.sink, DashboardSink):
            return views.render({"query": name, "error": _no_table(name)})
        return table_frame(record.run, record.run.sink)


async def _send_frames(socket: WebSocket, frames: AsyncIterator[str]) -> None:
    """Until the viewer goes. A frame is sent when the one before has left; those between are skipped."""
    await socket.accept()
    tasks = {asyncio.create_task(_send_all(socket, frames)), asyncio.create_task(_wait_until_gone(socket))}
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _send_all(socket: WebSocket, frames: AsyncIterator[str]) -> None:
    async with aclosing(frames):  # type: ignore[type-var]
        async for frame in frames:
            await socket.send_text(frame)


async def _wait_until_gone(socket: WebSocket) -> None:
    """What a viewer says is ignored."""
    with suppress(WebSocketDisconnect):
        while True:
            await socket.receive_text()


def _json_text(text: str) -> Response:
    return Response(text, media_type="application/json")


def _not_found(request: Request) -> Response:
    return JSONResponse({"error": f"There is no query {request.path_params['query']}."}, 404)


def _no_table(name: str) -> str:
    return (
        f'No query {name} writes to the dashboard: start it with .writeStream.format("dashboard").queryName("{name}").'
    )
