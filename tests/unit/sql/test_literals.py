"""Literals: value and type as Spark gives them, and their errors."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unbounded.errors import SparkError
from unbounded.plan.unresolved import Literal, WallClockLiteral
from unbounded.sql import parse_expression
from unbounded.types.datatypes import (
    BINARY,
    BOOLEAN,
    BYTE,
    DATE,
    DOUBLE,
    FLOAT,
    INTEGER,
    LONG,
    NULL,
    SHORT,
    STRING,
    TIMESTAMP,
    TIMESTAMP_NTZ,
    DayTimeField,
    DayTimeIntervalType,
    DecimalType,
    YearMonthField,
    YearMonthIntervalType,
)

SECOND, MINUTE, HOUR, DAY = 1_000_000, 60_000_000, 3_600_000_000, 86_400_000_000
DAYS, HOURS, SECONDS = (DayTimeIntervalType(f, f) for f in (DayTimeField.DAY, DayTimeField.HOUR, DayTimeField.SECOND))

LITERALS = {
    "1": Literal(1, INTEGER),
    "-1": Literal(-1, INTEGER),
    "2147483647": Literal(2147483647, INTEGER),
    "2147483648": Literal(2147483648, LONG),
    "-2147483648": Literal(-2147483648, INTEGER),
    "-9223372036854775808": Literal(-9223372036854775808, LONG),
    "9223372036854775808": Literal(Decimal("9223372036854775808"), DecimalType(19, 0)),
    "3000000000": Literal(3000000000, LONG),
    "1L": Literal(1, LONG),
    "1s": Literal(1, SHORT),
    "-128Y": Literal(-128, BYTE),
    "1.5": Literal(Decimal("1.5"), DecimalType(2, 1)),
    "1.50": Literal(Decimal("1.50"), DecimalType(3, 2)),
    "0.00001": Literal(Decimal("0.00001"), DecimalType(5, 5)),
    ".5": Literal(Decimal("0.5"), DecimalType(1, 1)),
    "5.": Literal(Decimal("5"), DecimalType(1, 0)),
    "1BD": Literal(Decimal("1"), DecimalType(1, 0)),
    "1e3BD": Literal(Decimal("1000"), DecimalType(4, 0)),
    "1.5D": Literal(1.5, DOUBLE),
    "1e3": Literal(1000.0, DOUBLE),
    "1.5E-3": Literal(0.0015, DOUBLE),
    "1F": Literal(1.0, FLOAT),
    "0.1f": Literal(0.10000000149011612, FLOAT),
    "true": Literal(True, BOOLEAN),
    "FALSE": Literal(False, BOOLEAN),
    "null": Literal(None, NULL),
    "'it''s'": Literal("it's", STRING),
    '"say ""hi"""': Literal('say "hi"', STRING),
    r"'a\'b'": Literal("a'b", STRING),
    "'a' 'b'  \"c\"": Literal("abc", STRING),
    r"r'a\n' '\n'": Literal("a\\n\n", STRING),
    r"'\t\\\0\Z\q\%\_'": Literal("\t\\\0\x1aq\\%\\_", STRING),
    r"'\u00e9\U0001F600\x41\141'": Literal("é😀x41a", STRING),
    "'two\nlines'": Literal("two\nlines", STRING),
    "X'1F'": Literal(b"\x1f", BINARY),
    "x'ABC'": Literal(b"\x0a\xbc", BINARY),
    "X''": Literal(b"", BINARY),
    "DATE'1970-01-02'": Literal(1, DATE),
    "date '2020-1-1'": Literal(18262, DATE),
    "date '2020'": Literal(18262, DATE),
    "date '-0001-01-01'": Literal(-719893, DATE),
    "TIMESTAMP_NTZ'1970-01-01 00:00:01.5'": Literal(1_500_000, TIMESTAMP_NTZ),
    "timestamp_ntz '2020-01-01 00:00:00+01:00'": Literal(18262 * DAY, TIMESTAMP_NTZ),
    "TIMESTAMP'1970-01-01T00:00:00Z'": Literal(0, TIMESTAMP),
    "timestamp '1970-01-01 01:00:00+01:00'": Literal(0, TIMESTAMP),
    "timestamp '2020-07-01 02:00:00 Europe/Berlin'": Literal(1_593_561_600 * SECOND, TIMESTAMP),
    "TIMESTAMP'2020-01-01'": WallClockLiteral(1_577_836_800_000_000),
    "timestamp_ltz'2020-01-01 01:02:03'": WallClockLiteral(1_577_840_523_000_000),
    "INTERVAL 1 DAY": Literal(DAY, DAYS),
    "interval '1' day": Literal(DAY, DAYS),
    "interval -'1' day": Literal(-DAY, DAYS),
    "interval 2 weeks": Literal(14 * DAY, DAYS),
    "interval '1 day 2 hours'": Literal(26 * HOUR, DayTimeIntervalType(DayTimeField.DAY, DayTimeField.HOUR)),
    "interval 1 day -2 hours": Literal(22 * HOUR, DayTimeIntervalType(DayTimeField.DAY, DayTimeField.HOUR)),
    "interval 1.5 seconds": Literal(1_500_000, SECONDS),
    "interval '1.123456789' second": Literal(1_123_456, SECONDS),
    "interval 3 milliseconds 4 microseconds": Literal(3004, SECONDS),
    "interval '1 2:03:04.5' day to second": Literal(
        DAY + 2 * HOUR + 3 * MINUTE + 4_500_000, DayTimeIntervalType(DayTimeField.DAY, DayTimeField.SECOND)
    ),
    "interval '-1 2:3' day to minute": Literal(
        -(DAY + 2 * HOUR + 3 * MINUTE), DayTimeIntervalType(DayTimeField.DAY, DayTimeField.MINUTE)
    ),
    "interval '10:11' hour to minute": Literal(
        10 * HOUR + 11 * MINUTE, DayTimeIntervalType(DayTimeField.HOUR, DayTimeField.MINUTE)
    ),
    "interval 1 year 2 months": Literal(14, YearMonthIntervalType()),
    "interval '1-2' year to month": Literal(14, YearMonthIntervalType()),
    "interval '-1-2' year to month": Literal(-14, YearMonthIntervalType()),
    "interval 3 years": Literal(36, YearMonthIntervalType(YearMonthField.YEAR, YearMonthField.YEAR)),
}


