"""Data types of the protocol as Spark data types."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pyspark.sql.connect import proto

from unbounded.connect.decode.context import invalid_plan, one_of_not_set
from unbounded.errors import SparkError, not_supported
from unbounded.types.datatypes import (
    BINARY,
    BOOLEAN,
    BYTE,
    CALENDAR_INTERVAL,
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
    VARIANT,
    ArrayType,
    CharType,
    DataType,
    DayTimeField,
    DayTimeIntervalType,
    MapType,
    StructField,
    StructType,
    VarcharType,
    YearMonthField,
    YearMonthIntervalType,
)
from unbounded.types.ddl import parse_ddl
from unbounded.types.decimal_bounds import decimal_type
from unbounded.types.json_form import metadata_from_json

_SIMPLE: dict[str, DataType] = {
    "null": NULL,
    "boolean": BOOLEAN,
    "byte": BYTE,
    "short": SHORT,
    "integer": INTEGER,
    "long": LONG,
    "float": FLOAT,
    "double": DOUBLE,
    "binary": BINARY,
    "date": DATE,
    "timestamp": TIMESTAMP,
    "timestamp_ntz": TIMESTAMP_NTZ,
    "calendar_interval": CALENDAR_INTERVAL,
    "variant": VARIANT,
}
_REFUSED = {
    "time": "Use STRING or a number.",
    "udt": "Use its underlying SQL type.",
    "geometry": "Use STRING or BINARY.",
    "geography": "Use STRING or BINARY.",
}
_BINARY_COLLATION = "UTF8_BINARY"


def decode_data_type(message: proto.DataType) -> DataType:
    """The Spark type; a type sent as text is parsed. Raises for TIME, geospatial and user-defined types."""
    kind = message.WhichOneof("kind")
    if kind is None:
        raise one_of_not_set(message, "kind")
    if kind in _SIMPLE:
        return _SIMPLE[kind]
    if kind in _PARAMETRIC:
        return _PARAMETRIC[kind](getattr(message, kind))
    raise not_supported(f"The type {kind.upper()}", _REFUSED[kind])


def decode_schema(message: proto.DataType) -> StructType:
    """A type which must be a struct."""
    data_type = decode_data_type(message)
    if isinstance(data_type, StructType):
        return data_type
    raise invalid_non_struct(str(message).strip(), data_type)


def invalid_non_struct(schema: str, data_type: DataType) -> SparkError:
    return invalid_plan("INVALID_SCHEMA_NON_STRUCT_TYPE", inputSchema=f'"{schema}"', dataType=f'"{data_type.sql_name}"')


def _decode_string(message: proto.DataType.String) -> DataType:
    if message.collation not in ("", _BINARY_COLLATION):
        raise not_supported(f"The collation {message.collation}", f"Only {_BINARY_COLLATION} is there.")
    return STRING


def _decode_decimal(message: proto.DataType.Decimal) -> DataType:
    precision = message.precision if message.HasField("precision") else 10
    return decimal_type(precision, message.scale if message.HasField("scale") else 0)


def _decode_day_time_interval(message: proto.DataType.DayTimeInterval) -> DataType:
    start = DayTimeField(message.start_field) if message.HasField("start_field") else DayTimeField.DAY
    end = DayTimeField(message.end_field) if message.HasField("end_field") else DayTimeField.SECOND
    return DayTimeIntervalType(start, end)


def _decode_year_month_interval(message: proto.DataType.YearMonthInterval) -> DataType:
    start = YearMonthField(message.start_field) if message.HasField("start_field") else YearMonthField.YEAR
    end = YearMonthField(message.end_field) if message.HasField("end_field") else YearMonthField.MONTH
    return YearMonthIntervalType(start, end)


def _decode_array(message: proto.DataType.Array) -> DataType:
    return ArrayType(decode_data_type(message.element_type), message.contains_null)


def _decode_map(message: proto.DataType.Map) -> DataType:
    key_type, value_type = decode_data_type(message.key_type), decode_data_type(message.value_type)
    return MapType(key_type, value_type, message.value_contains_null)


def _decode_struct(message: proto.DataType.Struct) -> DataType:
    return StructType(tuple(_decode_field(field) for field in message.fields))


def _decode_field(message: proto.DataType.StructField) -> StructField:
    metadata = metadata_from_json(message.metadata)
    return StructField(message.name, decode_data_type(message.data_type), message.nullable, metadata)


_PARAMETRIC: dict[str, Callable[[Any], DataType]] = {
    "string": _decode_string,
    "char": lambda message: CharType(message.length),
    "var_char": lambda message: VarcharType(message.length),
    "decimal": _decode_decimal,
    "day_time_interval": _decode_day_time_interval,
    "year_month_interval": _decode_year_month_interval,
    "array": _decode_array,
    "map": _decode_map,
    "struct": _decode_struct,
    "unparsed": lambda message: parse_ddl(message.data_type_string),
}
