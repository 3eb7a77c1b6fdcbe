"""Commands about streaming queries: one query, all of them, the listener bus. Every command has its answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from pyspark.sql.connect.proto import (
    ExecutePlanResponse,
    StreamingQueryCommand,
    StreamingQueryCommandResult,
    StreamingQueryInstanceId,
    StreamingQueryListenerBusCommand,
    StreamingQueryListenerEvent,
    StreamingQueryListenerEventsResult,
    StreamingQueryManagerCommand,
    StreamingQueryManagerCommandResult,
    WriteStreamOperationStartResult,
)
from pyspark.sql.connect.proto.commands_pb2 import (
    QUERY_IDLE_EVENT,
    QUERY_PROGRESS_EVENT,
    QUERY_TERMINATED_EVENT,
    StreamingQueryEventType,
)

from unbounded.cancellation import Cancellation
from unbounded.connect.decode.context import invalid_plan, one_of_not_set
from unbounded.connect.operation import Emit
from unbounded.errors import not_supported
from unbounded.session.results import StreamStarted
from unbounded.session.session import Session
from unbounded.session.streams_api import EventKind, ListenerEvent, RunningQuery, StreamsApi

_MICROSECONDS_PER_MILLISECOND = 1000
_EXCEPTION_CLASS = "org.apache.spark.sql.streaming.StreamingQueryException"
_EVENT_TYPES: Mapping[EventKind, StreamingQueryEventType.ValueType] = {
    EventKind.PROGRESS: QUERY_PROGRESS_EVENT,
    EventKind.TERMINATED: QUERY_TERMINATED_EVENT,
    EventKind.IDLE: QUERY_IDLE_EVENT,
}


def streams_of(session: Session) -> StreamsApi:
    if session.streams is None:
        raise not_supported("Structured Streaming", "This engine was built without it.")
    return session.streams


def encode_started(started: StreamStarted) -> WriteStreamOperationStartResult:
    result = WriteStreamOperationStartResult(
        query_id=StreamingQueryInstanceId(id=started.query_id, run_id=started.run_id), name=started.name or ""
    )
    if started.started_event_json is not None:
        result.query_started_event_json = started.started_event_json
    return result


# ---------------------------------------------------------------------------------------------- one query


def run_query_command(session: Session, command: StreamingQueryCommand, emit: Emit, cancellation: Cancellation) -> None:
    kind = command.WhichOneof("command")
    if kind is None:
        raise one_of_not_set(command, "command")
    query = _find_query(streams_of(session), command.query_id)
    result = _QUERY_COMMANDS[kind](query, command, cancellation)
    result.query_id.CopyFrom(command.query_id)
    emit(ExecutePlanResponse(streaming_query_command_result=result))


def _find_query(streams: StreamsApi, identity: StreamingQueryInstanceId) -> RunningQuery:
    query = streams.find(identity.id, identity.run_id)
    if query is not None:
        return query
    latest = streams.find(identity.id)
    if latest is None:
        raise invalid_plan("STREAMING_QUERY_NOT_FOUND", id=identity.id)
    raise invalid_plan(
        "STREAMING_QUERY_RUN_ID_MISMATCH", id=identity.id, runId=identity.run_id, serverRunId=latest.run_id
    )


def _status(query: RunningQuery, *_: object) -> StreamingQueryCommandResult:
    status = query.status()
    return StreamingQueryCommandResult(
        status=StreamingQueryCommandResult.StatusResult(
            status_message=status.message,
            is_data_available=status.is_data_available,
            is_trigger_active=status.is_trigger_active,
            is_active=status.is_active,
        )
    )


def _recent_progress(query: RunningQuery, *_: object) -> StreamingQueryCommandResult:
    return _progress(query.recent_progress())


def _last_progress(query: RunningQuery, *_: object) -> StreamingQueryCommandResult:
    return _progress(query.recent_progress()[-1:])


def _progress(texts: Any) -> StreamingQueryCommandResult:
    progress = StreamingQueryCommandResult.RecentProgressResult(recent_progress_json=texts)
    return StreamingQueryCommandResult(recent_progress=progress)


def _stop(query: RunningQuery, *_: object) -> StreamingQueryCommandResult:
    query.stop()
    return StreamingQueryCommandResult()


def _process_all_available(
    query: RunningQuery, command: StreamingQueryCommand, cancellation: Cancellation
) -> StreamingQueryCommandResult:
    query.process_all_available(cancellation)
    return StreamingQueryCommandResult()


def _explain(query: RunningQuery, command: StreamingQueryCommand, *_: object) -> StreamingQueryCommandResult:
    text = query.explain(is_extended=command.explain.extended)
    return StreamingQueryCommandResult(explain=StreamingQueryCommandResult.ExplainResult(result=text))


def _exception(query: RunningQuery, *_: object) -> StreamingQueryCommandResult:
    """The message begins with a class name and a colon, which the client cuts off."""
    failure = query.failure()
    if failure is None:
        exception = StreamingQueryCommandResult.ExceptionResult()
    else:
        exception = StreamingQueryCommandResult.ExceptionResult(
            exception_message=f"{_EXCEPTION_CLASS}: {failure.message}", error_class=failure.condition
        )
    return StreamingQueryCommandResult(exception=exception)


def _await_termination(
    query: RunningQuery, command: StreamingQueryCommand, cancellation: Cancellation
) -> StreamingQueryCommandResult:
    has_ended = query.await_termination(cancellation, timeout_us=_timeout_us(command.await_termination))
    result = StreamingQueryCommandResult.AwaitTerminationResult(terminated=has_ended)
    return StreamingQueryCommandResult(await_termination=result)


_QueryCommand: TypeAlias = Callable[[RunningQuery, StreamingQueryCommand, Cancellation], StreamingQueryCommandResult]
_QUERY_COMMANDS: Mapping[str, _QueryCommand] = {
    "status": _status,
    "recent_progress": _recent_progress,
    "last_progress": _last_progress,
    "stop": _stop,
    "process_all_available": _process_all_available,
    "explain": _explain,
    "exception": _exception,
    "await_termination": _await_termination,
}


# ---------------------------------------------------------------------------------------------- all queries


def run_manager_command(
    session: Session, command: StreamingQueryManagerCommand, emit: Emit, cancellation: Cancellation
) -> None:
    kind = command.WhichOneof("command")
    if kind is None:
        raise one_of_not_set(command, "command")
    if kind not in _MANAGER_COMMANDS:
        raise not_supported(f"The streaming command {kind}", "Listeners written in Python use the listener bus.")
    result = _MANAGER_COMMANDS[kind](streams_of(session), command, cancellation)
    emit(ExecutePlanResponse(streaming_query_manager_command_result=result))


def _active(streams: StreamsApi, *_: object) -> StreamingQueryManagerCommandResult:
    queries = [_instance(query) for query in streams.active()]
    active = StreamingQueryManagerCommandResult.ActiveResult(active_queries=queries)
    return StreamingQueryManagerCommandResult(active=active)


def _get_query(
    streams: StreamsApi, command: StreamingQueryManagerCommand, *_: object
) -> StreamingQueryManagerCommandResult:
    """No query in the answer means that it is not active."""
    query = streams.find(command.get_query)
    return StreamingQueryManagerCommandResult(query=_instance(query) if query is not None else None)


def _await_any_termination(
    streams: StreamsApi, command: StreamingQueryManagerCommand, cancellation: Cancellation
) -> StreamingQueryManagerCommandResult:
    timeout_us = _timeout_us(command.await_any_termination)
    has_ended = streams.await_any_termination(cancellation, timeout_us=timeout_us)
    result = StreamingQueryManagerCommandResult.AwaitAnyTerminationResult(terminated=has_ended)
    return StreamingQueryManagerCommandResult(await_any_termination=result)


def _reset_terminated(streams: StreamsApi, *_: object) -> StreamingQueryManagerCommandResult:
    streams.reset_terminated()
    return StreamingQueryManagerCommandResult(reset_terminated=True)


def _instance(query: RunningQuery) -> StreamingQueryManagerCommandResult.StreamingQueryInstance:
    identity = StreamingQueryInstanceId(id=query.query_id, run_id=query.run_id)
    return StreamingQueryManagerCommandResult.StreamingQueryInstance(id=identity, name=query.name)


def _timeout_us(
    command: StreamingQueryCommand.AwaitTerminationCommand | StreamingQueryManagerCommand.AwaitAnyTerminationCommand,
) -> int | None:
    return command.timeout_ms * _MICROSECONDS_PER_MILLISECOND if command.HasField("timeout_ms") else None


_ManagerCommand: TypeAlias = Callable[
    [StreamsApi, StreamingQueryManagerCommand, Cancellation], StreamingQueryManagerCommandResult
]
_MANAGER_COMMANDS: Mapping[str, _ManagerCommand] = {
    "active": _active,
    "get_query": _get_query,
    "await_any_termination": _await_any_termination,
    "reset_terminated": _reset_terminated,
}


# ---------------------------------------------------------------------------------------------- the listener bus


def run_listener_bus_command(
    session: Session, command: StreamingQueryListenerBusCommand, emit: Emit, cancellation: Cancellation
) -> None:
    """Adding lasts until someone removes: first the confirmation, then the events as they come."""
    streams = streams_of(session)
    match command.WhichOneof("command"):
        case "add_listener_bus_listener":
            _listen(streams, emit, cancellation)
        case "remove_listener_bus_listener":
            streams.stop_listening()
        case _:
            raise one_of_not_set(command, "command")


def _listen(streams: StreamsApi, emit: Emit, cancellation: Cancellation) -> None:
    events = streams.listen()
    forget = cancellation.on_cancel(streams.stop_listening)
    try:
        _emit_events(emit, StreamingQueryListenerEventsResult(listener_bus_listener_added=True))
        for event in events:
            _emit_events(emit, StreamingQueryListenerEventsResult(events=[_encode_event(event)]))
    finally:
        forget()


def _emit_events(emit: Emit, result: StreamingQueryListenerEventsResult) -> None:
    emit(ExecutePlanResponse(streaming_query_listener_events_result=result))


def _encode_event(event: ListenerEvent) -> StreamingQueryListenerEvent:
    return StreamingQueryListenerEvent(event_json=event.json, event_type=_EVENT_TYPES[event.kind])
