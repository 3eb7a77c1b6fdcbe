"""Commands of the protocol as plan commands: writes, views, SQL, streams, function registration."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pyspark.sql.connect import proto

from unbounded.connect.decode.context import DecodeContext, decode_options, invalid_enum, one_of_not_set
from unbounded.connect.decode.expressions import decode_expression, decode_expressions
from unbounded.connect.decode.merges import decode_merge
from unbounded.connect.decode.python_functions import decode_python_function
from unbounded.connect.decode.relation_leaves import decode_sql
from unbounded.connect.decode.relations import decode_relation
from unbounded.errors import ErrorKind, SparkError, analysis_error, not_supported
from unbounded.plan.identifiers import parse_table_name
from unbounded.plan.unresolved import (
    Command,
    CreateView,
    PlanId,
    RegisterFunction,
    Relation,
    SaveMode,
    SqlCommand,
    Trigger,
    TriggerKind,
    UnsupportedCommand,
    WithCtes,
    Write,
    WriteStream,
    WriteTo,
    WriteToMode,
)

EDGE_COMMANDS = frozenset(
    {
        "checkpoint_command",
        "get_resources_command",
        "remove_cached_remote_relation_command",
        "streaming_query_command",
        "streaming_query_listener_bus_command",
        "streaming_query_manager_command",
    }
)
"""Questions to the session rather than plans: the service answers them from the message, they have no node."""

UNSUPPORTED_COMMANDS = frozenset(
    {
        "create_resource_profile_command",
        "execute_external_command",
        "extension",
        "ml_command",
        "pipeline_command",
        "register_data_source",
        "register_table_function",
    }
)

_SAVE_MODES = {
    proto.WriteOperation.SAVE_MODE_APPEND: SaveMode.APPEND,
    proto.WriteOperation.SAVE_MODE_OVERWRITE: SaveMode.OVERWRITE,
    proto.WriteOperation.SAVE_MODE_ERROR_IF_EXISTS: SaveMode.ERROR,
    proto.WriteOperation.SAVE_MODE_IGNORE: SaveMode.IGNORE,
}
_WRITE_TO_MODES = {
    proto.WriteOperationV2.MODE_CREATE: WriteToMode.CREATE,
    proto.WriteOperationV2.MODE_REPLACE: WriteToMode.REPLACE,
    proto.WriteOperationV2.MODE_CREATE_OR_REPLACE: WriteToMode.CREATE_OR_REPLACE,
    proto.WriteOperationV2.MODE_APPEND: WriteToMode.APPEND,
    proto.WriteOperationV2.MODE_OVERWRITE: WriteToMode.OVERWRITE,
    proto.WriteOperationV2.MODE_OVERWRITE_PARTITIONS: WriteToMode.OVERWRITE_PARTITIONS,
}
_TRIGGERS = {
    "processing_time_interval": TriggerKind.PROCESSING_TIME,
    "once": TriggerKind.ONCE,
    "available_now": TriggerKind.AVAILABLE_NOW,
    "continuous_checkpoint_interval": TriggerKind.CONTINUOUS,
    "real_time_batch_duration": TriggerKind.REAL_TIME,
}
_DEFAULT_OUTPUT_MODE = "append"


def decode_command(message: proto.Command, context: DecodeContext) -> Command:
    kind = message.WhichOneof("command_type")
    if kind is None:
        raise one_of_not_set(message, "command_type")
    if kind in UNSUPPORTED_COMMANDS or kind in EDGE_COMMANDS:
        return UnsupportedCommand(kind)
    return _DECODERS[kind](getattr(message, kind), context)


def _decode_register_function(message: proto.CommonInlineUserDefinedFunction, context: DecodeContext) -> Command:
    return RegisterFunction(message.function_name, decode_python_function(message, ()))


def _decode_view(message: proto.CreateDataFrameViewCommand, context: DecodeContext) -> Command:
    """Spark accepts a database before the name of a view and does not use it."""
    try:
        parts = parse_table_name(message.name)
    except SparkError as error:
        if error.kind is not ErrorKind.PARSE:
            raise
        parts = ()
    if len(parts) not in (1, 2):
        raise analysis_error("_LEGACY_ERROR_TEMP_1321", viewName=message.name)
    return CreateView(decode_relation(message.input, context), parts[-1], message.is_global, message.replace)


def _decode_sql_command(message: proto.SqlCommand, context: DecodeContext) -> Command:
    """The query is a `SqlQuery`, or `WithCtes` around one; clients before 4.0 send the text itself."""
    if message.HasField("input"):
        return SqlCommand(_bare_sql(decode_relation(message.input, context)))
    return SqlCommand(decode_sql(message, message.sql, context))


def _bare_sql(relation: Relation) -> Relation:
    match relation:
        case PlanId(child=child):
            return _bare_sql(child)
        case WithCtes(ctes=ctes, body=body):
            return WithCtes(ctes, _bare_sql(body))
        case _:
            return relation


def _decode_write(message: proto.WriteOperation, context: DecodeContext) -> Command:
    _refuse_table_layout(message)
    inserts = message.table.save_method == proto.WriteOperation.SaveTable.TABLE_SAVE_METHOD_INSERT_INTO
    has_bucket = message.HasField("bucket_by")
    return Write(
        query=decode_relation(message.input, context),
        format=message.source if message.HasField("source") else None,
        mode=_save_mode(message, inserts=inserts),
        options=decode_options(message.options),
        path=message.path if message.WhichOneof("save_type") == "path" else None,
        table=parse_table_name(message.table.table_name) if message.WhichOneof("save_type") == "table" else (),
        inserts=inserts,
        partition_columns=tuple(message.partitioning_columns),
        sort_columns=tuple(message.sort_column_names),
        bucket_columns=tuple(message.bucket_by.bucket_column_names),
        bucket_count=message.bucket_by.num_buckets if has_bucket else None,
    )


def _save_mode(message: proto.WriteOperation, *, inserts: bool) -> SaveMode:
    """Without a mode an insert appends and a save refuses to touch what exists."""
    if message.mode == proto.WriteOperation.SAVE_MODE_UNSPECIFIED:
        return SaveMode.APPEND if inserts else SaveMode.ERROR
    if message.mode not in _SAVE_MODES:
        raise invalid_enum(message, "mode", message.mode)
    return _SAVE_MODES[message.mode]


def _decode_write_to(message: proto.WriteOperationV2, context: DecodeContext) -> Command:
    _refuse_table_layout(message)
    if message.table_properties:
        raise not_supported("tableProperty", "Write without table properties.")
    if message.mode not in _WRITE_TO_MODES:
        raise invalid_enum(message, "mode", message.mode)
    has_condition = message.HasField("overwrite_condition")
    return WriteTo(
        query=decode_relation(message.input, context),
        table=parse_table_name(message.table_name),
        mode=_WRITE_TO_MODES[message.mode],
        format=message.provider if message.HasField("provider") else None,
        options=decode_options(message.options),
        partitioning=decode_expressions(message.partitioning_columns, context),
        overwrite_condition=decode_expression(message.overwrite_condition, context) if has_condition else None,
    )


def _refuse_table_layout(message: proto.WriteOperation | proto.WriteOperationV2) -> None:
    if message.clustering_columns:
        raise not_supported("clusterBy", "Use partitionBy.")
    if message.with_schema_evolution:
        raise not_supported("Schema evolution of a table", "Write to a new table.")


def _decode_write_stream(message: proto.WriteStreamOperationStart, context: DecodeContext) -> Command:
    if message.clustering_column_names:
        raise not_supported("clusterBy", "Use partitionBy.")
    destination = message.WhichOneof("sink_destination")
    return WriteStream(
        query=decode_relation(message.input, context),
        format=message.format or None,
        options=decode_options(message.options),
        output_mode=message.output_mode or _DEFAULT_OUTPUT_MODE,
        trigger=_decode_trigger(message),
        query_name=message.query_name or None,
        path=message.path if destination == "path" else None,
        table=parse_table_name(message.table_name) if destination == "table_name" else (),
        partition_columns=tuple(message.partitioning_column_names),
        foreach=_function(message.foreach_writer) if message.HasField("foreach_writer") else None,
        foreach_batch=_function(message.foreach_batch) if message.HasField("foreach_batch") else None,
    )


def _decode_trigger(message: proto.WriteStreamOperationStart) -> Trigger:
    kind = message.WhichOneof("trigger")
    if kind is None:
        return Trigger()
    interval = getattr(message, kind)
    return Trigger(_TRIGGERS[kind], interval if isinstance(interval, str) else None)


def _function(message: proto.StreamingForeachFunction) -> bytes:
    if message.WhichOneof("function") != "python_function":
        raise not_supported("A Scala function", "There is no JVM here: write it in Python.")
    return message.python_function.command


_DECODERS: dict[str, Callable[[Any, DecodeContext], Command]] = {
    "register_function": _decode_register_function,
    "create_dataframe_view": _decode_view,
    "sql_command": _decode_sql_command,
    "merge_into_table_command": decode_merge,
    "write_operation": _decode_write,
    "write_operation_v2": _decode_write_to,
    "write_stream_operation_start": _decode_write_stream,
}
