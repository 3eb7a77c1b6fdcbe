"""Literals: value in the internal form and type, as Spark's server reads them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from pyspark.sql.connect import proto

from unbounded.connect.decode.literals import decode_literal
from unbounded.errors import SparkError
from unbounded.plan.unresolved import Literal

LiteralMessage = proto.Expression.Literal
TypeMessage = proto.DataType

INTEGER = TypeMessage(integer=TypeMessage.Integer())
STRING = TypeMessage(string=TypeMessage.String())
ONE, TWO = LiteralMessage(integer=1), LiteralMessage(integer=2)
NOTHING = LiteralMessage(null=INTEGER)
PAIR = TypeMessage.Struct(
    fields=[
        TypeMessage.StructField(name="a", data_type=INTEGER),
        TypeMessage.StructField(name="b", data_type=STRING, nullable=True),
    ]
)
ARRAY_OF_DECIMALS = TypeMessage(
    array=TypeMessage.Array(element_type=TypeMessage(decimal=TypeMessage.Decimal(precision=5, scale=2)))
)
DECIMAL = LiteralMessage.Decimal

CASES: list[tuple[LiteralMessage, str, Any]] = [
    (LiteralMessage(null=STRING), "string", None),
    (LiteralMessage(binary=b"\x00"), "binary", b"\x00"),
    (LiteralMessage(boolean=True), "boolean", True),
    (LiteralMessage(byte=-1), "tinyint", -1),
    (LiteralMessage(short=2), "smallint", 2),
    (ONE, "int", 1),
    (LiteralMessage(long=2**40), "bigint", 2**40),
    (LiteralMessage(float=0.5), "float", 0.5),
    (LiteralMessage(double=0.1), "double", 0.1),
    (LiteralMessage(string="é"), "string", "é"),
    (LiteralMessage(date=-1), "date", -1),
    (LiteralMessage(timestamp=1), "timestamp", 1),
    (LiteralMessage(timestamp_ntz=1), "timestamp_ntz", 1),
    (LiteralMessage(year_month_interval=14), "interval year to month", 14),
    (LiteralMessage(day_time_interval=-5), "interval day to second", -5),
    (
        LiteralMessage(calendar_interval=LiteralMessage.CalendarInterval(months=1, days=2, microseconds=3)),
        "interval",
        (1, 2, 3),
    ),
    (LiteralMessage(decimal=DECIMAL(value="1.5", precision=10, scale=0)), "decimal(10,1)", Decimal("1.5")),
    (LiteralMessage(decimal=DECIMAL(value="1E+2", precision=10, scale=0)), "decimal(10,0)", Decimal("100")),
    (LiteralMessage(decimal=DECIMAL(value="0.00001", precision=10, scale=0)), "decimal(10,5)", Decimal("0.00001")),
    (LiteralMessage(decimal=DECIMAL(value="-0.5")), "decimal(1,1)", Decimal("-0.5")),
    (
        LiteralMessage(decimal=DECIMAL(value="123456789012.345", precision=10)),
        "decimal(15,3)",
        Decimal("123456789012.345"),
    ),
    (
        LiteralMessage(array=LiteralMessage.Array(element_type=INTEGER, elements=[ONE, NOTHING])),
        "array<int>",
        (1, None),
    ),
    (LiteralMessage(array=LiteralMessage.Array(elements=[ONE, TWO])), "array<int>", (1, 2)),
    (LiteralMessage(array=LiteralMessage.Array()), "array<void>", ()),
    (
        LiteralMessage(
            array=LiteralMessage.Array(elements=[LiteralMessage(decimal=DECIMAL(value="1"))]),
            data_type=ARRAY_OF_DECIMALS,
        ),
        "array<decimal(5,2)>",
        (Decimal("1.00"),),
    ),
    (
        LiteralMessage(map=LiteralMessage.Map(key_type=INTEGER, value_type=INTEGER, keys=[ONE], values=[NOTHING])),
        "map<int,int>",
        ((1, None),),
    ),
    (
        LiteralMessage(
            struct=LiteralMessage.Struct(
                struct_type=TypeMessage(struct=PAIR), elements=[ONE, LiteralMessage(null=STRING)]
            )
        ),
        "struct<a:int,b:string>",
        (1, None),
    ),
    (
        LiteralMessage(specialized_array=LiteralMessage.SpecializedArray(longs=proto.Longs(values=[1, 2]))),
        "array<bigint>",
        (1, 2),
    ),
]


@pytest.mark.parametrize(("message", "simple_string", "value"), CASES)
def test_literal(message: LiteralMessage, simple_string: str, value: Any) -> None:
    literal = decode_literal(message)
    assert (literal.data_type.simple_string, literal.value) == (simple_string, value)
    assert isinstance(literal, Literal)


def test_decimal_value_has_the_scale_of_its_type() -> None:
    literal = decode_literal(LiteralMessage(decimal=DECIMAL(value="1.5", precision=10, scale=3)))
    assert str(literal.value) == "1.500"


@pytest.mark.parametrize("text", ["", "NaN", "Infinity", "1x"])
def test_no_decimal(text: str) -> None:
    with pytest.raises(SparkError, match="is not a decimal number"):
        decode_literal(LiteralMessage(decimal=DECIMAL(value=text)))


def test_too_many_digits() -> None:
    with pytest.raises(SparkError, match="DECIMAL_PRECISION_EXCEEDS_MAX_PRECISION"):
        decode_literal(LiteralMessage(decimal=DECIMAL(value="1" * 39)))
