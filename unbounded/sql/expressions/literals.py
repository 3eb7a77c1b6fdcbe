"""Literals: numbers with Spark's types, strings with Spark's escapes, DATE'…' and its like, X'…'."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from sqlglot import exp

from unbounded.errors import ErrorKind, SparkError, not_supported
from unbounded.plan.unresolved import Expression, Literal, WallClockLiteral
from unbounded.sql.expressions.datetimes import parse_date, parse_timestamp, to_utc
from unbounded.sql.grammar.tokens import string_value
from unbounded.sql.scope import Scope
from unbounded.types.datatypes import (
    BINARY,
    BOOLEAN,
    BYTE,
    DATE,
    DOUBLE,
    FLOAT,
    INTEGER,
    LONG,
    MAX_DECIMAL_PRECISION,
    NULL,
    SHORT,
    STRING,
    TIMESTAMP,
    TIMESTAMP_NTZ,
    DecimalType,
    IntegralType,
)

_SUFFIX = re.compile(r"(?i)(.*?)(BD|[LSYDF])?", re.DOTALL)
_HEXADECIMAL = re.compile("[0-9A-Fa-f]*")
_INTEGRAL: dict[str, IntegralType] = {"L": LONG, "S": SHORT, "Y": BYTE}
_MAX_FLOAT = 3.4028234663852886e38
_MAX_DOUBLE = 1.7976931348623157e308
_MOVING_WORDS = frozenset({"now", "today", "tomorrow", "yesterday"})


def number_literal(node: exp.Expr, scope: Scope) -> Literal:
    """`1`, `1L`, `1.5`, `1.5D`, `1e3`, `-128Y` …"""
    match = _SUFFIX.fullmatch(node.name)
    digits, suffix = (match[1], (match[2] or "").upper()) if match is not None else (node.name, "")
    if suffix in _INTEGRAL:
        return _integral(node, digits, _INTEGRAL[suffix], scope)
    if suffix in ("D", "F") or (not suffix and "e" in digits.lower()):
        return _floating(node, digits, is_float=suffix == "F", scope=scope)
    if suffix == "BD" or "." in digits:
        return _decimal(digits)
    return _integer(digits)


def _integer(digits: str) -> Literal:
    """The smallest of int, bigint and decimal that holds it."""
    value = int(digits)
    for data_type in (INTEGER, LONG):
        if _fits(value, data_type):
            return Literal(value, data_type)
    return _decimal(digits)


def _integral(node: exp.Expr, digits: str, data_type: IntegralType, scope: Scope) -> Literal:
    value = int(digits)
    if not _fits(value, data_type):
        half = 1 << (data_type.bits - 1)
        raise _out_of_range(node, digits, data_type.name, str(-half), str(half - 1), scope)
    return Literal(value, data_type)


def _fits(value: int, data_type: IntegralType) -> bool:
    return -(1 << (data_type.bits - 1)) <= value < 1 << (data_type.bits - 1)


def _floating(node: exp.Expr, digits: str, *, is_float: bool, scope: Scope) -> Literal:
    value, bound = Decimal(digits), Decimal(_MAX_FLOAT if is_float else _MAX_DOUBLE)
    data_type = FLOAT if is_float else DOUBLE
    if abs(value) > bound:
        shown = "3.4028234663852886E+38" if is_float else "1.7976931348623157E+308"
        raise _out_of_range(node, digits, data_type.name, f"-{shown}", shown, scope)
    number = float(digits)
    return Literal(struct.unpack("f", struct.pack("f", number))[0] if is_float else number, data_type)


def _decimal(digits: str) -> Literal:
    value = Decimal(digits)
    exponent = value.as_tuple().exponent
    scale = max(0, -int(exponent))
    if int(exponent) > 0:
        value = Decimal(f"{value:f}")
    precision = max(len(value.as_tuple().digits), scale)
    if precision > MAX_DECIMAL_PRECISION:
        parameters = {"precision": str(precision), "maxPrecision": str(MAX_DECIMAL_PRECISION)}
        raise SparkError(ErrorKind.ARITHMETIC, "DECIMAL_PRECISION_EXCEEDS_MAX_PRECISION", parameters)
    return Literal(value, DecimalType(precision, scale))


def _out_of_range(node: exp.Expr, digits: str, name: str, low: str, high: str, scope: Scope) -> SparkError:
    return scope.error(
        node,
        "INVALID_NUMERIC_LITERAL_RANGE",
        rawStrippedQualifier=digits,
        minValue=low,
        maxValue=high,
        typeName=name,
    )


def string_literal(node: exp.Expr, scope: Scope) -> Literal:
    return Literal(string_value(node), STRING)


def hexadecimal_literal(node: exp.Expr, scope: Scope) -> Literal:
    return _binary(node.name)


def _binary(digits: str) -> Literal:
    return Literal(bytes.fromhex(digits if len(digits) % 2 == 0 else f"0{digits}"), BINARY)


def typed_literal(node: exp.Expr, scope: Scope) -> Expression:
    """DATE'…', TIMESTAMP'…', TIMESTAMP_NTZ'…', X '…'. A timestamp without a zone waits for the session's zone."""
    name, text = node.name, string_value(node.expression)
    if name == "TIME":
        raise not_supported("The type TIME", "Use STRING or a number.")
    if text.strip().lower() in _MOVING_WORDS:
        raise not_supported(f"{name}'{text}'", "Use current_date() or current_timestamp().")
    value = _typed(name, text)
    if value is None:
        shown = "TIMESTAMP" if name == "TIMESTAMP_LTZ" else name
        raise scope.error(node, "INVALID_TYPED_LITERAL", valueType=f'"{shown}"', value=f"'{text}'")
    return value


def _typed(name: str, text: str) -> Expression | None:
    if name == "X":
        return _binary(text) if _HEXADECIMAL.fullmatch(text) else None
    return _date(text) if name == "DATE" else _timestamp(text, has_zone=name != "TIMESTAMP_NTZ")


def _date(text: str) -> Expression | None:
    days = parse_date(text)
    return None if days is None else Literal(days, DATE)


def _timestamp(text: str, *, has_zone: bool) -> Expression | None:
    parsed = parse_timestamp(text)
    if parsed is None:
        return None
    microseconds, zone = parsed
    if zone and (instant := to_utc(microseconds, zone)) is None:
        return None
    if not has_zone:
        return Literal(microseconds, TIMESTAMP_NTZ)
    return Literal(instant, TIMESTAMP) if zone else WallClockLiteral(microseconds)


TRANSLATORS: Mapping[type[exp.Expr], Callable[[Any, Scope], Expression]] = {
    exp.Boolean: lambda node, scope: Literal(bool(node.this), BOOLEAN),
    exp.Concat: string_literal,
    exp.HexString: hexadecimal_literal,
    exp.Introducer: typed_literal,
    exp.Literal: number_literal,
    exp.National: lambda node, scope: Literal(node.name, STRING),
    exp.Null: lambda node, scope: Literal(None, NULL),
}
