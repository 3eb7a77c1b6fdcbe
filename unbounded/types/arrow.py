"""Spark types as Arrow types, the way Spark sends results to its Python client, and back. Types only, no data.

Two Spark types have no exact counterpart in pyarrow: a year-month interval travels as int32 months (Spark uses Arrow's
YEAR_MONTH interval, which pyarrow cannot read at all), so it does not come back from Arrow as itself; a calendar
interval is `month_day_nano_interval`, which pyarrow reads but PySpark refuses to collect, here as there.
"""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa

from unbounded.errors import not_supported, unsupported_error
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
    VARIANT,
    ArrayType,
    CharType,
    DataType,
    DayTimeIntervalType,
    DecimalType,
    MapType,
    StructField,
    StructType,
    TimestampType,
    VarcharType,
    YearMonthIntervalType,
)
from unbounded.types.json_form import metadata_from_json, metadata_to_json
from unbounded.types.metadata import Metadata

METADATA_KEY = b"SPARK::metadata::json"

_VARIANT_ARROW = pa.struct(
    [
        pa.field("value", pa.binary(), nullable=False),
        pa.field("metadata", pa.binary(), nullable=False, metadata={b"variant": b"true"}),
    ]
)

_FIXED: dict[DataType, pa.DataType] = {
    NULL: pa.null(),
    BOOLEAN: pa.bool_(),
    BYTE: pa.int8(),
    SHORT: pa.int16(),
    INTEGER: pa.int32(),
    LONG: pa.int64(),
    FLOAT: pa.float32(),
    DOUBLE: pa.float64(),
    STRING: pa.string(),
    BINARY: pa.binary(),
    DATE: pa.date32(),
    TIMESTAMP_NTZ: pa.timestamp("us"),
    CALENDAR_INTERVAL: pa.month_day_nano_interval(),
    VARIANT: _VARIANT_ARROW,
}


def to_arrow_type(data_type: DataType, time_zone: str) -> pa.DataType:
    """The Arrow type of a column in a result; `time_zone` is the session's and labels TIMESTAMP columns."""
    match data_type:
        case TimestampType():
            return pa.timestamp("us", tz=time_zone)
        case DecimalType(precision=precision, scale=scale):
            return pa.decimal128(max(precision, 1), scale)
        case CharType() | VarcharType():
            return pa.string()
        case DayTimeIntervalType():
            return pa.duration("us")
        case YearMonthIntervalType():
            return pa.int32()
        case ArrayType(element_type=element_type, contains_null=contains_null):
            return pa.list_(_arrow_field("element", element_type, time_zone, nullable=contains_null))
        case MapType(key_type=key_type, value_type=value_type, value_contains_null=value_contains_null):
            # Only the empty map has keys of no type, and Arrow wants keys that are not nullable.
            arrow_key = pa.string() if key_type == NULL else to_arrow_type(key_type, time_zone)
            key = pa.field("key", arrow_key, nullable=False)
            return pa.map_(key, _arrow_field("value", value_type, time_zone, nullable=value_contains_null))
        case StructType(fields=fields):
            return pa.struct([to_arrow_field(field, time_zone) for field in fields])
        case _ if data_type in _FIXED:
            return _FIXED[data_type]
    raise not_supported(f"The type {data_type.simple_string} in a result", "Cast the column to STRING.")


def to_arrow_field(field: StructField, time_zone: str) -> pa.Field[pa.DataType]:
    arrow_field = _arrow_field(field.name, field.data_type, time_zone, nullable=field.nullable)
    if not field.metadata:
        return arrow_field
    return arrow_field.with_metadata({METADATA_KEY: metadata_to_json(field.metadata).encode()})


def to_arrow_schema(schema: StructType, time_zone: str) -> pa.Schema:
    return pa.schema([to_arrow_field(field, time_zone) for field in schema.fields])


def _arrow_field(name: str, data_type: DataType, time_zone: str, *, nullable: bool) -> pa.Field[pa.DataType]:
    """Arrow insists that a field of the null type is nullable; Spark has non-null voids (`array()`)."""
    return pa.field(name, to_arrow_type(data_type, time_zone), nullable=nullable or data_type == NULL)


_FROM_FIXED: dict[pa.DataType, DataType] = {
    **{arrow_type: data_type for data_type, arrow_type in _FIXED.items() if data_type != VARIANT},
    pa.large_string(): STRING,
    pa.string_view(): STRING,
    pa.large_binary(): BINARY,
    pa.binary_view(): BINARY,
}

_FROM_PARAMETRIC: tuple[tuple[Callable[[pa.DataType], bool], Callable[[pa.DataType], DataType]], ...] = (
    (pa.types.is_timestamp, lambda arrow_type: TIMESTAMP_NTZ if arrow_type.tz is None else TIMESTAMP),
    (pa.types.is_duration, lambda arrow_type: DAY_TIME_INTERVAL),
    (pa.types.is_decimal, lambda arrow_type: DecimalType(arrow_type.precision, arrow_type.scale)),
    (pa.types.is_fixed_size_binary, lambda arrow_type: BINARY),
    (pa.types.is_dictionary, lambda arrow_type: from_arrow_type(arrow_type.value_type)),
    (pa.types.is_map, lambda arrow_type: _from_arrow_map(arrow_type)),
    (pa.types.is_struct, lambda arrow_type: _from_arrow_struct(arrow_type)),
    (pa.types.is_list, lambda arrow_type: _from_arrow_list(arrow_type)),
    (pa.types.is_large_list, lambda arrow_type: _from_arrow_list(arrow_type)),
    (pa.types.is_fixed_size_list, lambda arrow_type: _from_arrow_list(arrow_type)),
)


def from_arrow_type(arrow_type: pa.DataType) -> DataType:
    """The Spark type of rows a program brings along (createDataFrame); units and widths of offsets do not matter.

    Raises UNSUPPORTED_ARROWTYPE for what Spark has no type for (unsigned and half-wide numbers, times, unions).
    """
    if (fixed := _FROM_FIXED.get(arrow_type)) is not None:
        return fixed
    for matches, convert in _FROM_PARAMETRIC:
        if matches(arrow_type):
            return convert(arrow_type)
    raise unsupported_error("UNSUPPORTED_ARROWTYPE", typeName=str(arrow_type))


def from_arrow_field(field: pa.Field[pa.DataType]) -> StructField:
    return StructField(field.name, from_arrow_type(field.type), field.nullable, _from_arrow_metadata(field.metadata))


def from_arrow_schema(schema: pa.Schema) -> StructType:
    return StructType(tuple(from_arrow_field(field) for field in schema))


def _from_arrow_metadata(metadata: dict[bytes, bytes] | None) -> Metadata:
    return metadata_from_json((metadata or {}).get(METADATA_KEY, b"").decode())


def _from_arrow_list(arrow_type: pa.DataType) -> DataType:
    return ArrayType(from_arrow_type(arrow_type.value_type), arrow_type.value_field.nullable)


def _from_arrow_map(arrow_type: pa.DataType) -> DataType:
    key, value = (from_arrow_type(arrow_type.key_type), from_arrow_type(arrow_type.item_type))
    return MapType(key, value, arrow_type.item_field.nullable)


def _from_arrow_struct(arrow_type: pa.DataType) -> DataType:
    fields = tuple(arrow_type.field(index) for index in range(arrow_type.num_fields))
    is_variant = any(field.name == "metadata" and (field.metadata or {}).get(b"variant") == b"true" for field in fields)
    return VARIANT if is_variant else StructType(tuple(from_arrow_field(field) for field in fields))
