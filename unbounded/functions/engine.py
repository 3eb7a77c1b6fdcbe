"""How typed values look to the engine: type names, quoting, literals, engine-side errors. Strings out, no decisions.

Representation: both timestamps are TIMESTAMP (UTC microseconds); a day-time interval is BIGINT microseconds; a
year-month interval INTEGER months; a calendar interval INTERVAL; void is INTEGER (always NULL).
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from unbounded.errors import ErrorKind, not_supported
from unbounded.types.datatypes import (
    ArrayType,
    BinaryType,
    BooleanType,
    ByteType,
    CalendarIntervalType,
    CharType,
    DataType,
    DateType,
    DayTimeIntervalType,
    DecimalType,
    DoubleType,
    FloatType,
    IntegerType,
    LongType,
    MapType,
    NullType,
    ShortType,
    StringType,
    StructType,
    TimestampNTZType,
    TimestampType,
    VarcharType,
    YearMonthIntervalType,
)

ERROR_MARK = "unbounded-error:"
"""Starts the text of an engine error that carries a Spark error as JSON."""

_SHORT_TEXT = 60
"""Engine texts up to this length are repeated rather than bound to a variable."""

_SIMPLE_TYPES: dict[type[DataType], str] = {
    NullType: "INTEGER",
    BooleanType: "BOOLEAN",
    ByteType: "TINYINT",
    ShortType: "SMALLINT",
    IntegerType: "INTEGER",
    LongType: "BIGINT",
    FloatType: "FLOAT",
    DoubleType: "DOUBLE",
    StringType: "VARCHAR",
    CharType: "VARCHAR",
    VarcharType: "VARCHAR",
    BinaryType: "BLOB",
    DateType: "DATE",
    TimestampType: "TIMESTAMP",
    TimestampNTZType: "TIMESTAMP",
    DayTimeIntervalType: "BIGINT",
    YearMonthIntervalType: "INTEGER",
    CalendarIntervalType: "INTERVAL",
}


def engine_type(data_type: DataType) -> str:
    """The engine's type name for `data_type`.

    Raises: SparkError UNBOUNDED_NOT_SUPPORTED for a type the engine cannot hold.
    """
    match data_type:
        case DecimalType(precision=precision, scale=scale):
            return f"DECIMAL({precision}, {scale})"
        case ArrayType(element_type=element):
            return f"{engine_type(element)}[]"
        case MapType(key_type=key, value_type=value):
            return f"MAP({engine_type(key)}, {engine_type(value)})"
        case StructType(fields=fields) if fields:
            return f"STRUCT({', '.join(f'{quote(f.name)} {engine_type(f.data_type)}' for f in fields)})"
        case _ if type(data_type) in _SIMPLE_TYPES:
            return _SIMPLE_TYPES[type(data_type)]
        case _:
            raise not_supported(f"Type {data_type.simple_string}", "Cast the column to a type of the supported list.")


def quote(name: str) -> str:
    """An engine identifier."""
    return '"' + name.replace('"', '""') + '"'


def text(value: str) -> str:
    """An engine string literal."""
    return "'" + value.replace("'", "''") + "'"


def shown_text(value: str) -> str:
    """An engine expression for the string `value` as SQL would write it, as messages show it."""
    return rf"'''' || replace(replace({value}, '\', '\\'), '''', '\''') || ''''"


def cast(expression: str, data_type: DataType) -> str:
    """An engine cast, for values known to fit."""
    return f"CAST({expression} AS {engine_type(data_type)})"


def bind(value: str, variable: str, body: Callable[[str], str]) -> str:
    """`body` of an engine value that it mentions several times; a long text is written once, as a lambda's variable.

    `body` must not contain aggregates or window functions.
    """
    if len(value) <= _SHORT_TEXT:
        return body(value)
    return f"list_transform([{value}], lambda {variable} : {body(variable)})[1]"


def literal(value: Any, data_type: DataType) -> str:
    """An engine constant of exactly `engine_type(data_type)`; `value` is in Spark's internal form."""
    if value is None:
        return f"CAST(NULL AS {engine_type(data_type)})"
    match data_type:
        case BooleanType():
            return "true" if value else "false"
        case StringType() | CharType() | VarcharType():
            return _string(value)
        case BinaryType():
            return f"from_hex('{value.hex()}')"
        case DateType():
            return f"(DATE '1970-01-01' + {value}::INTEGER)" if value else "DATE '1970-01-01'"
        case TimestampType() | TimestampNTZType():
            return f"make_timestamp({value}::BIGINT)"
        case FloatType() | DoubleType():
            return f"CAST('{_floating(value)}' AS {engine_type(data_type)})"
        case DecimalType():
            return f"CAST('{Decimal(value):f}' AS {engine_type(data_type)})"
        case CalendarIntervalType():
            months, days, microseconds = value
            return f"(to_months({months}) + to_days({days}) + to_microseconds({microseconds}))"
        case _:
            return _nested_or_integer(value, data_type)


def raise_error(
    kind: ErrorKind, condition: str, parameters: Mapping[str, str], computed: Mapping[str, str] | None = None
) -> str:
    """An engine expression that fails with a Spark error; `computed` parameters are VARCHAR engine expressions.

    The text after `ERROR_MARK` is a JSON object: kind, condition, parameters.
    """
    entries = [f"{text(name)}, {text(value)}" for name, value in parameters.items()]
    entries += [f"{text(name)}, {expression}" for name, expression in (computed or {}).items()]
    given = f"json_object({', '.join(entries)})"
    body = f"json_object('kind', '{kind.name}', 'condition', {text(condition)}, 'parameters', {given})"
    return f"error({text(ERROR_MARK)} || CAST({body} AS VARCHAR))"


def error_text(kind: ErrorKind, condition: str, parameters: Mapping[str, str]) -> str:
    """The text of an engine error that carries a Spark error, for functions that fail inside the engine."""
    return ERROR_MARK + json.dumps({"kind": kind.name, "condition": condition, "parameters": dict(parameters)})


def read_error(message: str) -> tuple[str, str, dict[str, str]] | None:
    """Kind name, condition and parameters of an error made by `raise_error` or `error_text`; None for other text."""
    _, mark, body = message.partition(ERROR_MARK)
    if not mark:
        return None
    found, _ = json.JSONDecoder().raw_decode(body)
    return found["kind"], found["condition"], found["parameters"]


def _string(value: str) -> str:
    """NUL cannot stand in SQL text, so it goes in by its code point."""
    return "(" + " || chr(0) || ".join(text(part) for part in value.split("\0")) + ")" if "\0" in value else text(value)


def _floating(value: float) -> str:
    return "nan" if math.isnan(value) else repr(float(value))


def _nested_or_integer(value: Any, data_type: DataType) -> str:
    match data_type:
        case ArrayType(element_type=element):
            members = ", ".join(literal(v, element) for v in value)
            return f"CAST([{members}] AS {engine_type(data_type)})"
        case MapType(key_type=key_type, value_type=value_type):
            keys = ", ".join(literal(k, key_type) for k, _ in value)
            values = ", ".join(literal(v, value_type) for _, v in value)
            return f"CAST(map([{keys}], [{values}]) AS {engine_type(data_type)})"
        case StructType(fields=fields):
            named = (f"{quote(f.name)} := {literal(v, f.data_type)}" for f, v in zip(fields, value, strict=True))
            return f"struct_pack({', '.join(named)})"
        case _:
            return f"CAST('{int(value)}' AS {engine_type(data_type)})"