@pytest.mark.parametrize("text", LITERALS)
def test_literal(text: str) -> None:
    assert parse_expression(text) == LITERALS[text]


CONDITIONS = {
    "128Y": "INVALID_NUMERIC_LITERAL_RANGE",
    "-32769S": "INVALID_NUMERIC_LITERAL_RANGE",
    "9223372036854775808L": "INVALID_NUMERIC_LITERAL_RANGE",
    "1e40F": "INVALID_NUMERIC_LITERAL_RANGE",
    "123456789012345678901234567890123456789": "DECIMAL_PRECISION_EXCEEDS_MAX_PRECISION",
    "date'2020-02-30'": "INVALID_TYPED_LITERAL",
    "timestamp'2020-01-01 25:00:00'": "INVALID_TYPED_LITERAL",
    "timestamp'2020-01-01 00:00:00 Nowhere/Else'": "INVALID_TYPED_LITERAL",
    "x'1G'": "INVALID_TYPED_LITERAL",
    "foo 'bar'": "UNSUPPORTED_TYPED_LITERAL",
    "date'today'": "UNBOUNDED_NOT_SUPPORTED",
    "interval 1 month 1 day": "_LEGACY_ERROR_TEMP_0029",
    "interval '1 foo'": "INVALID_TYPED_LITERAL",
    "interval 1.5 days": "INVALID_INTERVAL_FORMAT.INVALID_FRACTION",
    "interval '1-13' year to month": "INVALID_INTERVAL_FORMAT.INTERVAL_PARSING",
    "interval '1' second to day": "INVALID_INTERVAL_FORMAT.UNSUPPORTED_FROM_TO_EXPRESSION",
}


@pytest.mark.parametrize("text", CONDITIONS)
def test_bad_literal(text: str) -> None:
    with pytest.raises(SparkError) as error:
        parse_expression(text)
    assert error.value.condition == CONDITIONS[text]


@given(st.text(st.characters(blacklist_categories=("Cs",))))
def test_string_round_trip(value: str) -> None:
    quoted = value.replace("\\", "\\\\").replace("'", "\\'")
    assert parse_expression(f"'{quoted}'") == Literal(value, STRING)


@given(st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="'")))
def test_raw_string_round_trip(value: str) -> None:
    assert parse_expression(f"r'{value}'") == Literal(value, STRING)


@given(st.integers(-(2**31), 2**31 - 1))
def test_integer_round_trip(value: int) -> None:
    assert parse_expression(str(value)) == Literal(value, INTEGER)


@given(st.integers(-(2**63), 2**63 - 1))
def test_long_round_trip(value: int) -> None:
    assert parse_expression(f"{value}L") == Literal(value, LONG)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_double_round_trip(value: float) -> None:
    assert parse_expression(f"{value!r}D") == Literal(value, DOUBLE)


@given(st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=-(10**20), max_value=10**20))
def test_decimal_round_trip(value: Decimal) -> None:
    literal = parse_expression(f"{value:f}BD")
    assert isinstance(literal, Literal)
    assert literal.value == value


@given(st.binary())
def test_binary_round_trip(value: bytes) -> None:
    assert parse_expression(f"X'{value.hex()}'") == Literal(value, BINARY)


@given(st.dates())
def test_date_round_trip(value) -> None:  # type: ignore[no-untyped-def]
    assert parse_expression(f"date'{value.isoformat()}'") == Literal(value.toordinal() - 719163, DATE)
