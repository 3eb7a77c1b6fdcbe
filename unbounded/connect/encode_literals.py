"""Single values as protocol literals, for observed metrics. Decoding of literals is in decode."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyarrow as pa
from pyspark.sql.connect.proto import ExecutePlanResponse, Expression

from unbounded.connect.encode import encode_data_type
from unbounded.errors import not_supported
from unbounded.types.arrow import from_arrow_type
from unbounded.types.datatypes import (
    BINARY,
    BOOLEAN,
    BYTE,
    DATE,
    DOUBLE,
    FLOAT,
    INTEGER,
    LONG,
    SHORT,
    STRING,
    TIMESTAMP,
    TIMESTAMP_NTZ,
    ArrayType,
    DataType,
    DayTimeIntervalType,
    DecimalType,
    MapType,
    StructType,
)

_FIELDS: Mapping[DataType, str] = {
    BOOLEAN: "boolean",
    BYTE: "byte",
    SHORT: "short",
    INTEGER: "integer",
    LONG: "long",
    FLOAT: "float",
    DOUBLE: "double",
    STRING: "string",
    BINARY: "binary",
    DATE: "date",
    TIMESTAMP: "timestamp",
    TIMESTAMP_NTZ: "timestamp_ntz",
}

_MICROSECOND = timedelta(microseconds=1)
_COUNTED: Mapping[type, Callable[[Any], int]] = {
    datetime: lambda value: (
        (value.replace(tzinfo=value.tzinfo or UTC) - datetime(1970, 1, 1, tzinfo=UTC)) // _MICROSECOND
    ),
    date: lambda value: (value - date(1970, 1, 1)).days,
    timedelta: lambda value: value // _MICROSECOND,
}
"""Python's dates and times as the protocol counts them: days and microseconds."""


def encode_observed(name: str, values: Mapping[str, pa.Scalar[Any]]) -> ExecutePlanResponse.ObservedMetrics:
    """The metrics of one `df.observe`, in their order."""
    literals = [encode_literal(value) for value in values.values()]
    return ExecutePlanResponse.ObservedMetrics(name=name, keys=list(values), values=literals)


def encode_literal(scalar: pa.Scalar[Any]) -> Expression.Literal:
    return _encode(scalar.as_py(), from_arrow_type(scalar.type))


def _encode(value: Any, data_type: DataType) -> Expression.Literal:
    literal = Expression.Literal()
    if value is None:
        literal.null.CopyFrom(encode_data_type(data_type))
        return literal
    counted = _COUNTED[type(value)](value) if type(value) in _COUNTED else value
    match data_type:
        case DecimalType(precision=precision, scale=scale):
            literal.decimal.value, literal.decimal.precision, literal.decimal.scale = str(value), precision, scale
        case DayTimeIntervalType():
            literal.day_time_interval = counted
        case ArrayType() | MapType() | StructType():
            _encode_nested(literal, value, data_type)
        case _ if data_type in _FIELDS:
            setattr(literal, _FIELDS[data_type], counted)
        case _:
            raise not_supported(f"A metric of type {data_type.simple_string}", "Cast it to STRING.")
    return literal


def _encode_nested(literal: Expression.Literal, value: Any, data_type: ArrayType | MapType | StructType) -> None:
    match data_type:
        case ArrayType(element_type=element_type):
            literal.array.element_type.CopyFrom(encode_data_type(element_type))
            literal.array.elements.extend(_encode(element, element_type) for element in value)
        case MapType(key_type=key_type, value_type=value_type):
            literal.map.key_type.CopyFrom(encode_data_type(key_type))
            literal.map.value_type.CopyFrom(encode_data_type(value_type))
            literal.map.keys.extend(_encode(key, key_type) for key, _ in value)
            literal.map.values.extend(_encode(item, value_type) for _, item in value)
        case StructType(fields=fields):
            literal.struct.struct_type.CopyFrom(encode_data_type(data_type))
            literal.struct.elements.extend(_encode(value[field.name], field.data_type) for field in fields)
