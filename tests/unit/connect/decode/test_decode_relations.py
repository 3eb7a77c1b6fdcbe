"""Relations the official client sends, one row per method of DataFrame, reader and session."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pytest
from pyspark.sql.connect import functions as f
from pyspark.sql.connect import plan as client_plan
from pyspark.sql.connect import proto
from pyspark.sql.connect.dataframe import DataFrame
from pyspark.sql.connect.session import SparkSession
from pyspark.sql.types import LongType, StructType

from unbounded.connect.decode import DecodeContext, decode_plan_root
from unbounded.errors import SparkError
from unbounded.plan.unresolved import (
    Aggregate,
    Alias,
    Catalog,
    CoGroupMap,
    CollectMetrics,
    DataSource,
    Deduplicate,
    Drop,
    DropNa,
    FillNa,
    Filter,
    GroupingKind,
    GroupMap,
    Hint,
    Join,
    JoinKind,
    Limit,
    Literal,
    LocalRelation,
    MapPartitions,
    NamedTable,
    Offset,
    Pivot,
    Project,
    PythonFunction,
    Range,
    Relation,
    RenameColumns,
    Repartition,
    ReplaceNa,
    Sample,
    SetOperation,
    SetOperator,
    ShowString,
    Sort,
    SortOrder,
    SqlQuery,
    SubqueryAlias,
    Summary,
    TableFunction,
    ToDF,
    ToSchema,
    Transpose,
    Unpivot,
    UnresolvedAttribute,
    UnresolvedFunction,
    WithColumns,
    WithCtes,
    WithWatermark,
)
from unbounded.types.datatypes import DOUBLE, INTEGER, LONG, STRING
from unbounded.types.ddl import parse_columns

R = Range(0, 3)
ID, A = UnresolvedAttribute(("id",)), UnresolvedAttribute(("a",))
ONE, ONE_LONG = Literal(1, INTEGER), Literal(1, LONG)
SCHEMA = StructType().add("id", LongType())


def count(*arguments: Any) -> UnresolvedFunction:
    return UnresolvedFunction("count", arguments)


FRAMES: dict[str, tuple[Callable[[DataFrame], DataFrame], Relation]] = {
    "select": (lambda d: d.select("id", f.lit(1).alias("a")), Project(R, (ID, Alias(ONE, ("a",))))),
    "where": (lambda d: d.where(f.col("id") > 1), Filter(R, UnresolvedFunction(">", (ID, ONE)))),
    "orderBy": (lambda d: d.orderBy(f.col("id").asc()), Sort(R, (SortOrder(ID),))),
    "sortWithinPartitions": (
        lambda d: d.sortWithinPartitions(f.desc("id")),
        Sort(R, (SortOrder(ID, is_ascending=False, has_nulls_first=False),), is_global=False),
    ),
    "limit": (lambda d: d.limit(2), Limit(R, Literal(2, INTEGER))),
    "offset": (lambda d: d.offset(2), Offset(R, Literal(2, INTEGER))),
    "distinct": (lambda d: d.distinct(), Deduplicate(R)),
    "dropDuplicates": (lambda d: d.dropDuplicates(["id"]), Deduplicate(R, ("id",))),
    "dropDuplicatesWithinWatermark": (
        lambda d: d.dropDuplicatesWithinWatermark(["id"]),
        Deduplicate(R, ("id",), is_within_watermark=True),
    ),
    "sample": (lambda d: d.sample(0.5, 7), Sample(R, 0.0, 0.5, with_replacement=False, seed=7)),
    "alias": (lambda d: d.alias("t"), SubqueryAlias(R, "t")),
    "repartition": (lambda d: d.repartition(2), Repartition(R, partition_count=2)),
    "repartition by": (lambda d: d.repartition(2, "id"), Repartition(R, (ID,), 2)),
    "coalesce": (lambda d: d.coalesce(1), Repartition(R, partition_count=1)),
    "hint": (lambda d: d.hint("broadcast"), Hint(R, "broadcast")),
    "toDF": (lambda d: d.toDF("a"), ToDF(R, ("a",))),
    "to": (lambda d: d.to(SCHEMA), ToSchema(R, parse_columns("id bigint"))),
    "withColumn": (lambda d: d.withColumn("a", f.lit(1)), WithColumns(R, (Alias(ONE, ("a",)),))),
    "withColumnsRenamed": (
        lambda d: d.withColumnsRenamed({"id": "a", "x": "y"}),
        RenameColumns(R, (("id", "a"), ("x", "y"))),
    ),
    "drop": (lambda d: d.drop("id", f.col("a")), Drop(R, (A,), ("id",))),
    "unpivot": (lambda d: d.unpivot("id", ["a"], "k", "v"), Unpivot(R, (ID,), (A,), "k", "v")),
    "unpivot of the rest": (lambda d: d.unpivot("id", None, "k", "v"), Unpivot(R, (ID,), None, "k", "v")),
    "transpose": (lambda d: d.transpose("id"), Transpose(R, (ID,))),
    "groupBy": (lambda d: d.groupBy("id").agg(f.count("a")), Aggregate(R, (ID,), (count(A),))),
    "rollup": (lambda d: d.rollup("id").agg(f.count("a")), Aggregate(R, (ID,), (count(A),), GroupingKind.ROLLUP)),
    "cube": (lambda d: d.cube("id").agg(f.count("a")), Aggregate(R, (ID,), (count(A),), GroupingKind.CUBE)),
    "groupingSets": (
        lambda d: d.groupingSets([["id"], []], "id").agg(f.count("a")),
        Aggregate(R, (ID,), (count(A),), GroupingKind.GROUPING_SETS, ((ID,), ())),
    ),
    "observe": (
        lambda d: d.observe("m", f.count("a").alias("n")),
        CollectMetrics(R, "m", (Alias(count(A), ("n",)),)),
    ),
    "withWatermark": (lambda d: d.withWatermark("id", "5 minutes"), WithWatermark(R, "id", "5 minutes")),
    "fillna": (lambda d: d.fillna(1, ["id"]), FillNa(R, ("id",), (ONE_LONG,))),
    "fillna by column": (
        lambda d: d.fillna({"id": 1.5, "a": "x"}),
        FillNa(R, ("id", "a"), (Literal(1.5, DOUBLE), Literal("x", STRING))),
    ),
    "dropna": (lambda d: d.dropna(thresh=2, subset=["id"]), DropNa(R, ("id",), 2)),
    "dropna any": (lambda d: d.dropna(), DropNa(R, (), None)),
    "dropna all": (lambda d: d.dropna("all"), DropNa(R, (), 1)),
    "describe": (lambda d: d.describe("id"), Summary(R, columns=("id",), is_describe=True)),
    "summary": (lambda d: d.summary("min"), Summary(R, statistics=("min",))),
    "union": (
        lambda d: d.union(d),
        SetOperation(R, R, SetOperator.UNION, is_all=True),
    ),
    "unionByName": (
        lambda d: d.unionByName(d, allowMissingColumns=True),
        SetOperation(R, R, SetOperator.UNION, is_all=True, is_by_name=True, allows_missing_columns=True),
    ),
    "intersect": (lambda d: d.intersect(d), SetOperation(R, R, SetOperator.INTERSECT, is_all=False)),
    "exceptAll": (lambda d: d.exceptAll(d), SetOperation(R, R, SetOperator.EXCEPT, is_all=True)),
    "crossJoin": (lambda d: d.crossJoin(d), Join(R, R, JoinKind.CROSS)),
    "join using": (lambda d: d.join(d, "id", "left"), Join(R, R, JoinKind.LEFT_OUTER, using=("id",))),
    "join on": (
        lambda d: d.join(d, f.col("id") == f.col("a"), "anti"),
        Join(R, R, JoinKind.LEFT_ANTI, UnresolvedFunction("==", (ID, A))),
    ),
    "lateralJoin": (lambda d: d.lateralJoin(d), Join(R, R, JoinKind.INNER, is_lateral=True)),
}

SESSIONS: dict[str, tuple[Callable[[SparkSession], DataFrame], Relation]] = {
    "range": (lambda s: s.range(1, 9, 2, 4), Range(1, 9, 2, 4)),
    "table": (lambda s: s.table("db.`t.u`"), NamedTable(("db", "t.u"))),
    "stream of a table": (lambda s: s.readStream.table("t"), NamedTable(("t",), is_streaming=True)),
    "read": (
        lambda s: s.read.format("csv").schema("a INT").option("sep", ";").options(header=True).load("/x"),
        DataSource("csv", parse_columns("a int"), (("header", "true"), ("sep", ";")), ("/x",)),
    ),
    "readStream": (
        lambda s: s.readStream.format("rate").option("rowsPerSecond", 5).load(),
        DataSource("rate", None, (("rowsPerSecond", "5"),), is_streaming=True),
    ),
    "table function": (lambda s: s.tvf.explode(f.col("a")), TableFunction("explode", (A,))),
    "empty frame": (
        lambda s: s.createDataFrame([], SCHEMA),
        LocalRelation(pa.table({"id": pa.array([], pa.int64())}), parse_columns("id bigint")),
    ),
}


# A failing assert prints its operands, and printing a DataFrame asks the server: only decoded plans stand in asserts.


@pytest.mark.parametrize("name", FRAMES)
def test_frame(name: str, spark: SparkSession, decode: Callable[[DataFrame], Relation]) -> None:
    build, expected = FRAMES[name]
    decoded = decode(build(spark.range(3)))
    assert decoded == expected


@pytest.mark.parametrize("name", SESSIONS)
def test_source(name: str, spark: SparkSession, decode: Callable[[DataFrame], Relation]) -> None:
    build, expected = SESSIONS[name]
    decoded = decode(build(spark))
    if isinstance(decoded, LocalRelation) and isinstance(expected, LocalRelation):
        assert (decoded.table, decoded.schema) == (expected.table, expected.schema)
    else:
        assert decoded == expected


def test_pivot(spark: SparkSession, decode: Callable[[DataFrame], Relation]) -> None:
    match decode(spark.range(3).groupBy().pivot("id", [1]).agg(f.count("a"))):
        case Aggregate(
            child, (), (aggregate,), GroupingKind.GROUP_BY, pivot=Pivot(UnresolvedAttribute(("id",)), values)
        ):
            assert (child, aggregate, values) == (R, count(A), (ONE,))
        case other:
            pytest.fail(str(other))


def test_replace(spark: SparkSession, decode: Callable[[DataFrame], Relation]) -> None:
    replaced = spark.range(3).replace({1.0: 2.0}, subset=["id"])
    decoded = decode(replaced)
    assert decoded == ReplaceNa(R, ("id",), ((Literal(1.0, DOUBLE), Literal(2.0, DOUBLE)),))


def test_show(spark: SparkSession, decode: Callable[[DataFrame], Relation]) -> None:
    child = spark.range(3)._plan
    text = decode(DataFrame(client_plan.ShowString(child, 20, 0, True), spark))
    html = decode(DataFrame(client_plan.HtmlString(child, 20, 10), spark))
    assert text == ShowString(R, 20, 0, is_vertical=True)
    assert html == ShowString(R, 20, 10, is_html=True)


def test_sql_with_arguments_and_frames(spark: SparkSession, decode: Callable[[DataFrame], Relation]) -> None:
    one, two = f.lit(1), f.lit("x")
    positional = decode(DataFrame(client_plan.SQL("q", [one]), spark))
    assert positional == SqlQuery("q", (), (ONE,))
    named = decode(DataFrame(client_plan.SQL("q", named_args={"b": two, "a": one}), spark))
    assert named == SqlQuery("q", (("a", ONE), ("b", Literal("x", STRING))))
    view = client_plan.SubqueryAlias(spark.range(3)._plan, "v")
    with_view = decode(DataFrame(client_plan.SQL("SELECT * FROM v", views=[view]), spark))
    assert with_view == WithCtes((SubqueryAlias(R, "v"),), SqlQuery("SELECT * FROM v"))


FUNCTION = proto.CommonInlineUserDefinedFunction(
    function_name="g",
    python_udf=proto.PythonUDF(
        output_type=proto.DataType(long=proto.DataType.Long()), eval_type=201, command=b"x", python_ver="3.11"
    ),
)
DECODED_FUNCTION = PythonFunction("g", (), b"x", 201, LONG, is_deterministic=False, python_version="3.11")
RANGE = proto.Relation(range=proto.Range(end=3, step=1))
KEY = proto.Expression(unresolved_attribute=proto.Expression.UnresolvedAttribute(unparsed_identifier="id"))

MAPS: list[tuple[proto.Relation, Relation]] = [
    (
        proto.Relation(map_partitions=proto.MapPartitions(input=RANGE, func=FUNCTION, is_barrier=True)),
        MapPartitions(R, DECODED_FUNCTION, is_barrier=True),
    ),
    (
        proto.Relation(group_map=proto.GroupMap(input=RANGE, grouping_expressions=[KEY], func=FUNCTION)),
        GroupMap(R, (ID,), DECODED_FUNCTION),
    ),
    (
        proto.Relation(
            co_group_map=proto.CoGroupMap(
                input=RANGE,
                input_grouping_expressions=[KEY],
                other=RANGE,
                other_grouping_expressions=[KEY],
                func=FUNCTION,
            )
        ),
        CoGroupMap(R, (ID,), R, (ID,), DECODED_FUNCTION),
    ),
]


@pytest.mark.parametrize(("message", "expected"), MAPS)
def test_python_functions(message: proto.Relation, expected: Relation) -> None:
    assert decode_plan_root(message, DecodeContext(cached_bytes={}.__getitem__)) == expected


def test_stateful_map_is_refused() -> None:
    stateful = proto.GroupMap(input=RANGE, func=FUNCTION)
    stateful.transform_with_state_info.time_mode = "none"
    with pytest.raises(SparkError, match="transformWithState"):
        decode_plan_root(proto.Relation(group_map=stateful), DecodeContext(cached_bytes={}.__getitem__))


def test_rows_sent_along() -> None:
    table = pa.table({"a": [1, 2]})
    message = proto.Relation(local_relation=proto.LocalRelation(data=_stream(table), schema="a: int"))
    decoded = decode_plan_root(message, DecodeContext(cached_bytes={}.__getitem__))
    assert isinstance(decoded, LocalRelation)
    assert (decoded.table, decoded.schema) == (table, parse_columns("a int"))


def test_cached_rows() -> None:
    first, second = pa.table({"a": [1]}), pa.table({"a": [2, 3]})
    whole = proto.LocalRelation(data=_stream(first))
    cache = {"1": _stream(first), "2": _stream(second), "s": b"a INT", "w": whole.SerializeToString()}
    context = DecodeContext(cached_bytes=cache.__getitem__)
    chunked = proto.ChunkedCachedLocalRelation(dataHashes=["1", "2"], schemaHash="s")
    decoded = decode_plan_root(proto.Relation(chunked_cached_local_relation=chunked), context)
    assert isinstance(decoded, LocalRelation)
    assert (decoded.table.to_pydict(), decoded.schema) == ({"a": [1, 2, 3]}, parse_columns("a int"))
    cached = proto.CachedLocalRelation(hash="w")
    decoded = decode_plan_root(proto.Relation(cached_local_relation=cached), context)
    assert isinstance(decoded, LocalRelation)
    assert (decoded.table, decoded.schema) == (first, None)


def test_catalog() -> None:
    create = proto.CreateTable(table_name="t", source="csv", options={"b": "2", "a": "1"})
    message = proto.Relation(catalog=proto.Catalog(create_table=create))
    decoded = decode_plan_root(message, DecodeContext(cached_bytes={}.__getitem__))
    fields = [("table_name", "t"), ("path", None), ("source", "csv"), ("description", None), ("schema", None)]
    assert decoded == Catalog("create_table", (*fields, ("options", (("a", "1"), ("b", "2")))))


INVALID: dict[str, proto.Relation] = {
    "INVALID_ONE_OF_FIELD_NOT_SET": proto.Relation(),
    "DEDUPLICATE_REQUIRES_COLUMNS_OR_ALL": proto.Relation(deduplicate=proto.Deduplicate(input=RANGE)),
    "SCHEMA_REQUIRED_FOR_LOCAL_RELATION": proto.Relation(local_relation=proto.LocalRelation()),
    "NOT_FOUND_CACHED_LOCAL_RELATION": proto.Relation(cached_local_relation=proto.CachedLocalRelation(hash="x")),
    "NA_FILL_VALUES_EMPTY": proto.Relation(fill_na=proto.NAFill(input=RANGE)),
    "INVALID_ENUM": proto.Relation(join=proto.Join(left=RANGE, right=RANGE)),
    "INVALID_SCHEMA_NON_STRUCT_TYPE": proto.Relation(
        to_schema=proto.ToSchema(input=RANGE, schema=proto.DataType(date=proto.DataType.Date()))
    ),
}


@pytest.mark.parametrize("reason", INVALID)
def test_invalid(reason: str) -> None:
    with pytest.raises(SparkError) as raised:
        decode_plan_root(INVALID[reason], DecodeContext(cached_bytes={}.__getitem__))
    assert raised.value.condition == f"CONNECT_INVALID_PLAN.{reason}"


def _stream(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue())
