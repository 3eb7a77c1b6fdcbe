"""The twelve calls of Spark Connect, one short method each. What they do is in the modules they call."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import chain
from typing import Protocol, TypeVar

import grpc
from grpc_status.rpc_status import to_status
from pyspark.sql.connect import proto
from pyspark.sql.connect.proto.base_pb2_grpc import SparkConnectServiceServicer

from unbounded.connect.analyze import analyze
from unbounded.connect.configure import configure
from unbounded.connect.decode.context import invalid_plan
from unbounded.connect.encode_errors import ErrorStore, encode_details, encode_status
from unbounded.connect.execute import plan_runner
from unbounded.connect.interrupts import matcher
from unbounded.connect.operation import Operation, OperationState, Ticket, handle_error
from unbounded.connect.operations import Operations
from unbounded.connect.sessions import SessionRequest, Sessions, session_key
from unbounded.connect.uploads import add_artifacts
from unbounded.errors import SparkError
from unbounded.ids import is_uuid, new_id
from unbounded.session.session import Session

_logger = logging.getLogger("unbounded")

_OperationStatus = proto.GetStatusResponse.OperationStatus
_STATES: Mapping[OperationState | None, proto.GetStatusResponse.OperationStatus.OperationState.ValueType] = {
    None: _OperationStatus.OPERATION_STATE_UNKNOWN,
    OperationState.RUNNING: _OperationStatus.OPERATION_STATE_RUNNING,
    OperationState.TERMINATING: _OperationStatus.OPERATION_STATE_TERMINATING,
    OperationState.SUCCEEDED: _OperationStatus.OPERATION_STATE_SUCCEEDED,
    OperationState.FAILED: _OperationStatus.OPERATION_STATE_FAILED,
    OperationState.CANCELLED: _OperationStatus.OPERATION_STATE_CANCELLED,
}


class _Answer(Protocol):
    session_id: str
    server_side_session_id: str


Answer = TypeVar("Answer", bound=_Answer)


class SparkConnectService(SparkConnectServiceServicer):
    """Holds no state of its own; called from the server's threads."""

    def __init__(self, sessions: Sessions, operations: Operations, errors: ErrorStore) -> None:
        self._sessions = sessions
        self._operations = operations
        self._errors = errors

    # ------------------------------------------------------------------------------------------ executions

    def ExecutePlan(
        self, request: proto.ExecutePlanRequest, context: grpc.ServicerContext
    ) -> Iterator[proto.ExecutePlanResponse]:
        with self._reporting_errors(request, context):
            session = self._sessions.open(request)
            ticket = _ticket(request, session)
            operation = self._operations.start(session_key(request), ticket, plan_runner(session, request))
            yield from self._responses(request, operation, 0, context)

    def ReattachExecute(
        self, request: proto.ReattachExecuteRequest, context: grpc.ServicerContext
    ) -> Iterator[proto.ExecutePlanResponse]:
        with self._reporting_errors(request, context):
            if self._sessions.find(request) is None:
                raise handle_error("INVALID_HANDLE.SESSION_NOT_FOUND", handle=request.session_id)
            operation = self._operations.reattach(session_key(request), request.operation_id)
            after = operation.position_of(request.last_response_id) if request.HasField("last_response_id") else 0
            yield from self._responses(request, operation, after, context)

    def ReleaseExecute(
        self, request: proto.ReleaseExecuteRequest, context: grpc.ServicerContext
    ) -> proto.ReleaseExecuteResponse:
        with self._reporting_errors(request, context):
            session = self._sessions.find(request)
            response = _signed(proto.ReleaseExecuteResponse(), request, session)
            operation = self._operations.find(session_key(request), request.operation_id)
            if operation is not None:
                response.operation_id = request.operation_id
                self._release(request, operation)
            return response

    def Interrupt(self, request: proto.InterruptRequest, context: grpc.ServicerContext) -> proto.InterruptResponse:
        with self._reporting_errors(request, context):
            session = self._sessions.open(request)
            interrupted = self._operations.interrupt(session_key(request), matcher(request))
            return _signed(proto.InterruptResponse(interrupted_ids=interrupted), request, session)

    def GetStatus(self, request: proto.GetStatusRequest, context: grpc.ServicerContext) -> proto.GetStatusResponse:
        with self._reporting_errors(request, context):
            response = _signed(proto.GetStatusResponse(), request, self._sessions.open(request))
            if request.HasField("operation_status"):
                states = self._operations.states(session_key(request), request.operation_status.operation_ids)
                response.operation_statuses.extend(
                    _OperationStatus(operation_id=operation_id, state=_STATES[state])
                    for operation_id, state in states.items()
                )
            return response

    # ------------------------------------------------------------------------------------------ questions

    def AnalyzePlan(
        self, request: proto.AnalyzePlanRequest, context: grpc.ServicerContext
    ) -> proto.AnalyzePlanResponse:
        with self._reporting_errors(request, context):
            session = self._sessions.open(request)
            return _signed(analyze(session, request), request, session)

    def Config(self, request: proto.ConfigRequest, context: grpc.ServicerContext) -> proto.ConfigResponse:
        with self._reporting_errors(request, context):
            session = self._sessions.open(request)
            return _signed(configure(session.config, request.operation), request, session)

    def FetchErrorDetails(
        self, request: proto.FetchErrorDetailsRequest, context: grpc.ServicerContext
    ) -> proto.FetchErrorDetailsResponse:
        with self._reporting_errors(request, context):
            error = self._errors.find(session_key(request), request.error_id)
            response = encode_details(error) if error is not None else proto.FetchErrorDetailsResponse()
            return _signed(response, request, self._sessions.find(request))

    # ------------------------------------------------------------------------------------------ artifacts

    def AddArtifacts(
        self, request_iterator: Iterator[proto.AddArtifactsRequest], context: grpc.ServicerContext
    ) -> proto.AddArtifactsResponse:
        first = next(request_iterator, proto.AddArtifactsRequest())
        with self._reporting_errors(first, context):
            session = self._sessions.open(first)
            summaries = add_artifacts(session.artifacts, chain([first], request_iterator))
            return _signed(proto.AddArtifactsResponse(artifacts=summaries), first, session)

    def ArtifactStatus(
        self, request: proto.ArtifactStatusesRequest, context: grpc.ServicerContext
    ) -> proto.ArtifactStatusesResponse:
        with self._reporting_errors(request, context):
            session = self._sessions.open(request)
            response = _signed(proto.ArtifactStatusesResponse(), request, session)
            for name in request.names:
                response.statuses[name].exists = session.artifacts.exists(name)
            return response

    # ------------------------------------------------------------------------------------------ sessions

    def ReleaseSession(
        self, request: proto.ReleaseSessionRequest, context: grpc.ServicerContext
    ) -> proto.ReleaseSessionResponse:
        with self._reporting_errors(request, context):
            response = _signed(proto.ReleaseSessionResponse(), request, self._sessions.find(request))
            key = session_key(request)
            self._operations.release_session(key)
            self._sessions.close(request)
            self._errors.forget_session(key)
            return response

    def CloneSession(
        self, request: proto.CloneSessionRequest, context: grpc.ServicerContext
    ) -> proto.CloneSessionResponse:
        with self._reporting_errors(request, context):
            session, clone = self._sessions.clone(request)
            response = proto.CloneSessionResponse(
                new_session_id=clone.session_id, new_server_side_session_id=clone.server_side_session_id
            )
            return _signed(response, request, session)

    # ------------------------------------------------------------------------------------------ shared steps

    def _responses(
        self, request: SessionRequest, operation: Operation, after: int, context: grpc.ServicerContext
    ) -> Iterator[proto.ExecutePlanResponse]:
        """Streams until the client goes; what cannot be reattached goes with it."""
        context.add_callback(operation.wake_reader)
        try:
            yield from operation.responses(after=after, is_connected=context.is_active)
        finally:
            self._sessions.touch(session_key(request))
            if not operation.ticket.is_reattachable:
                self._operations.release_all(session_key(request), operation.ticket.operation_id)

    def _release(self, request: proto.ReleaseExecuteRequest, operation: Operation) -> None:
        match request.WhichOneof("release"):
            case "release_until":
                operation.release_until(request.release_until.response_id)
            case "release_all":
                self._operations.release_all(session_key(request), request.operation_id)
            case _:
                raise invalid_plan("ASSERTION_FAILURE", message="ReleaseExecute says neither until nor all")

    @contextmanager
    def _reporting_errors(self, request: SessionRequest, context: grpc.ServicerContext) -> Iterator[None]:
        """The root of every call: an error ends it with a status the client can turn into its exception."""
        try:
            yield
        except GeneratorExit:
            raise
        except BaseException as error:  # the root of a call
            if not isinstance(error, SparkError):
                _logger.error("A call failed for a reason of the engine's own.", exc_info=error)
            key = session_key(request)
            error_id = self._errors.put(key, error) if self._sessions.is_open(key) else None
            context.abort_with_status(to_status(encode_status(error, error_id)))


def _signed(answer: Answer, request: SessionRequest, session: Session | None) -> Answer:
    """`answer` with the two ids which every one repeats."""
    answer.session_id = request.session_id
    answer.server_side_session_id = session.server_side_session_id if session is not None else ""
    return answer


def _ticket(request: proto.ExecutePlanRequest, session: Session) -> Ticket:
    """Raises INVALID_HANDLE.FORMAT for an operation id that is not a UUID."""
    operation_id = request.operation_id or new_id()
    if not is_uuid(operation_id):
        raise handle_error("INVALID_HANDLE.FORMAT", handle=operation_id)
    return Ticket(
        operation_id=operation_id,
        session_id=request.session_id,
        server_side_session_id=session.server_side_session_id,
        tags=frozenset(request.tags),
        is_reattachable=any(option.reattach_options.reattachable for option in request.request_options),
    )
