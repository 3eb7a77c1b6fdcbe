"""The engine of one process: the database, and its sessions by user and id."""

from __future__ import annotations

import threading
from collections.abc import Mapping

from unbounded.clock import Clock, SystemClock
from unbounded.execution.database import Database
from unbounded.session.foreach_batch import BatchFunctions
from unbounded.session.session import Session
from unbounded.streaming.watch import QueryWatcher


class Engine:
    """`settings` are the defaults of every session, with the engine's own under `unbounded.*`.

    Without `batch_functions` streams cannot have `foreachBatch`. `watcher` is told of every query.
    """

    def __init__(
        self,
        settings: Mapping[str, str],
        clock: Clock | None = None,
        *,
        batch_functions: BatchFunctions | None = None,
        watcher: QueryWatcher | None = None,
    ) -> None:
        self._settings = dict(settings)
        self._clock = clock or SystemClock()
        self._database = Database(settings)
        self._batch_functions = batch_functions
        self._watcher = watcher
        self._lock = threading.Lock()
        self._sessions: dict[tuple[str, str], Session] = {}

    def open_session(self, user_id: str, session_id: str) -> Session:
        """The session, new if need be."""
        with self._lock:
            key = (user_id, session_id)
            if key not in self._sessions:
                shared = (self._database, self._clock, self._batch_functions, self._watcher)
                self._sessions[key] = Session.create(user_id, session_id, self._settings, *shared)
            return self._sessions[key]

    def clone_session(self, session: Session, new_session_id: str) -> Session:
        """A copy with the same settings, views, functions and artifacts."""
        with self._lock:
            clone = session.clone(new_session_id)
            self._sessions[session.user_id, new_session_id] = clone
            return clone

    def close_session(self, user_id: str, session_id: str) -> None:
        with self._lock:
            session = self._sessions.pop((user_id, session_id), None)
        if session is not None:
            session.close()

    def close(self) -> None:
        with self._lock:
            sessions, self._sessions = list(self._sessions.values()), {}
        for session in sessions:
            session.close()
        self._database.close()
