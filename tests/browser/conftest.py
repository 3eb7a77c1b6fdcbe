"""`program`: the command `unbounded run` in a directory of its own. `tab`: of a headless Chromium, on no page yet."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.chromium import Tab, browser, chromium_binary
from tests.clients.program import Program


@pytest.fixture
def program(tmp_path: Path) -> Program:
    return Program(tmp_path)


@pytest.fixture(scope="module")
def tab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tab]:
    binary = chromium_binary()
    if binary is None:
        pytest.skip("there is no Chromium")
    with browser(binary, tmp_path_factory.mktemp("browser")) as opened:
        yield opened


@pytest.fixture
def port() -> int:
    return free_port()


def free_port() -> int:
    """One that was free a moment ago, so that a second engine can have it after the first."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])
