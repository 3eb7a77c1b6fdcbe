"""An engine behind a server, in this process: loads the engine, answers calls, tidies up, closes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping

from unbounded.clock import SystemClock
from unbounded.connect.edge import ConnectEdge
from unbounded.connect.loop_back import LoopBack
from unbounded.connect.server import ConnectServer
from unbounded.embed.watching import watch_queries
from unbounded.execution.database import EngineSettingRefused
from unbounded.session.engine import Engine

__all__ = ["EngineHost", "EngineSettingRefused"]

TIDY_INTERVAL_S = 15.0


class EngineHost:
    """Serves from the moment it is made until `close`. Raises: EngineSettingRefused"""

    def __init__(self, server: ConnectServer, settings: Mapping[str, str]) -> None:
        self._server = server
        self._loop_back = LoopBack(lambda: self._edge.service, _prepare_client)
        self._monitor = watch_queries(settings)
        self._engine = Engine(settings, batch_functions=self._loop_back, watcher=self._monitor)
        self._edge = ConnectEdge(self._engine, settings, SystemClock())
        self._is_closing = threading.Event()
        threading.Thread(target=self._tidy, name="tidy", daemon=True).start()
        server.serve(self._edge.service)

    def close(self) -> None:
        self._is_closing.set()
        self._server.stop()
        self._loop_back.close()
        self._engine.close()
        self._monitor.close()

    def _tidy(self) -> None:
        while not self._is_closing.wait(TIDY_INTERVAL_S):
            self._edge.tidy()


def _prepare_client(url: str, is_listening: Callable[[], bool]) -> None:
    from unbounded.embed.client_setup import prepare_client  # noqa: PLC0415  heavy, and few engines need a client

    prepare_client(url, is_listening)
