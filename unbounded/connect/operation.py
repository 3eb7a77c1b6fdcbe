"""One execution that a client can leave and come back to. Runs no plan itself.

The producer thread fills a `ResponseBuffer`; the RPC which reads it is only attached and may break off at any time.
Reattaching continues after a response id.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from pyspark.sql.connect.proto import ExecutePlanResponse

from unbounded.cancellation import Cancellation
from unbounded.clock import Clock
from unbounded.connect.response_buffer import BufferClosed, End, Entry, PositionNotAvailable, ResponseBuffer
from unbounded.errors import ErrorKind, SparkError


class OperationState(Enum):
    RUNNING = "running"
    TERMINATING = "terminating"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Event(Enum):
    """What happens to an operation."""

    FINISH = "finish"
    FAIL = "fail"
    CANCEL = "cancel"


_TRANSITIONS: dict[tuple[OperationState, Event], OperationState] = {
    (OperationState.RUNNING, Event.FINISH): OperationState.SUCCEEDED,
    (OperationState.RUNNING, Event.FAIL): OperationState.FAILED,
    (OperationState.RUNNING, Event.CANCEL): OperationState.TERMINATING,
    (OperationState.TERMINATING, Event.FINISH): OperationState.CANCELLED,
    (OperationState.TERMINATING, Event.FAIL): OperationState.CANCELLED,
}


def next_state(state: OperationState, event: Event) -> OperationState:
    """Events that come too late change nothing."""
    return _TRANSITIONS.get((state, event), state)


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one operation. A stream ends after `stream_us_max` or `stream_bytes_max`: the client reattaches."""

    stream_us_max: int = 120_000_000
    stream_bytes_max: int = 1 << 30
    ahead_bytes_max: int = 16 << 20
    kept_bytes_max: int = 10 << 20
    detached_us_max: int = 300_000_000
    progress_interval_us: int = 2_000_000


@dataclass(frozen=True, slots=True)
class Ticket:
    """What a client has said about its execution, and who it is."""

    operation_id: str
    session_id: str
    server_side_session_id: str
    tags: frozenset[str] = frozenset()
    is_reattachable: bool = False


Emit: TypeAlias = Callable[[ExecutePlanResponse], None]
Run: TypeAlias = Callable[[Emit, Cancellation], None]
"""Runs a plan: hands each response to the first argument, stops when the second is cancelled."""


