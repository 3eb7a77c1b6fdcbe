"""Commands the official client sends: writes, views, SQL, streams."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pyspark.sql.connect import functions as f
from pyspark.sql.connect import plan as client_plan
from pyspark.sql.connect import proto
from pyspark.sql.connect.session import SparkSession
from pyspark.sql.connect.streaming.readwriter import DataStreamWriter

from tests.unit.connect.decode.conftest import CONTEXT, without_plan_ids
from unbounded.connect.decode import decode_command
from unbounded.errors import SparkError
from unbounded.plan.unresolved import (
    Command,
    CreateView,
    Literal,
    PythonFunction,
    Range,
    RegisterFunction,
    SaveMode,
    SqlCommand,
    SqlQuery,
    SubqueryAlias,
    Trigger,
    TriggerKind,
    UnresolvedAttribute,
    WithCtes,
    Write,
    WriteStream,
    WriteTo,
    WriteToMode,
)
from unbounded.types.datatypes import BOOLEAN, LONG

R = Range(0, 3)
RANGE = proto.Relation(range=proto.Range(start=0, end=3, step=1))
WriteMessage, WriteToMessage = proto.WriteOperation, proto.WriteOperationV2
SaveTable = proto.WriteOperation.SaveTable


def write(**fields: Any) -> proto.Command:
    return proto.Command(write_operation=WriteMessage(input=RANGE, **fields))


def write_to(**fields: Any) -> proto.Command:
    return proto.Command(write_operation_v2=WriteToMessage(input=RANGE, table_name="db.t", **fields))


def view(name: str, **fields: Any) -> proto.Command:
    return proto.Command(create_dataframe_view=proto.CreateDataFrameViewCommand(input=RANGE, name=name, **fields))


COMMANDS: list[tuple[proto.Command, Command]] = [
    (
        write(source="csv", path="/x", mode=WriteMessage.SAVE_MODE_OVERWRITE, partitioning_columns=["a"]),
        Write(R, "csv", SaveMode.OVERWRITE, path="/x", partition_columns=("a",)),
    ),
    (write(path="/x", options={"b": "2", "a": "1"}), Write(R, None, SaveMode.ERROR, (("a", "1"), ("b", "2")), "/x")),
    (
        write(table=SaveTable(table_name="`a.b`.c", save_method=SaveTable.TABLE_SAVE_METHOD_INSERT_INTO)),
        Write(R, None, SaveMode.APPEND, table=("a.b", "c"), inserts=True),
    ),
    (
        write(
            table=SaveTable(table_name="t", save_method=SaveTable.TABLE_SAVE_METHOD_SAVE_AS_TABLE),
            bucket_by=WriteMessage.BucketBy(bucket_column_names=["a"], num_buckets=4),
            sort_column_names=["b"],
        ),
        Write(R, None, SaveMode.ERROR, table=("t",), sort_columns=("b",), bucket_columns=("a",), bucket_count=4),
    ),
    (
        write_to(mode=WriteToMessage.MODE_CREATE_OR_REPLACE, provider="parquet"),
        WriteTo(R, ("db", "t"), WriteToMode.CREATE_OR_REPLACE, "parquet"),
    ),
    (view("v", replace=True), CreateView(R, "v", is_global=False, replaces=True)),
    (view("db.`v w`", is_global=True), CreateView(R, "v w", is_global=True, replaces=False)),
    (
        proto.Command(sql_command=proto.SqlCommand(sql="q", args={"a": proto.Expression.Literal(long=1)})),
        SqlCommand(SqlQuery("q", (("a", Literal(1, LONG)),))),
    ),
]

STREAMS: list[tuple[Callable[[DataStreamWriter], DataStreamWriter], dict[str, Any]]] = [
    (lambda w: w, {}),
    (lambda w: w.outputMode("update").queryName("q"), {"output_mode": "update", "query_name": "q"}),
    (lambda w: w.format("console").option("numRows", 5), {"format": "console", "options": (("numRows", "5"),)}),
    (lambda w: w.partitionBy("a"), {"partition_columns": ("a",)}),
    (lambda w: w.trigger(processingTime="5 seconds"), {"trigger": Trigger(interval="5 seconds")}),
    (lambda w: w.trigger(once=True), {"trigger": Trigger(TriggerKind.ONCE)}),
    (lambda w: w.trigger(availableNow=True), {"trigger": Trigger(TriggerKind.AVAILABLE_NOW)}),
    (lambda w: w.trigger(continuous="1 second"), {"trigger": Trigger(TriggerKind.CONTINUOUS, "1 second")}),
    (lambda w: w.trigger(realTime="5 minutes"), {"trigger": Trigger(TriggerKind.REAL_TIME, "5 minutes")}),
]


@pytest.mark.parametrize(("message", "expected"), COMMANDS)
def test_command(message: proto.Command, expected: Command) -> None:
    assert decode_command(message, CONTEXT) == expected


@pytest.mark.parametrize(("configure", "fields"), STREAMS)
def test_stream(
    configure: Callable[[DataStreamWriter], DataStreamWriter], fields: dict[str, Any], spark: SparkSession
) -> None:
    writer = configure(spark.range(3).writeStream)
    message = without_plan_ids(writer._write_stream.command(spark.client))
    defaults: dict[str, Any] = {"format": None, "options": (), "output_mode": "append", "trigger": Trigger()}
    assert decode_command(message, CONTEXT) == WriteStream(R, **(defaults | fields))


def test_stream_into_functions(spark: SparkSession) -> None:
    writer = spark.range(3).writeStream.foreachBatch(lambda frame, number: None)
    decoded = decode_command(writer._write_stream.command(spark.client), CONTEXT)
    assert isinstance(decoded, WriteStream)
    assert decoded.foreach_batch
    assert decoded.foreach is None


@pytest.mark.parametrize(("field", "parts"), [("path", {"path": "/x"}), ("table_name", {"table": ("db", "t")})])
def test_stream_destination(field: str, parts: dict[str, Any]) -> None:
    value = "/x" if field == "path" else "db.t"
    start = proto.WriteStreamOperationStart(input=RANGE, **{field: value})
    decoded = decode_command(proto.Command(write_stream_operation_start=start), CONTEXT)
    assert decoded == WriteStream(R, None, (), "append", Trigger(), **parts)


def test_overwrite_where(spark: SparkSession) -> None:
    condition = f.col("a").to_plan(spark.client)
    decoded = decode_command(write_to(mode=WriteToMessage.MODE_OVERWRITE, overwrite_condition=condition), CONTEXT)
    attribute = UnresolvedAttribute(("a",))
    assert decoded == WriteTo(R, ("db", "t"), WriteToMode.OVERWRITE, overwrite_condition=attribute)


def test_sql_is_bare(spark: SparkSession) -> None:
    plain = client_plan.SQL("q").command(spark.client)
    assert decode_command(plain, CONTEXT) == SqlCommand(SqlQuery("q"))
    named = client_plan.SQL("q", views=[client_plan.SubqueryAlias(spark.range(3)._plan, "v")]).command(spark.client)
    match decode_command(named, CONTEXT):
        case SqlCommand(WithCtes((SubqueryAlias(name="v"),), body)):
            assert body == SqlQuery("q")
        case other:
            pytest.fail(str(other))


def test_registered_function() -> None:
    python = proto.PythonUDF(
        output_type=proto.DataType(boolean=proto.DataType.Boolean()), eval_type=100, command=b"x", python_ver="3.11"
    )
    function = proto.CommonInlineUserDefinedFunction(function_name="g", deterministic=True, python_udf=python)
    expected = PythonFunction("g", (), b"x", 100, BOOLEAN, is_deterministic=True, python_version="3.11")
    assert decode_command(proto.Command(register_function=function), CONTEXT) == RegisterFunction("g", expected)


REFUSED: list[tuple[proto.Command, str]] = [
    (proto.Command(), "CONNECT_INVALID_PLAN.INVALID_ONE_OF_FIELD_NOT_SET"),
    (write(clustering_columns=["a"]), "UNBOUNDED_NOT_SUPPORTED"),
    (write(with_schema_evolution=True), "UNBOUNDED_NOT_SUPPORTED"),
    (write_to(mode=WriteToMessage.MODE_CREATE, table_properties={"a": "b"}), "UNBOUNDED_NOT_SUPPORTED"),
    (write_to(), "CONNECT_INVALID_PLAN.INVALID_ENUM"),
    (view("a b"), "_LEGACY_ERROR_TEMP_1321"),
    (view("a.b.c"), "_LEGACY_ERROR_TEMP_1321"),
    (
        proto.Command(
            register_function=proto.CommonInlineUserDefinedFunction(function_name="g", java_udf=proto.JavaUDF())
        ),
        "UNBOUNDED_NOT_SUPPORTED",
    ),
]


@pytest.mark.parametrize(("message", "condition"), REFUSED)
def test_refused(message: proto.Command, condition: str) -> None:
    with pytest.raises(SparkError) as raised:
        decode_command(message, CONTEXT)
    assert raised.value.condition == condition
