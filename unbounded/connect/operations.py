"""All operations of the server: start, find again, release, interrupt, forget. Runs no plan itself.

An operation that nobody has been attached to for too long is dropped by `drop_abandoned`, which whoever owns the time
calls now and then.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from unbounded.clock import Clock
from unbounded.connect.operation import Limits, Operation, OperationState, Run, Ticket, handle_error

ENDED_OPERATIONS_MAX = 1000


class SessionKey(NamedTuple):
    user_id: str
    session_id: str


@dataclass(frozen=True, slots=True)
class _Ended:
    state: OperationState
    is_abandoned: bool


_Key: TypeAlias = tuple[SessionKey, str]


class Operations:
    """All operations of the server. Starts one thread for each; has none of its own."""

    def __init__(self, limits: Limits, clock: Clock) -> None:
        self._limits = limits
        self._clock = clock
        self._lock = threading.Lock()
        self._known: dict[_Key, Operation] = {}
        self._ended: OrderedDict[_Key, _Ended] = OrderedDict()

    def start(self, session: SessionKey, ticket: Ticket, run: Run) -> Operation:
        """Raises INVALID_HANDLE.OPERATION_ALREADY_EXISTS."""
        operation = Operation(ticket, self._limits, self._clock)
        key = (session, ticket.operation_id)
        with self._lock:
            if key in self._known:
                raise handle_error("INVALID_HANDLE.OPERATION_ALREADY_EXISTS", handle=ticket.operation_id)
            self._known[key] = operation
        name = f"operation-{ticket.operation_id}"
        threading.Thread(target=operation.run, args=(run,), name=name, daemon=True).start()
        return operation

    def find(self, session: SessionKey, operation_id: str) -> Operation | None:
        return self._known.get((session, operation_id))

    def reattach(self, session: SessionKey, operation_id: str) -> Operation:
        """Raises INVALID_HANDLE if the operation is unknown or was dropped, INVALID_CURSOR.NOT_REATTACHABLE."""
        operation = self.find(session, operation_id)
        if operation is None:
            ended = self._ended.get((session, operation_id))
            reason = "OPERATION_ABANDONED" if ended and ended.is_abandoned else "OPERATION_NOT_FOUND"
            raise handle_error(f"INVALID_HANDLE.{reason}", handle=operation_id)
        if not operation.ticket.is_reattachable:
            raise handle_error("INVALID_CURSOR.NOT_REATTACHABLE")
        return operation

    def release_all(self, session: SessionKey, operation_id: str) -> None:
        """Forgets the operation, interrupting it if it still runs; an unknown one is fine."""
        self._forget((session, operation_id), is_abandoned=False)

    def release_session(self, session: SessionKey) -> None:
        for operation in self.of_session(session):
            self.release_all(session, operation.ticket.operation_id)

    def drop_abandoned(self) -> None:
        with self._lock:
            keys = [key for key, operation in self._known.items() if operation.is_abandoned()]
        for key in keys:
            self._forget(key, is_abandoned=True)

    def interrupt(self, session: SessionKey, matches: Callable[[Operation], bool]) -> list[str]:
        """Interrupts the running operations of `session` that match; returns their ids."""
        chosen = [
            operation
            for operation in self.of_session(session)
            if operation.state is OperationState.RUNNING and matches(operation)
        ]
        for operation in chosen:
            operation.interrupt()
        return [operation.ticket.operation_id for operation in chosen]

    def sessions(self) -> set[SessionKey]:
        """The sessions that have operations, whether running or waiting to be read."""
        with self._lock:
            return {session for session, _ in self._known}

    def of_session(self, session: SessionKey) -> list[Operation]:
        with self._lock:
            return [operation for (owner, _), operation in self._known.items() if owner == session]

    def states(self, session: SessionKey, operation_ids: Sequence[str]) -> dict[str, OperationState | None]:
        """The state of each, None if unknown; without ids, of every operation still remembered."""
        with self._lock:
            ended = {key[1]: end.state for key, end in self._ended.items() if key[0] == session}
            running = {key[1]: operation.state for key, operation in self._known.items() if key[0] == session}
        known = ended | running
        return {operation_id: known.get(operation_id) for operation_id in operation_ids or known}

    def _forget(self, key: _Key, *, is_abandoned: bool) -> None:
        with self._lock:
            operation = self._known.pop(key, None)
        if operation is None:
            return
        if operation.state is OperationState.RUNNING:
            operation.interrupt()
        state = OperationState.CANCELLED if operation.state is OperationState.TERMINATING else operation.state
        with self._lock:
            self._ended[key] = _Ended(state, is_abandoned)
            while len(self._ended) > ENDED_OPERATIONS_MAX:
                self._ended.popitem(last=False)
