"""The server the cases talk to: our engine under one of a few settings, or any server by its address."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from functools import cached_property

ENGINE_SETTINGS: dict[str, dict[str, str]] = {
    "default": {},
    "optimizer_off": {"unbounded.duckdb.optimizer": "false"},
    "one_thread": {"unbounded.duckdb.threads": "1"},
}


class EngineUnderTest:
    """Starts our engine, with a warehouse of its own, when `url` is first asked for, unless `remote` names a server."""

    def __init__(self, *, settings_name: str, remote: str | None) -> None:
        self._settings = ENGINE_SETTINGS[settings_name]
        self._remote = remote
        self._cleanup = ExitStack()

    @cached_property
    def url(self) -> str:
        return self._remote or self._start()

    def close(self) -> None:
        self._cleanup.close()

    def _start(self) -> str:
        from unbounded.embed import start_engine  # noqa: PLC0415  tests against another server load nothing of it

        warehouse = self._cleanup.enter_context(tempfile.TemporaryDirectory(prefix="warehouse-"))
        engine = start_engine({**self._settings, "spark.sql.warehouse.dir": warehouse})
        self._cleanup.callback(engine.stop)
        url: str = engine.url
        return url
