"""From a request to its session: opens it, checks the client's idea of it, closes it, forgets it when idle."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Protocol

from pyspark.sql.connect.proto import CloneSessionRequest, ReleaseSessionRequest, UserContext

from unbounded.clock import Clock
from unbounded.connect.operation import handle_error
from unbounded.connect.operations import SessionKey
from unbounded.errors import ErrorKind, SparkError
from unbounded.ids import is_uuid, new_id
from unbounded.session.engine import Engine
from unbounded.session.session import Session

CLOSED_SESSIONS_MAX = 1000


class SessionRequest(Protocol):
    """What every request of the protocol carries."""

    session_id: str

    @property
    def user_context(self) -> UserContext: ...


def session_key(request: SessionRequest) -> SessionKey:
    return SessionKey(request.user_context.user_id, request.session_id)


class Sessions:
    """The sessions of the server as its clients know them. May be used from several threads."""

    def __init__(self, engine: Engine, clock: Clock, *, idle_us_max: int) -> None:
        self._engine = engine
        self._clock = clock
        self._idle_us_max = idle_us_max
        self._lock = threading.Lock()
        self._open: dict[SessionKey, Session] = {}
        self._used_us: dict[SessionKey, int] = {}
        self._closed: OrderedDict[SessionKey, None] = OrderedDict()

    def open(self, request: SessionRequest) -> Session:
        """The session of `request`, new if need be.

        Raises INVALID_HANDLE: FORMAT, SESSION_CLOSED, or SESSION_CHANGED if the client has seen another one.
        """
        key = session_key(request)
        if not is_uuid(key.session_id):
            raise handle_error("INVALID_HANDLE.FORMAT", handle=key.session_id)
        with self._lock:
            if key in self._closed:
                raise handle_error("INVALID_HANDLE.SESSION_CLOSED", handle=key.session_id)
            session = self._open.get(key)
            if session is None:
                session = self._open[key] = self._engine.open_session(*key)
            self._used_us[key] = self._clock.monotonic_us()
        _check_observed(request, session)
        return session

    def find(self, request: SessionRequest) -> Session | None:
        """The session of `request` if it is open; for requests that must not open one."""
        session = self._open.get(session_key(request))
        if session is not None:
            _check_observed(request, session)
        return session

    def clone(self, request: CloneSessionRequest) -> tuple[Session, Session]:
        """The session of `request` and its new copy. Raises INVALID_CLONE_SESSION_REQUEST."""
        source = self.open(request)
        key = SessionKey(request.user_context.user_id, request.new_session_id or new_id())
        if not is_uuid(key.session_id):
            raise _clone_error("TARGET_SESSION_ID_FORMAT", key)
        with self._lock:
            if key in self._closed:
                raise _clone_error("TARGET_SESSION_ID_ALREADY_CLOSED", key)
            if key in self._open:
                raise _clone_error("TARGET_SESSION_ID_ALREADY_EXISTS", key)
            clone = self._open[key] = self._engine.clone_session(source, key.session_id)
            self._used_us[key] = self._clock.monotonic_us()
        return source, clone

    def close(self, request: ReleaseSessionRequest) -> None:
        """Closes the session, if it is open, for good unless the client may reconnect."""
        key = session_key(request)
        self._close(key)
        if not request.allow_reconnect:
            with self._lock:
                self._closed[key] = None
                while len(self._closed) > CLOSED_SESSIONS_MAX:
                    self._closed.popitem(last=False)

    def touch(self, key: SessionKey) -> None:
        """Says that the session is in use."""
        with self._lock:
            if key in self._used_us:
                self._used_us[key] = self._clock.monotonic_us()

    def is_open(self, key: SessionKey) -> bool:
        return key in self._open

    def close_idle(self) -> list[SessionKey]:
        """Closes the sessions nobody has used for long and that run no stream; returns them."""
        limit_us = self._clock.monotonic_us() - self._idle_us_max
        with self._lock:
            idle = [key for key, used_us in self._used_us.items() if used_us <= limit_us]
            idle = [key for key in idle if not _has_active_streams(self._open[key])]
        for key in idle:
            self._close(key)
        return idle

    def _close(self, key: SessionKey) -> None:
        with self._lock:
            session = self._open.pop(key, None)
            self._used_us.pop(key, None)
        if session is not None:
            self._engine.close_session(*key)


def _has_active_streams(session: Session) -> bool:
    return session.streams is not None and bool(session.streams.active())


def _check_observed(request: SessionRequest, session: Session) -> None:
    """Requests that do not carry the server's id of the session have nothing to check."""
    observed = getattr(request, "client_observed_server_side_session_id", "")
    if observed and observed != session.server_side_session_id:
        raise handle_error("INVALID_HANDLE.SESSION_CHANGED", handle=request.session_id)


def _clone_error(sub_class: str, key: SessionKey) -> SparkError:
    condition = f"INVALID_CLONE_SESSION_REQUEST.{sub_class}"
    return SparkError(ErrorKind.SQL, condition, {"targetSessionId": key.session_id})
