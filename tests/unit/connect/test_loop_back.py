"""A function of foreachBatch in its thread: how it is called, how it fails; nobody waits for it when stopped."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from pyspark.cloudpickle import dumps

from unbounded.cancellation import Cancellation
from unbounded.connect.loop_back import FunctionThread
from unbounded.errors import SparkError

CLOSED = threading.Event()
STARTED = threading.Event()
MAY_END = threading.Event()
SEEN: list[Any] = []


def _connect() -> Any:
    """As much of a client's session as the thread uses."""
    CLOSED.clear()
    client = SimpleNamespace(close=CLOSED.set)
    return SimpleNamespace(client=client, _create_remote_dataframe=lambda relation_id: f"frame of {relation_id}")


def note(frame: str, batch_id: int) -> None:
    SEEN.append((frame, batch_id, threading.current_thread().name))


def wait(frame: str, batch_id: int) -> None:
    STARTED.set()
    MAY_END.wait()


def leave(frame: str, batch_id: int) -> None:
    raise SystemExit(3)


@pytest.fixture
def open_function() -> Iterator[Callable[..., FunctionThread]]:
    opened: list[FunctionThread] = []

    def open_one(function: Callable[[str, int], None] | bytes) -> FunctionThread:
        command = function if isinstance(function, bytes) else dumps(function)
        opened.append(FunctionThread(_connect, command))
        return opened[-1]

    yield open_one
    MAY_END.set()
    for function in opened:
        function.close()


def test_calls_run_one_after_the_other_in_one_thread(open_function: Callable[..., FunctionThread]) -> None:
    SEEN.clear()
    function = open_function(note)
    for batch_id in range(2):
        function.call(f"r{batch_id}", batch_id, Cancellation())
    function.close()
    CLOSED.wait()
    assert SEEN == [("frame of r0", 0, "foreachBatch"), ("frame of r1", 1, "foreachBatch")]


def test_a_stopped_query_does_not_wait_for_its_function(open_function: Callable[..., FunctionThread]) -> None:
    MAY_END.clear()
    STARTED.clear()
    function = open_function(wait)
    cancellation = Cancellation()
    threading.Thread(target=lambda: STARTED.wait() and cancellation.cancel()).start()
    with pytest.raises(SparkError) as caught:
        function.call("r", 0, cancellation)
    assert caught.value.condition == "OPERATION_CANCELED"
    function.close()
    assert not CLOSED.is_set()
    MAY_END.set()
    CLOSED.wait()


def test_leaving_the_interpreter_fails_the_batch(open_function: Callable[..., FunctionThread]) -> None:
    with pytest.raises(SparkError, match="SystemExit: 3") as caught:
        open_function(leave).call("r", 0, Cancellation())
    assert caught.value.condition == "FOREACH_BATCH_USER_FUNCTION_ERROR"


def test_a_pickle_that_cannot_be_read_fails_every_call(open_function: Callable[..., FunctionThread]) -> None:
    function = open_function(b"cnowhere\nf\n.")
    for batch_id in range(2):
        with pytest.raises(SparkError, match="No module named 'nowhere'"):
            function.call("r", batch_id, Cancellation())
