"""Puts the protocol edge together over an engine, and keeps it tidy: abandoned operations, idle sessions."""

from __future__ import annotations

from collections.abc import Mapping

from unbounded.clock import Clock
from unbounded.connect.encode_errors import ErrorStore
from unbounded.connect.operation import Limits
from unbounded.connect.operations import Operations
from unbounded.connect.service import SparkConnectService
from unbounded.connect.sessions import Sessions
from unbounded.session.config import SessionConfig
from unbounded.session.engine import Engine


class ConnectEdge:
    """The service of one engine. `tidy` is to be called now and then; it has no thread of its own."""

    def __init__(self, engine: Engine, settings: Mapping[str, str], clock: Clock) -> None:
        config = SessionConfig(settings)
        idle_us_max = config.duration_us("spark.connect.session.manager.defaultSessionTimeout")
        self._sessions = Sessions(engine, clock, idle_us_max=idle_us_max)
        self._operations = Operations(limits_of(config), clock)
        self._errors = ErrorStore()
        self.service = SparkConnectService(self._sessions, self._operations, self._errors)

    def tidy(self) -> None:
        self._operations.drop_abandoned()
        for key in self._operations.sessions():
            self._sessions.touch(key)
        for key in self._sessions.close_idle():
            self._errors.forget_session(key)


def limits_of(config: SessionConfig) -> Limits:
    """The bounds as Spark's settings name them."""
    return Limits(
        stream_us_max=config.duration_us("spark.connect.execute.reattachable.senderMaxStreamDuration"),
        stream_bytes_max=config.size_bytes("spark.connect.execute.reattachable.senderMaxStreamSize"),
        kept_bytes_max=config.size_bytes("spark.connect.execute.reattachable.observerRetryBufferSize"),
        detached_us_max=config.duration_us("spark.connect.execute.manager.detachedTimeout"),
        progress_interval_us=config.duration_us("spark.connect.progress.reportInterval"),
    )
