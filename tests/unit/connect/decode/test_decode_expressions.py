"""Expressions the official client sends, one row per kind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pyspark.sql.connect import functions as f
from pyspark.sql.connect import proto
from pyspark.sql.connect.column import Column
from pyspark.sql.connect.session import SparkSession
from pyspark.sql.connect.udf import UserDefinedFunction
from pyspark.sql.connect.window import Window as ClientWindow
from pyspark.sql.types import DecimalType as ClientDecimalType

from unbounded.connect.decode import DecodeContext, decode_expression, decode_plan_root
from unbounded.errors import SparkError
from unbounded.plan.unresolved import (
    Alias,
    Cast,
    CastMode,
    Expression,
    ExpressionText,
    ExtractValue,
    Frame,
    FrameEdge,
    FrameUnit,
    Lambda,
    LambdaVariable,
    Literal,
    NamedArgument,
    PlanId,
    Project,
    PythonFunction,
    Range,
    SortOrder,
    Subquery,
    SubqueryKind,
    UnresolvedAttribute,
    UnresolvedFunction,
    UnresolvedRegex,
    UnresolvedStar,
    UpdateFields,
    Window,
)
from unbounded.types.datatypes import INTEGER, LONG, STRING, ArrayType, DecimalType

CONTEXT = DecodeContext(cached_bytes={}.__getitem__)
A, B = UnresolvedAttribute(("a",)), UnresolvedAttribute(("b",))
ONE = Literal(1, INTEGER)


def call(name: str, *arguments: Expression, **options: Any) -> UnresolvedFunction:
    return UnresolvedFunction(name, arguments, **options)


CASES: dict[str, tuple[Callable[[], Column], Expression]] = {
    "column": (lambda: f.col("`a.b`.c"), UnresolvedAttribute(("a.b", "c"))),
    "operator": (lambda: f.col("a") + 1, call("+", A, ONE)),
    "not": (lambda: ~f.col("a"), call("not", A)),
    "when": (lambda: f.when(f.col("a"), 1).otherwise(f.col("b")), call("when", A, ONE, B)),
    "isin": (lambda: f.col("a").isin(1, 2), call("in", A, ONE, Literal(2, INTEGER))),
    "between": (lambda: f.col("a").between(1, 1), call("and", call(">=", A, ONE), call("<=", A, ONE))),
    "distinct": (lambda: f.count_distinct("a"), call("count", A, is_distinct=True)),
    "call": (lambda: f.call_function("system.`builtin`.upper", "a"), call("system.builtin.upper", A)),
    "star": (lambda: f.col("*"), UnresolvedStar()),
    "star of a table": (lambda: f.col("t.*"), UnresolvedStar(("t",))),
    "text": (lambda: f.expr("a + 1"), ExpressionText("a + 1")),
    "alias": (lambda: f.col("a").alias("x"), Alias(A, ("x",))),
    "alias with metadata": (lambda: f.col("a").alias("x", metadata={"k": 1}), Alias(A, ("x",), '{"k": 1}')),
    "alias of several": (lambda: f.explode("a").alias("k", "v"), Alias(call("explode", A), ("k", "v"))),
    "cast by text": (lambda: f.col("a").cast("array<int>"), Cast(A, ArrayType(INTEGER))),
    "cast by type": (lambda: f.col("a").cast(ClientDecimalType(5, 2)), Cast(A, DecimalType(5, 2))),
    "try cast": (lambda: f.col("a").try_cast("int"), Cast(A, INTEGER, CastMode.TRY)),
    "ascending": (lambda: f.col("a").asc(), SortOrder(A)),
    "descending": (lambda: f.col("a").desc(), SortOrder(A, is_ascending=False, has_nulls_first=False)),
    "nulls last": (lambda: f.col("a").asc_nulls_last(), SortOrder(A, has_nulls_first=False)),
    "item": (lambda: f.col("a")["k"], ExtractValue(A, Literal("k", STRING))),
    "with field": (lambda: f.col("a").withField("x.y", f.col("b")), UpdateFields(A, "x.y", B)),
    "drop field": (lambda: f.col("a").dropFields("x"), UpdateFields(A, "x", None)),
    "window": (
        lambda: f.sum("a").over(ClientWindow.partitionBy("b").orderBy(f.col("a").desc()).rowsBetween(-1, 0)),
        Window(
            call("sum", A),
            (B,),
            (SortOrder(A, is_ascending=False, has_nulls_first=False),),
            Frame(FrameUnit.ROWS, Literal(-1, INTEGER), FrameEdge.CURRENT_ROW),
        ),
    ),
    "range frame": (
        lambda: f.sum("a").over(ClientWindow.partitionBy("b").rangeBetween(ClientWindow.unboundedPreceding, 5)),
        Window(call("sum", A), (B,), (), Frame(FrameUnit.RANGE, FrameEdge.UNBOUNDED, Literal(5, LONG))),
    ),
    "no frame": (lambda: f.sum("a").over(ClientWindow.partitionBy("b")), Window(call("sum", A), (B,))),
}


@pytest.mark.parametrize("name", CASES)
def test_expression(name: str, decode_column: Callable[[Column], Expression]) -> None:
    build, expected = CASES[name]
    decoded = decode_column(build())
    assert decoded == expected


def test_lambda(decode_column: Callable[[Column], Expression]) -> None:
    match decode_column(f.transform("a", lambda x, i: x + i)):
        case UnresolvedFunction("transform", (_, Lambda(body, (item, index)))):
            assert body == call("+", LambdaVariable(item), LambdaVariable(index))
            assert (item[:2], index[:2]) == ("x_", "y_")
        case other:
            pytest.fail(str(other))


def test_python_function(spark: SparkSession, decode_column: Callable[[Column], Expression]) -> None:
    plus_one = UserDefinedFunction(lambda x: x + 1, ClientDecimalType(5, 2), name="plus_one", evalType=100)
    match decode_column(plus_one(f.col("a")).alias("x")):
        case Alias(PythonFunction("plus_one", (argument,), bytes(), 100, output_type, is_deterministic=True)):
            assert (argument, output_type) == (A, DecimalType(5, 2))
        case other:
            pytest.fail(str(other))


def test_named_argument() -> None:
    argument = proto.NamedArgumentExpression(key="k", value=_attribute("a"))
    message = proto.Expression(named_argument_expression=argument)
    assert decode_expression(message, CONTEXT) == NamedArgument("k", A)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("`a.*`", UnresolvedRegex("a.*", 7)), ("a", UnresolvedAttribute(("a",), 7))],
)
def test_column_pattern(text: str, expected: Expression) -> None:
    message = proto.Expression(unresolved_regex=proto.Expression.UnresolvedRegex(col_name=text, plan_id=7))
    assert decode_expression(message, CONTEXT) == expected


def test_column_of_a_frame(spark: SparkSession) -> None:
    frame = spark.range(2)
    number = frame._plan._plan_id
    decoded = decode_plan_root(frame.select(frame.id, frame["*"])._plan.plan(spark.client), CONTEXT)
    match decoded:
        case PlanId(Project(PlanId(Range(), child_number), expressions)):
            assert child_number == number
            assert expressions == (UnresolvedAttribute(("id",), number), UnresolvedStar((), number))
        case other:
            pytest.fail(str(other))


def test_subquery_stands_in_place(spark: SparkSession) -> None:
    inner, outer = spark.range(2), spark.range(3)
    query = PlanId(Range(0, 2), inner._plan._plan_id)
    for column, expected in (
        (inner.scalar(), Subquery(query, SubqueryKind.SCALAR)),
        (inner.exists(), Subquery(query, SubqueryKind.EXISTS)),
        (f.col("a").isin(inner), Subquery(query, SubqueryKind.IN, (A,))),
        (f.struct("a", "b").isin(inner), Subquery(query, SubqueryKind.IN, (A, B))),
    ):
        match decode_plan_root(outer.select(column)._plan.plan(spark.client), CONTEXT):
            case PlanId(PlanId(Project(_, expressions))):
                assert expressions == (expected,)
            case other:
                pytest.fail(str(other))


@pytest.mark.parametrize(
    ("message", "error"),
    [
        (proto.Expression(), "CONNECT_INVALID_PLAN.INVALID_ONE_OF_FIELD_NOT_SET"),
        (
            proto.Expression(unresolved_star=proto.Expression.UnresolvedStar(unparsed_target="t")),
            "CONNECT_INVALID_PLAN.UNRESOLVED_STAR_TARGET_INVALID",
        ),
        (
            proto.Expression(
                subquery_expression=proto.SubqueryExpression(
                    plan_id=9, subquery_type=proto.SubqueryExpression.SUBQUERY_TYPE_SCALAR
                )
            ),
            "CONNECT_INVALID_PLAN.INVALID_WITH_RELATION_REFERENCE",
        ),
        (
            proto.Expression(unresolved_regex=proto.Expression.UnresolvedRegex(col_name="t.`a.*`")),
            "UNBOUNDED_NOT_SUPPORTED",
        ),
        (
            proto.Expression(cast=proto.Expression.Cast(expr=proto.Expression(), type_str="foo")),
            "UNSUPPORTED_DATATYPE",
        ),
    ],
)
def test_refused(message: proto.Expression, error: str) -> None:
    with pytest.raises(SparkError) as raised:
        decode_expression(message, CONTEXT)
    assert raised.value.condition == error


def _attribute(name: str) -> proto.Expression:
    return proto.Expression(unresolved_attribute=proto.Expression.UnresolvedAttribute(unparsed_identifier=name))
