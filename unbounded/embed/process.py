"""The engine for this process, as a child process that ends with it. Imports nothing heavy and knows no PySpark."""

from __future__ import annotations

import atexit
import os
import site
import subprocess
import sys
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from urllib.parse import quote

from unbounded.embed.order import EngineOrder
from unbounded.ids import new_token

STOP_S_MAX = 2.0

_PACKAGE_ROOT = Path(__file__).resolve().parent.parent.parent


class EngineNotStarted(RuntimeError):
    """The engine process ended before it could answer."""


class EngineProcess:
    """A running engine. It ends with `stop`, or when this process ends in whatever way."""

    def __init__(self, settings: Mapping[str, str], import_paths: Sequence[str] = ()) -> None:
        self._token = new_token()
        read_end, write_end = os.pipe()
        self._port_pipe = os.fdopen(read_end)
        command = [sys.executable, "-P", "-m", "unbounded.embed.child", str(write_end)]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, pass_fds=(write_end,), process_group=0, env=_environment(), text=True
        )
        os.close(write_end)
        self._owner_id = os.getpid()
        self._write(EngineOrder(self._token, settings, tuple(import_paths)).to_line())

    @cached_property
    def port(self) -> int:
        """Waits until the engine listens. Raises EngineNotStarted."""
        line = self._port_pipe.readline()
        self._port_pipe.close()
        if not line:
            raise EngineNotStarted(f"the engine process ended with exit code {self._process.wait()}")
        return int(line)

    @property
    def url(self) -> str:
        """What `SparkSession.builder.remote` takes."""
        return f"sc://localhost:{self.port}/;token={quote(self._token, safe='')}"

    @property
    def is_running(self) -> bool:
        return self._process.poll() is None

    @property
    def process_id(self) -> int:
        return self._process.pid

    def stop(self) -> None:
        """Waits until the engine has written what it had to write; safe to call twice, and in a forked child."""
        if os.getpid() != self._owner_id:
            return
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            self._process.wait(STOP_S_MAX)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _write(self, line: str) -> None:
        if self._process.stdin is not None:
            self._process.stdin.write(line)
            self._process.stdin.flush()


def start_engine(settings: Mapping[str, str], import_paths: Sequence[str] = ()) -> EngineProcess:
    """A new engine; returns before it is ready. Reading `url` waits until it listens."""
    engine = EngineProcess(settings, import_paths)
    atexit.register(engine.stop)
    return engine


def _environment() -> dict[str, str]:
    """This process's, with the way to this package if it is not installed."""
    environment = dict(os.environ)
    if str(_PACKAGE_ROOT) not in site.getsitepackages():
        paths = [str(_PACKAGE_ROOT), environment.get("PYTHONPATH", "")]
        environment["PYTHONPATH"] = os.pathsep.join(path for path in paths if path)
    return environment
