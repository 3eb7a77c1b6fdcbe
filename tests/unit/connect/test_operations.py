"""Executions under a clock that stands still: reattach, release, interrupt, abandonment, stream limits."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from pyspark.sql.connect.proto import ExecutePlanResponse

from unbounded.cancellation import Cancellation
from unbounded.clock import ManualClock
from unbounded.connect.operation import Emit, Event, Limits, Operation, OperationState, Run, Ticket, next_state
from unbounded.connect.operations import ENDED_OPERATIONS_MAX, Operations, SessionKey
from unbounded.errors import SparkError

ALICE = SessionKey("alice", "00000000-0000-0000-0000-000000000001")
BOB = SessionKey("bob", "00000000-0000-0000-0000-000000000002")
ONE = "00000000-0000-0000-0000-00000000000a"
TWO = "00000000-0000-0000-0000-00000000000b"
MINUTE_US = 60_000_000
WAIT_S = 30


def ticket(operation_id: str = ONE, *tags: str, is_reattachable: bool = True) -> Ticket:
    return Ticket(operation_id, ALICE.session_id, "server side", frozenset(tags), is_reattachable)


def rows(*counts: int) -> Run:
    """Emits one response for each count and ends."""

    def run(emit: Emit, cancellation: Cancellation) -> None:
        for count in counts:
            emit(ExecutePlanResponse(arrow_batch=ExecutePlanResponse.ArrowBatch(row_count=count)))

    return run


def failing(error: BaseException) -> Run:
    def run(emit: Emit, cancellation: Cancellation) -> None:
        raise error

    return run


class Blocked:
    """A plan that runs until it is cancelled."""

    def __init__(self) -> None:
        self.has_started = threading.Event()
        self._is_over = threading.Event()

    def __call__(self, emit: Emit, cancellation: Cancellation) -> None:
        cancellation.on_cancel(self._is_over.set)
        self.has_started.set()
        assert self._is_over.wait(WAIT_S)

    def started(self) -> Blocked:
        assert self.has_started.wait(WAIT_S)
        return self


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def operations(clock: ManualClock) -> Operations:
    return Operations(Limits(progress_interval_us=1000), clock)


def ran(run: Run, limits: Limits, clock: ManualClock | None = None, the_ticket: Ticket | None = None) -> Operation:
    """An operation whose producer has ended."""
    operation = Operation(the_ticket or ticket(), limits, clock or ManualClock())
    operation.run(run)
    return operation


def read(operation: Operation, after: int = 0) -> Iterator[ExecutePlanResponse]:
    return operation.responses(after=after, is_connected=lambda: True)


def counts(responses: Iterator[ExecutePlanResponse]) -> list[int]:
    return [response.arrow_batch.row_count for response in responses if response.HasField("arrow_batch")]


def condition(run: object) -> str:
    """The condition of the SparkError that iterating or calling `run` raises."""
    with pytest.raises(SparkError) as caught:
        list(run) if isinstance(run, Iterator) else run()  # type: ignore[operator]
    return caught.value.condition


# ---------------------------------------------------------------------------------------------- reading


def test_every_response_says_whose_it_is_and_where_it_stands() -> None:
    first, second = read(ran(rows(1, 2), Limits()))
    assert (first.session_id, first.server_side_session_id, first.operation_id) == (
        ALICE.session_id,
        "server side",
        ONE,
    )
    assert first.response_id != second.response_id


def test_reattaching_continues_after_the_last_response_seen() -> None:
    operation = ran(rows(1, 2, 3), Limits())
    seen = next(read(operation))
    assert counts(read(operation, operation.position_of(seen.response_id))) == [2, 3]
    assert counts(read(operation)) == [1, 2, 3]


@pytest.mark.parametrize("response_id", ["", "1", f"{ONE}/", f"{ONE}/4", f"{TWO}/1", f"{ONE}/-1"])
def test_a_response_id_of_nobody_is_refused(response_id: str) -> None:
    operation = ran(rows(1, 2, 3), Limits())
    assert condition(lambda: operation.position_of(response_id)) == "INVALID_CURSOR.POSITION_NOT_FOUND"


def test_a_released_position_cannot_be_read_again() -> None:
    operation = ran(rows(1, 2, 3), Limits())
    list(read(operation))
    operation.release_until(f"{ONE}/2")
    assert counts(read(operation, 2)) == [3]
    assert condition(read(operation, 1)) == "INVALID_CURSOR.POSITION_NOT_AVAILABLE"


def test_an_error_comes_after_the_responses_before_it_and_again_on_reattach() -> None:
    operation = ran(failing(ValueError("boom")), Limits())
    for _ in range(2):
        with pytest.raises(ValueError, match="boom"):
            list(read(operation))
    assert operation.state is OperationState.FAILED


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(3)])
def test_whatever_ends_the_producer_reaches_the_client(error: BaseException) -> None:
    with pytest.raises(type(error)):
        list(read(ran(failing(error), Limits())))


def test_a_stream_ends_at_its_size_and_the_next_one_goes_on() -> None:
    operation = ran(rows(1, 2, 3), Limits(stream_bytes_max=1))
    assert [counts(read(operation, after)) for after in range(4)] == [[1], [2], [3], []]


def test_a_stream_ends_at_its_age() -> None:
    clock = ManualClock()
    operation = ran(rows(1, 2, 3), Limits(stream_us_max=MINUTE_US), clock)
    stream = read(operation)
    assert next(stream).arrow_batch.row_count == 1
    clock.advance(MINUTE_US)
    assert list(stream) == []
    assert counts(read(operation, 1)) == [2, 3]


def test_a_stream_that_cannot_be_reattached_does_not_end_early() -> None:
    operation = ran(rows(1, 2, 3), Limits(stream_bytes_max=1), None, ticket(is_reattachable=False))
    assert counts(read(operation)) == [1, 2, 3]


def test_an_old_stream_that_cannot_be_reattached_still_waits_for_its_responses(clock: ManualClock) -> None:
    """Past the age at which others end it must not turn into a flood of progress messages."""
    goes_on = threading.Event()

    def run(emit: Emit, cancellation: Cancellation) -> None:
        rows(1)(emit, cancellation)
        goes_on.wait(WAIT_S)
        rows(2)(emit, cancellation)

    limits = Limits(stream_us_max=MINUTE_US, progress_interval_us=WAIT_S * 1_000_000)
    operation = Operation(ticket(is_reattachable=False), limits, clock)
    threading.Thread(target=operation.run, args=(run,)).start()
    stream = read(operation)
    next(stream)
    clock.advance(2 * MINUTE_US)
    threading.Timer(0.1, goes_on.set).start()
    assert [response.arrow_batch.row_count for response in stream] == [2]


def test_a_newer_reader_disconnects_the_one_before() -> None:
    operation = ran(rows(1, 2), Limits())
    older = read(operation)
    next(older)
    assert counts(read(operation)) == [1, 2]
    assert condition(older) == "INVALID_CURSOR.DISCONNECTED"


def test_progress_is_reported_while_there_is_nothing_to_read(operations: Operations) -> None:
    operation = operations.start(ALICE, ticket(), Blocked())
    stream = read(operation)
    response = next(stream)
    assert response.HasField("execution_progress")
    assert response.session_id == ALICE.session_id
    operation.interrupt()


# ---------------------------------------------------------------------------------------------- ending


def test_an_interrupt_ends_the_stream_and_the_plan(operations: Operations) -> None:
    plan = Blocked()
    operation = operations.start(ALICE, ticket(), plan)
    plan.started()
    assert operations.interrupt(ALICE, lambda _: True) == [ONE]
    assert condition(read(operation)) == "OPERATION_CANCELED"
    assert operations.interrupt(ALICE, lambda _: True) == []


@pytest.mark.parametrize(
    ("session", "tag", "interrupted"), [(ALICE, "nightly", [ONE]), (ALICE, "daily", []), (BOB, "nightly", [])]
)
def test_an_interrupt_takes_only_what_it_means(
    operations: Operations, session: SessionKey, tag: str, interrupted: list[str]
) -> None:
    plan = Blocked()
    operations.start(ALICE, ticket(ONE, "nightly"), plan)
    plan.started()
    assert operations.interrupt(session, lambda operation: tag in operation.ticket.tags) == interrupted
    operations.release_session(ALICE)


def test_an_operation_id_is_used_once(operations: Operations) -> None:
    operations.start(ALICE, ticket(), rows())
    again = condition(lambda: operations.start(ALICE, ticket(), rows()))
    assert again == "INVALID_HANDLE.OPERATION_ALREADY_EXISTS"
    operations.start(BOB, ticket(), rows())


def test_releasing_forgets_and_may_come_twice_or_for_nothing(operations: Operations) -> None:
    operations.start(ALICE, ticket(), rows(1))
    for operation_id in (ONE, ONE, TWO):
        operations.release_all(ALICE, operation_id)
    assert operations.find(ALICE, ONE) is None
    assert condition(lambda: operations.reattach(ALICE, ONE)) == "INVALID_HANDLE.OPERATION_NOT_FOUND"


def test_releasing_a_running_operation_stops_it(operations: Operations) -> None:
    plan = Blocked()
    operation = operations.start(ALICE, ticket(), plan)
    plan.started()
    operations.release_all(ALICE, ONE)
    assert operation.cancellation.is_cancelled
    assert operations.states(ALICE, []) == {ONE: OperationState.CANCELLED}


def test_what_cannot_be_reattached_is_refused(operations: Operations) -> None:
    operations.start(ALICE, ticket(is_reattachable=False), rows(1))
    assert condition(lambda: operations.reattach(ALICE, ONE)) == "INVALID_CURSOR.NOT_REATTACHABLE"


def test_an_operation_nobody_reads_is_dropped_after_five_minutes(operations: Operations, clock: ManualClock) -> None:
    plan = Blocked()
    operation = operations.start(ALICE, ticket(), plan)
    clock.advance(5 * MINUTE_US - 1)
    operations.drop_abandoned()
    assert operations.find(ALICE, ONE) is operation
    clock.advance(1)
    operations.drop_abandoned()
    assert operation.cancellation.is_cancelled
    assert condition(lambda: operations.reattach(ALICE, ONE)) == "INVALID_HANDLE.OPERATION_ABANDONED"


def test_an_operation_somebody_reads_is_never_abandoned(operations: Operations, clock: ManualClock) -> None:
    operation = operations.start(ALICE, ticket(), rows(1, 2))
    stream = read(operation)
    next(stream)
    clock.advance(60 * MINUTE_US)
    operations.drop_abandoned()
    assert operations.find(ALICE, ONE) is operation
    stream.close()  # type: ignore[attr-defined]
    clock.advance(5 * MINUTE_US)
    operations.drop_abandoned()
    assert operations.find(ALICE, ONE) is None


def test_only_so_many_ended_operations_are_remembered(operations: Operations) -> None:
    for number in range(ENDED_OPERATIONS_MAX + 1):
        operations.start(ALICE, ticket(str(number)), rows())
        operations.release_all(ALICE, str(number))
    states = operations.states(ALICE, ["0", "1"])
    assert states["0"] is None
    assert states["1"] is not None


@pytest.mark.parametrize(
    ("state", "event", "after"),
    [
        (OperationState.RUNNING, Event.FINISH, OperationState.SUCCEEDED),
        (OperationState.RUNNING, Event.FAIL, OperationState.FAILED),
        (OperationState.RUNNING, Event.CANCEL, OperationState.TERMINATING),
        (OperationState.TERMINATING, Event.FAIL, OperationState.CANCELLED),
        (OperationState.TERMINATING, Event.FINISH, OperationState.CANCELLED),
        (OperationState.SUCCEEDED, Event.CANCEL, OperationState.SUCCEEDED),
        (OperationState.CANCELLED, Event.FINISH, OperationState.CANCELLED),
    ],
)
def test_the_lifecycle(state: OperationState, event: Event, after: OperationState) -> None:
    assert next_state(state, event) is after
