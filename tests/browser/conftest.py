"""`program`: the command `unbounded run` in a directory of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.clients.program import Program


@pytest.fixture
def program(tmp_path: Path) -> Program:
    return Program(tmp_path)
