"""The ExecutePlan call: runs one plan in its session and turns what comes out into responses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import pyarrow as pa
from pyspark.sql.connect.proto import (
    CheckpointCommand,
    Command,
    ExecutePlanRequest,
    ExecutePlanResponse,
    GetResourcesCommand,
    MlCommand,
    Relation,
    RemoveCachedRemoteRelationCommand,
)

from unbounded.cancellation import Cancellation
from unbounded.connect.decode import decode_command, decode_plan_root
from unbounded.connect.encode import (
    Chunking,
    decode_chunking,
    encode_batch,
    encode_data_type,
    encode_held_relation,
    encode_local_relation,
    encode_metrics,
)
from unbounded.connect.encode_literals import encode_observed
from unbounded.connect.operation import Emit, Run
from unbounded.connect.plans import decode_context, unpack_plan
from unbounded.connect.streaming_commands import (
    encode_started,
    run_listener_bus_command,
    run_manager_command,
    run_query_command,
)
from unbounded.errors import not_supported
from unbounded.ids import new_id
from unbounded.plan import unresolved
from unbounded.session.results import CommandDone, Rows, SqlCommandDone, StreamStarted
from unbounded.session.session import Session
from unbounded.types.arrow import to_arrow_schema


def plan_runner(session: Session, request: ExecutePlanRequest) -> Run:
    """What an operation's thread does for `request`; decoding errors come out of it too."""

    def run(emit: Emit, cancellation: Cancellation) -> None:
        chunking = decode_chunking(request)
        root = unpack_plan(request.plan)
        if isinstance(root, Relation):
            query = decode_plan_root(root, decode_context(session))
            _run_plan(session, query, root, chunking, emit, cancellation)
        elif (kind := root.WhichOneof("command_type")) in _EDGE_COMMANDS:
            _EDGE_COMMANDS[str(kind)](session, getattr(root, str(kind)), emit, cancellation)
        else:
            _run_plan(session, decode_command(root, decode_context(session)), root, chunking, emit, cancellation)
        emit(ExecutePlanResponse(result_complete=ExecutePlanResponse.ResultComplete()))

    return run


def _run_plan(
    session: Session,
    plan: unresolved.Relation | unresolved.Command,
    message: Relation | Command,
    chunking: Chunking,
    emit: Emit,
    cancellation: Cancellation,
) -> None:
    match session.execute(plan, cancellation=cancellation):
        case Rows() as rows:
            _emit_rows(session, rows, chunking, emit)
        case SqlCommandDone(relation=relation):
            answer = _encode_sql_answer(session, relation, plan, message)
            emit(ExecutePlanResponse(sql_command_result=ExecutePlanResponse.SqlCommandResult(relation=answer)))
        case StreamStarted() as started:
            emit(ExecutePlanResponse(write_stream_operation_start_result=encode_started(started)))
        case CommandDone():
            pass


# ---------------------------------------------------------------------------------------------- answers


def _emit_rows(session: Session, rows: Rows, chunking: Chunking, emit: Emit) -> None:
    """Schema, batches (at least one, so that the client gets a table), metrics, observed metrics."""
    try:
        emit(ExecutePlanResponse(schema=encode_data_type(rows.schema)))
        row_count = batch_count = 0
        for batch in rows.batches:
            _emit_batch(batch, row_count, chunking, emit)
            row_count, batch_count = row_count + batch.num_rows, batch_count + 1
        if batch_count == 0:
            _emit_batch(_empty_batch(session, rows), 0, chunking, emit)
        emit(ExecutePlanResponse(metrics=encode_metrics(row_count)))
        if rows.observed:
            observed = [encode_observed(name, values) for name, values in rows.observed.items()]
            emit(ExecutePlanResponse(observed_metrics=observed))
    finally:
        rows.close()


def _emit_batch(batch: pa.RecordBatch, start_offset: int, chunking: Chunking, emit: Emit) -> None:
    for message in encode_batch(batch, start_offset, chunking):
        emit(ExecutePlanResponse(arrow_batch=message))


def _empty_batch(session: Session, rows: Rows) -> pa.RecordBatch:
    schema = to_arrow_schema(rows.schema, session.config.time_zone)
    return pa.RecordBatch.from_arrays([pa.nulls(0, field.type) for field in schema], schema=schema)


def _encode_sql_answer(
    session: Session,
    relation: unresolved.Relation,
    plan: unresolved.Relation | unresolved.Command,
    message: Relation | Command,
) -> Relation:
    """A query goes back to the client as it came, rows as they are, anything else under an id."""
    is_same_query = isinstance(plan, unresolved.SqlCommand) and relation == plan.query
    if is_same_query and isinstance(message, Command) and message.sql_command.HasField("input"):
        return message.sql_command.input
    match relation:
        case unresolved.LocalRelation():
            return encode_local_relation(relation)
        case unresolved.CachedRemoteRelation(relation_id=relation_id):
            return encode_held_relation(relation_id)
        case _:
            return _hold(session, relation)


def _hold(session: Session, relation: unresolved.Relation) -> Relation:
    relation_id = new_id()
    session.hold_relation(relation_id, relation)
    return encode_held_relation(relation_id)


# ---------------------------------------------------------------------------------------------- commands without a plan


def _checkpoint(session: Session, command: CheckpointCommand, emit: Emit, cancellation: Cancellation) -> None:
    relation_id = new_id()
    relation = decode_plan_root(command.relation, decode_context(session))
    session.checkpoint(relation_id, relation, cancellation, is_eager=command.eager)
    response = ExecutePlanResponse()
    response.checkpoint_command_result.relation.CopyFrom(encode_held_relation(relation_id).cached_remote_relation)
    emit(response)


def _release_relation(session: Session, command: RemoveCachedRemoteRelationCommand, *_: object) -> None:
    session.release_relation(command.relation.relation_id)


def _resources(session: Session, command: GetResourcesCommand, emit: Emit, *_: object) -> None:
    """One machine has no other resources than itself."""
    response = ExecutePlanResponse()
    response.get_resources_command_result.SetInParent()
    emit(response)


def _machine_learning(session: Session, command: MlCommand, emit: Emit, *_: object) -> None:
    """Clients clean the cache of models when they exit; there are no models."""
    if command.WhichOneof("command") != "clean_cache":
        raise not_supported("pyspark.ml", "Collect the rows and use a Python library such as scikit-learn.")
    response = ExecutePlanResponse()
    response.ml_command_result.SetInParent()
    emit(response)


_EdgeCommand: TypeAlias = Callable[[Session, Any, Emit, Cancellation], None]
_EDGE_COMMANDS: Mapping[str | None, _EdgeCommand] = {
    "checkpoint_command": _checkpoint,
    "remove_cached_remote_relation_command": _release_relation,
    "get_resources_command": _resources,
    "ml_command": _machine_learning,
    "streaming_query_command": run_query_command,
    "streaming_query_manager_command": run_manager_command,
    "streaming_query_listener_bus_command": run_listener_bus_command,
}
