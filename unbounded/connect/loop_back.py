"""The engine's own door: users' `foreachBatch` functions run in this process as clients of it.

Why a client in this process and not a worker beside it: docs/decisions/0006-foreach-batch-in-the-engine.md.
"""

from __future__ import annotations

import pickle
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from pyspark.sql.connect.proto.base_pb2_grpc import SparkConnectServiceServicer

from unbounded.cancellation import Cancellation
from unbounded.connect.operation import cancelled_error
from unbounded.connect.server import ConnectServer, ServerAddress
from unbounded.errors import ErrorKind, SparkError
from unbounded.ids import new_token

HOST = "127.0.0.1"


class LoopBack:
    """Implements `session.foreach_batch.BatchFunctions`. Listens from the first function on, for this process alone.

    The address, token and certificate of the public server do not matter: this is a second server over the same
    service, on a free loop-back port and with a token that nobody is told. `prepare_client` is told its URL, and how to
    see whether it still listens, before the first client is made.
    """

    def __init__(
        self,
        service: Callable[[], SparkConnectServiceServicer],
        prepare_client: Callable[[str, Callable[[], bool]], None],
    ) -> None:
        self._service = service
        self._prepare_client = prepare_client
        self._lock = threading.Lock()
        self._server: ConnectServer | None = None
        self._url = ""

    def open(self, user_id: str, session_id: str, command: bytes) -> FunctionThread:
        def connect() -> Any:
            url = self._served_url()
            return _client_session(f"{url};user_id={quote(user_id, safe='')};session_id={session_id}")

        return FunctionThread(connect, command)

    def close(self) -> None:
        with self._lock:
            server, self._server = self._server, None
        if server is not None:
            server.stop()

    def _served_url(self) -> str:
        with self._lock:
            if self._server is None:
                token = new_token()
                self._server = ConnectServer(ServerAddress(HOST, 0, token))
                self._server.serve(self._service())
                self._url = f"sc://localhost:{self._server.port}/;token={quote(token, safe='')}"
                self._prepare_client(self._url, lambda: self._server is not None)
            return self._url


def _client_session(url: str) -> Any:
    """A session of the client, active in this thread and nobody's default."""
    from pyspark.sql.connect.session import SparkSession  # noqa: PLC0415  heavy, and few engines need a client

    with SparkSession._lock:
        default = SparkSession._default_session
        session = SparkSession.builder.remote(url).create()
        SparkSession._default_session = default
    SparkSession._active_session.session = session
    return session


@dataclass(slots=True)
class _Call:
    relation_id: str
    batch_id: int
    is_over: threading.Event = field(default_factory=threading.Event)
    failure: BaseException | None = None
    has_returned: bool = False


class FunctionThread:
    """One query's function in a thread of its own, in which its client session is the active one.

    The thread connects and unpickles at once, while the query still plans; what fails then fails the first call.
    """

    def __init__(self, connect: Callable[[], Any], command: bytes) -> None:
        self._connect = connect
        self._command = command
        self._calls: queue.SimpleQueue[_Call | None] = queue.SimpleQueue()
        threading.Thread(target=self._run, name="foreachBatch", daemon=True).start()

    def call(self, relation_id: str, batch_id: int, cancellation: Cancellation) -> None:
        """A function that is cancelled is left to end by itself, so that it may stop its own query."""
        call = _Call(relation_id, batch_id)
        self._calls.put(call)
        forget = cancellation.on_cancel(call.is_over.set)
        try:
            call.is_over.wait()
        finally:
            forget()
        if call.failure is not None:
            raise _user_function_error(call.failure) from call.failure
        if not call.has_returned:
            raise cancelled_error()

    def close(self) -> None:
        self._calls.put(None)

    # ------------------------------------------------------------------------------------------ the function's thread

    def _run(self) -> None:
        session, function, failure = None, None, None
        try:
            session = self._connect()
            function = pickle.loads(self._command)
        except BaseException as error:  # the root of a thread; the first call reports it
            failure = error
        for call in iter(self._calls.get, None):
            call.failure = failure or _run_call(session, function, call)
            call.has_returned = call.failure is None
            call.is_over.set()
            del call
        if session is not None:
            session.client.close()


def _run_call(session: Any, function: Any, call: _Call) -> BaseException | None:
    try:
        function(session._create_remote_dataframe(call.relation_id), call.batch_id)
    except BaseException as failure:  # whatever the user's code does, it must not end the thread
        return failure
    return None


def _user_function_error(failure: BaseException) -> SparkError:
    from unbounded.execution.python_functions import python_error  # noqa: PLC0415  loads the client's error classes

    reason = python_error(failure).message
    return SparkError(ErrorKind.SPARK, "FOREACH_BATCH_USER_FUNCTION_ERROR", {"reason": reason})
