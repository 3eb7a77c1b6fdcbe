"""Serves the page in a thread of its own: a bound port, uvicorn, and a tick that renders what has changed."""

from __future__ import annotations

import asyncio
import logging
import socket
import threading
from contextlib import suppress

import uvicorn

from unbounded.clock import Clock
from unbounded.dashboard.access import AccessRules
from unbounded.dashboard.application import application
from unbounded.dashboard.frames import FRAME_INTERVAL_S, Broadcast, FrameCounts
from unbounded.dashboard.monitor import QueryMonitor

PORTS_TRIED = 16
CLOSE_S_MAX = 0.2

_logger = logging.getLogger("unbounded.dashboard")


class PageServer:
    """Serves until it is closed. Raises: OSError if no port is free"""

    def __init__(self, monitor: QueryMonitor, rules: AccessRules, port: int, clock: Clock) -> None:
        self._monitor = monitor
        self._broadcast = Broadcast(clock)
        self._listener = listen(rules.host, port)
        self.port: int = self._listener.getsockname()[1]
        self._server = uvicorn.Server(
            uvicorn.Config(
                application(monitor, self._broadcast, rules),
                log_config=None,
                access_log=False,
                log_level="critical",
                lifespan="off",
                ws="websockets-sansio",
                ws_per_message_deflate=False,
                server_header=False,
                timeout_graceful_shutdown=0,
            )
        )
        self._thread = threading.Thread(target=self._run, name="dashboard", daemon=True)
        self._thread.start()

    @property
    def frame_counts(self) -> FrameCounts:
        """Of all WebSockets since the start."""
        return self._broadcast.counts

    def close(self) -> None:
        self._server.should_exit = True
        self._thread.join(CLOSE_S_MAX)

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except Exception:  # the root of the thread; queries go on without a page
            _logger.exception("The monitoring page has ended.")

    async def _serve(self) -> None:
        ticking = asyncio.create_task(self._tick())
        await self._server.serve(sockets=[self._listener])
        ticking.cancel()

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(FRAME_INTERVAL_S)
            try:
                self._monitor.read_told()
                self._broadcast.render_changed()
            except Exception:  # what one query tells shall not end the page
                _logger.exception("The monitoring page could not take in what a query tells.")


def listen(host: str, port: int) -> socket.socket:
    """A listening socket on `port`, or the next one that is free (0: any). Raises: OSError"""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    last = port + PORTS_TRIED - 1 if port else 0
    for candidate in range(port, last + 1):
        with suppress(OSError, OverflowError):
            return socket.create_server((host.strip("[]"), candidate), family=family)
    raise OSError(f"{host} has no free port from {port} to {last}")
