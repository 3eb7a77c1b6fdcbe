"""foreach: what the user's function or object is called with, batch by batch."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pyspark.cloudpickle import dumps
from pyspark.sql.streaming import DataStreamWriter

from tests.unit.streaming.harness import Story
from unbounded.cancellation import Cancellation
from unbounded.connectors.streams import OutputMode
from unbounded.errors import SparkError
from unbounded.session.foreach import ForeachSink

CALLS: list[Any] = []


class Writer:
    """An object with the three methods; the tests' module stays the same one when it is unpickled."""

    def __init__(self, *, fails_at: str = "") -> None:
        self.fails_at = fails_at
        self.count = 0

    def open(self, partition_id: int, epoch_id: int) -> bool:
        CALLS.append(f"open {partition_id} {epoch_id}")
        return True

    def process(self, row: Any) -> None:
        self.count += 1
        CALLS.append(f"{row.user} is number {self.count}")
        if row.user == self.fails_at:
            raise ValueError(f"no {row.user}")

    def close(self, error: Exception | None) -> None:
        CALLS.append(f"close {error}")


STOPPED: list[Cancellation] = []


def stop_at_first_row(row: Any) -> None:
    CALLS.append(row.user)
    STOPPED[0].cancel()


@pytest.fixture(autouse=True)
def calls() -> Iterator[list[Any]]:
    CALLS.clear()
    yield CALLS


def sink_of(function: Any, cancellation: Cancellation | None = None) -> ForeachSink:
    command = dumps((DataStreamWriter._construct_foreach_function(function), None, None, None))
    return ForeachSink(command, cancellation or Cancellation())


def story_of(directory: Path, function: Any, mode: OutputMode = OutputMode.APPEND) -> Story:
    story = Story("SELECT user, at FROM clicks", directory, mode)
    story.sink = sink_of(function)  # type: ignore[assignment]
    story.restart()
    return story


def test_a_failure_reaches_close_and_the_batch_comes_again(tmp_path: Path, calls: list[Any]) -> None:
    story = story_of(tmp_path, Writer(fails_at="b"))
    story.add("a 10:00, b 10:01, c 10:02")
    with pytest.raises(SparkError, match="ValueError: no b") as caught:
        story.step()
    assert caught.value.condition == "FOREACH_USER_FUNCTION_ERROR"
    assert calls == ["open 0 0", "a is number 1", "b is number 2", "close no b"]
    calls.clear()
    story.sink = sink_of(Writer())  # type: ignore[assignment]
    story.restart()
    story.step()
    assert calls == ["open 0 0", "a is number 1", "b is number 2", "c is number 3", "close None"]


def test_a_stopped_query_ends_between_two_rows(tmp_path: Path, calls: list[Any]) -> None:
    story = story_of(tmp_path, stop_at_first_row)
    STOPPED[:] = [Cancellation()]
    story.sink = sink_of(stop_at_first_row, STOPPED[0])  # type: ignore[assignment]
    story.restart()
    story.add("a 10:00, b 10:01")
    with pytest.raises(SparkError) as caught:
        story.step()
    assert caught.value.condition == "OPERATION_CANCELED"
    assert calls == ["a"]