class Operation:
    """One execution. `responses` may be called again and again; the newest caller disconnects the one before."""

    def __init__(self, ticket: Ticket, limits: Limits, clock: Clock) -> None:
        self.ticket = ticket
        self.cancellation = Cancellation()
        self._limits = limits
        self._clock = clock
        kept_bytes_max = limits.kept_bytes_max if ticket.is_reattachable else 0
        self._buffer: ResponseBuffer[ExecutePlanResponse] = ResponseBuffer(
            ahead_bytes_max=limits.ahead_bytes_max, kept_bytes_max=kept_bytes_max
        )
        self._lock = threading.Lock()
        self._state = OperationState.RUNNING
        self._attachment = 0
        self._detached_since_us: int | None = clock.monotonic_us()
        self._emitted_bytes = 0

    @property
    def state(self) -> OperationState:
        return self._state

    # ------------------------------------------------------------------------------------------ producer

    def run(self, run: Run) -> None:
        """The root of the producer thread: every failure becomes the operation's end."""
        try:
            run(self._emit, self.cancellation)
        except BufferClosed:
            self._end(Event.FAIL, cancelled_error())
        except BaseException as error:  # the root of a thread
            self._end(Event.FAIL, cancelled_error() if self.cancellation.is_cancelled else error)
        else:
            self._end(Event.FINISH, None)

    def interrupt(self) -> None:
        """Ends the operation for its client at once and asks the engine to stop."""
        self._move(Event.CANCEL)
        self._buffer.interrupt(cancelled_error())
        self.cancellation.cancel()

    def _emit(self, response: ExecutePlanResponse) -> None:
        size_bytes = response.ByteSize()
        self._emitted_bytes += size_bytes
        self._buffer.append(response, size_bytes)

    def _end(self, event: Event, error: BaseException | None) -> None:
        self._move(event)
        self._buffer.finish(error)

    def _move(self, event: Event) -> None:
        with self._lock:
            self._state = next_state(self._state, event)

    # ------------------------------------------------------------------------------------------ reader

    def responses(self, *, after: int, is_connected: Callable[[], bool]) -> Iterator[ExecutePlanResponse]:
        """Responses from position `after` + 1 on, until the end, a stream limit or a newer caller.

        Raises the operation's error at its end, INVALID_CURSOR when a newer caller has taken over or the position
        is gone.
        """
        attachment = self._attach()
        deadline_us = self._clock.monotonic_us() + self._limits.stream_us_max
        stream_bytes = 0
        try:
            while is_connected() and not self._is_stream_over(deadline_us, stream_bytes):
                match self._next(attachment, after, deadline_us):
                    case Entry(position=position, item=response, size_bytes=size_bytes):
                        yield self._stamped(response, position)
                        self._buffer.mark_sent(position)
                        after, stream_bytes = position, stream_bytes + size_bytes
                    case End(error=error):
                        if error is not None:
                            raise error
                        return
                    case None:
                        self._report_progress()
        finally:
            self._detach(attachment)

    def wake_reader(self) -> None:
        """Lets `responses` look again whether its client is connected."""
        self._buffer.wake()

    def position_of(self, response_id: str) -> int:
        """Raises INVALID_CURSOR.POSITION_NOT_FOUND for an id that this operation has not given out."""
        prefix, _, number = response_id.rpartition("/")
        if prefix != self.ticket.operation_id or not number.isdecimal() or int(number) > self._buffer.last_position:
            raise handle_error("INVALID_CURSOR.POSITION_NOT_FOUND", responseId=response_id)
        return int(number)

    def release_until(self, response_id: str) -> None:
        self._buffer.release(self.position_of(response_id))

    def is_abandoned(self) -> bool:
        """Whether nobody has been attached for too long."""
        since_us = self._detached_since_us
        return since_us is not None and self._clock.monotonic_us() - since_us >= self._limits.detached_us_max

    def _attach(self) -> int:
        with self._lock:
            self._attachment += 1
            self._detached_since_us = None
            attachment = self._attachment
        self._buffer.wake()
        return attachment

    def _detach(self, attachment: int) -> None:
        with self._lock:
            if attachment == self._attachment:
                self._detached_since_us = self._clock.monotonic_us()

    def _is_stream_over(self, deadline_us: int, stream_bytes: int) -> bool:
        is_over = self._clock.monotonic_us() >= deadline_us or stream_bytes >= self._limits.stream_bytes_max
        return self.ticket.is_reattachable and is_over

    def _next(self, attachment: int, after: int, deadline_us: int) -> Entry[ExecutePlanResponse] | End | None:
        if attachment != self._attachment:
            raise handle_error("INVALID_CURSOR.DISCONNECTED")
        wait_us = self._limits.progress_interval_us
        if self.ticket.is_reattachable:
            wait_us = min(wait_us, max(deadline_us - self._clock.monotonic_us(), 0))
        try:
            return self._buffer.read(after, wait_us / 1_000_000)
        except PositionNotAvailable:
            response_id, index = self._response_id(after + 1), str(after + 1)
            raise handle_error("INVALID_CURSOR.POSITION_NOT_AVAILABLE", responseId=response_id, index=index) from None

    def _stamped(self, response: ExecutePlanResponse, position: int) -> ExecutePlanResponse:
        response.session_id = self.ticket.session_id
        response.server_side_session_id = self.ticket.server_side_session_id
        response.operation_id = self.ticket.operation_id
        response.response_id = self._response_id(position)
        return response

    def _response_id(self, position: int) -> str:
        return f"{self.ticket.operation_id}/{position}"

    def _report_progress(self) -> None:
        """One stage with one task, which is all a client can draw while the engine is at work."""
        progress = ExecutePlanResponse.ExecutionProgress(num_inflight_tasks=1)
        progress.stages.add(stage_id=0, num_tasks=1, input_bytes_read=self._emitted_bytes)
        response = ExecutePlanResponse(execution_progress=progress)
        self._buffer.try_append(response, response.ByteSize())


def cancelled_error() -> SparkError:
    return SparkError(ErrorKind.SQL, "OPERATION_CANCELED")


def handle_error(condition: str, **parameters: str) -> SparkError:
    """An operation, a session or a position that is not what the client thinks."""
    return SparkError(ErrorKind.SQL, condition, parameters)
