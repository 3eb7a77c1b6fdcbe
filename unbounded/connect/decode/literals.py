"""Literals of the protocol as plan literals in Spark's internal form (see `plan.unresolved.Literal`)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Context, Decimal, InvalidOperation
from typing import Any

from pyspark.sql.connect import proto

from unbounded.connect.decode.context import invalid_plan, one_of_not_set
from unbounded.connect.decode.types import decode_data_type, decode_schema
from unbounded.errors import not_supported
from unbounded.plan.unresolved import Literal
from unbounded.types.datatypes import (
    BINARY,
    BOOLEAN,
    BYTE,
    CALENDAR_INTERVAL,
    DATE,
    DAY_TIME_INTERVAL,
    DOUBLE,
    FLOAT,
    INTEGER,
    LONG,
    NULL,
    SHORT,
    STRING,
    TIMESTAMP,
    TIMESTAMP_NTZ,
    YEAR_MONTH_INTERVAL,
    ArrayType,
    DataType,
    DecimalType,
    MapType,
    StructType,
)
from unbounded.types.decimal_bounds import decimal_type

LiteralMessage = proto.Expression.Literal

_PLAIN: dict[str, DataType] = {
    "binary": BINARY,
    "boolean": BOOLEAN,
    "byte": BYTE,
    "short": SHORT,
    "integer": INTEGER,
    "long": LONG,
    "float": FLOAT,
    "double": DOUBLE,
    "string": STRING,
    "date": DATE,
    "timestamp": TIMESTAMP,
    "timestamp_ntz": TIMESTAMP_NTZ,
    "year_month_interval": YEAR_MONTH_INTERVAL,
    "day_time_interval": DAY_TIME_INTERVAL,
}
"""Kinds whose message value is the internal value already."""

_PACKED: dict[str, DataType] = {
    "bools": BOOLEAN,
    "ints": INTEGER,
    "longs": LONG,
    "floats": FLOAT,
    "doubles": DOUBLE,
    "strings": STRING,
}


_DECIMAL_CONTEXT = Context(prec=100)


def decode_literal(message: LiteralMessage) -> Literal:
    """The constant with its type: the one sent along, else the one Spark infers from the kind and the value."""
    declared = decode_data_type(message.data_type) if message.HasField("data_type") else None
    return _decode(message, declared)


def _decode(message: LiteralMessage, declared: DataType | None) -> Literal:
    """`declared` is known from outside: from the root's data type, or from the type of the elements."""
    kind = message.WhichOneof("literal_type")
    match kind:
        case None:
            raise one_of_not_set(message, "literal_type")
        case "null":
            return Literal(None, declared or decode_data_type(message.null))
        case "time":
            raise not_supported("A literal of type TIME", "Use STRING or a number.")
        case _ if kind in _PLAIN:
            return Literal(getattr(message, kind), declared or _PLAIN[kind])
        case _:
            return _COMPOUND[kind](getattr(message, kind), declared)


def _decode_decimal(message: LiteralMessage.Decimal, declared: DataType | None) -> Literal:
    """The type is as wide as the value and as the precision and scale that were sent, as in Spark."""
    value = _finite_decimal(message.value)
    _, digits, exponent = value.as_tuple()
    scale = max(-int(exponent), message.scale if message.HasField("scale") else 0, 0)
    sent_precision = message.precision if message.HasField("precision") else 0
    precision = max(len(digits) + max(int(exponent), 0), sent_precision, scale)
    data_type = declared if isinstance(declared, DecimalType) else decimal_type(precision, scale)
    return Literal(value.quantize(Decimal(1).scaleb(-data_type.scale), context=_DECIMAL_CONTEXT), data_type)


def _finite_decimal(text: str) -> Decimal:
    try:
        value = Decimal(text)
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite():
        raise invalid_plan("ASSERTION_FAILURE", message=f"'{text}' is not a decimal number")
    return value


def _decode_calendar_interval(message: LiteralMessage.CalendarInterval, declared: DataType | None) -> Literal:
    return Literal((message.months, message.days, message.microseconds), CALENDAR_INTERVAL)


def _decode_array(message: LiteralMessage.Array, declared: DataType | None) -> Literal:
    if isinstance(declared, ArrayType):
        data_type = declared
    elif message.HasField("element_type"):
        data_type = ArrayType(decode_data_type(message.element_type))
    else:
        data_type = ArrayType(_first_type(message.elements))
    elements = tuple(_decode(element, data_type.element_type).value for element in message.elements)
    return Literal(elements, data_type)


def _decode_map(message: LiteralMessage.Map, declared: DataType | None) -> Literal:
    if isinstance(declared, MapType):
        data_type = declared
    elif message.HasField("key_type"):
        data_type = MapType(decode_data_type(message.key_type), decode_data_type(message.value_type))
    else:
        data_type = MapType(_first_type(message.keys), _first_type(message.values))
    keys = (_decode(key, data_type.key_type).value for key in message.keys)
    values = (_decode(value, data_type.value_type).value for value in message.values)
    return Literal(tuple(zip(keys, values, strict=True)), data_type)


def _decode_struct(message: LiteralMessage.Struct, declared: DataType | None) -> Literal:
    data_type = declared if isinstance(declared, StructType) else decode_schema(message.struct_type)
    pairs = zip(message.elements, data_type.fields, strict=True)
    return Literal(tuple(_decode(element, field.data_type).value for element, field in pairs), data_type)


def _decode_packed_array(message: LiteralMessage.SpecializedArray, declared: DataType | None) -> Literal:
    kind = message.WhichOneof("value_type")
    if kind is None:
        raise one_of_not_set(message, "value_type")
    data_type = declared if isinstance(declared, ArrayType) else ArrayType(_PACKED[kind], contains_null=False)
    return Literal(tuple(getattr(message, kind).values), data_type)


def _first_type(elements: Sequence[LiteralMessage]) -> DataType:
    return _decode(elements[0], None).data_type if elements else NULL


_COMPOUND: dict[str, Callable[[Any, DataType | None], Literal]] = {
    "decimal": _decode_decimal,
    "calendar_interval": _decode_calendar_interval,
    "array": _decode_array,
    "map": _decode_map,
    "struct": _decode_struct,
    "specialized_array": _decode_packed_array,
}
