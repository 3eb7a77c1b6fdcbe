"""The server the cases talk to: our engine under one of a few settings, or any server by its address."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cached_property
from pathlib import Path

ENGINE_SETTINGS: dict[str, dict[str, str]] = {
    "default": {},
    "optimizer_off": {"unbounded.duckdb.optimizer": "false"},
    "one_thread": {"unbounded.duckdb.threads": "1"},
}


class EngineUnderTest:
    """Starts our engine, with a warehouse of its own, when `url` is first asked for, unless `remote` names a server.

    `output`: the file that has what our engine prints."""

    def __init__(self, *, settings_name: str, remote: str | None) -> None:
        self._settings = ENGINE_SETTINGS[settings_name]
        self._remote = remote
        self._cleanup = ExitStack()
        self.output: Path | None = None

    @cached_property
    def url(self) -> str:
        return self._remote or self._start()

    def close(self) -> None:
        self._cleanup.close()

    def _start(self) -> str:
        from unbounded.embed import start_engine  # noqa: PLC0415  tests against another server load nothing of it

        folder = self._cleanup.enter_context(tempfile.TemporaryDirectory(prefix="engine-"))
        self.output = Path(folder) / "output"
        (Path(folder) / "warehouse").mkdir()
        with standard_output_into(self.output):
            engine = start_engine({**self._settings, "spark.sql.warehouse.dir": f"{folder}/warehouse"})
        self._cleanup.callback(engine.stop)
        url: str = engine.url
        return url


@contextmanager
def standard_output_into(file: Path) -> Iterator[None]:
    """Processes that are started inside print into `file`."""
    before = os.dup(1)
    try:
        with file.open("wb") as output:
            os.dup2(output.fileno(), 1)
        yield
    finally:
        os.dup2(before, 1)
        os.close(before)
