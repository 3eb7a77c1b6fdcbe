"""Engines and sessions for tests of wire behaviour: the real client over a real socket."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pyspark.sql.connect.session import SparkSession

from tests.clients.program import Program
from unbounded.embed import start_engine


@pytest.fixture
def spark(engine_url: str) -> Iterator[SparkSession]:
    """A new session on the engine that all tests share."""
    session = SparkSession.builder.remote(engine_url).create()
    yield session
    session.stop()


@pytest.fixture
def engine_with() -> Iterator[Callable[..., str]]:
    """Starts an engine of the test's own with these settings and gives its URL."""
    engines = []

    def start(settings: dict[str, str]) -> str:
        engines.append(start_engine(settings))
        return engines[-1].url

    yield start
    for engine in engines:
        engine.stop()


@pytest.fixture
def program(tmp_path: Path) -> Program:
    """`unbounded run` on a script, in a directory of its own."""
    return Program(tmp_path)
