"""What the protocol edge needs of streaming queries: the shape of `session.streams`. Implemented elsewhere.

Every call may come from any thread. A call that waits takes the operation's `Cancellation` and returns early when it
is cancelled. A progress or an event is the JSON text that PySpark parses.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from unbounded.cancellation import Cancellation


@dataclass(frozen=True, slots=True)
class QueryStatus:
    """`query.status`; `message` is Spark's sentence, such as `Waiting for data to arrive`."""

    message: str
    is_data_available: bool
    is_trigger_active: bool
    is_active: bool


@dataclass(frozen=True, slots=True)
class QueryFailure:
    """Why a query has failed. `message` is Spark's sentence, without the name of an exception class before it."""

    message: str
    condition: str
    stack_trace: str = ""


class EventKind(Enum):
    """Events that travel on the listener bus; "started" travels in the answer to `start()`."""

    PROGRESS = "progress"
    TERMINATED = "terminated"
    IDLE = "idle"


@dataclass(frozen=True, slots=True)
class ListenerEvent:
    kind: EventKind
    json: str


class RunningQuery(Protocol):
    """One streaming query, running or stopped."""

    @property
    def query_id(self) -> str: ...

    @property
    def run_id(self) -> str: ...

    @property
    def name(self) -> str | None: ...

    def status(self) -> QueryStatus: ...

    def recent_progress(self) -> Sequence[str]:
        """Oldest first; the last one is `lastProgress`."""
        ...

    def failure(self) -> QueryFailure | None: ...

    def explain(self, *, is_extended: bool) -> str: ...

    def stop(self) -> None:
        """Returns when the query has stopped; does nothing if it has."""
        ...

    def process_all_available(self, cancellation: Cancellation) -> None:
        """Waits until everything that has arrived is committed. Raises STREAM_FAILED if the query fails."""
        ...

    def await_termination(self, cancellation: Cancellation, *, timeout_us: int | None) -> bool:
        """Whether the query has ended in time. Raises STREAM_FAILED if it has failed."""
        ...


class StreamsApi(Protocol):
    """The streaming queries of one session."""

    def active(self) -> Sequence[RunningQuery]: ...

    def find(self, query_id: str, run_id: str | None = None) -> RunningQuery | None:
        """Also queries that ended a while ago. With `run_id` None: the latest run, if it is active."""
        ...

    def await_any_termination(self, cancellation: Cancellation, *, timeout_us: int | None) -> bool:
        """Whether any query has ended since the session began or `reset_terminated`. Raises if it has failed."""
        ...

    def reset_terminated(self) -> None: ...

    def listen(self) -> Iterator[ListenerEvent]:
        """Registers the session's one listener at once; the iterator waits for events until `stop_listening`."""
        ...

    def stop_listening(self) -> None:
        """The iterator of `listen` hands out what has happened until now and ends."""
        ...
