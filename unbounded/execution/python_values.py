"""Arrow columns as the Python values a row-at-a-time function sees, and its results as columns again.

Two ways back, as in PySpark: a plain function's result is pickled in Spark, and a value of another type than the one
declared becomes NULL; an Arrow-optimised function's result is converted by Arrow, which casts or fails.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import partial
from typing import Any

import pyarrow as pa
from pyspark.sql.conversion import ArrowTableToRowsConversion, LocalDataToArrowConversion
from pyspark.sql.pandas.types import from_arrow_type

from unbounded.types.arrow import to_arrow_type
from unbounded.types.datatypes import (
    ArrayType,
    BinaryType,
    BooleanType,
    ByteType,
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
from unbounded.types.java_text import java_double_text

UTC = "UTC"
Convert = Callable[[Any], Any]


def python_values(column: pa.Array) -> list[Any]:
    """The values of a column in Spark's Arrow form, as PySpark hands them on: Row, date, naive local datetime."""
    data_type = from_arrow_type(column.type, prefer_timestamp_ntz=True)
    convert = ArrowTableToRowsConversion._create_converter(data_type, none_on_identity=True)
    values: list[Any] = column.to_pylist()
    return values if convert is None else list(map(convert, values))


# ------------------------------------------------------------------------------------------ results by Arrow


def arrow_results(return_type: Any, data_type: DataType, *, is_safe: bool) -> Callable[[Sequence[Any]], pa.Array]:
    """Results of an Arrow-optimised function: Arrow's conversion, else a cast. `return_type` is PySpark's."""
    convert = LocalDataToArrowConversion._create_converter(return_type, none_on_identity=True)
    target = to_arrow_type(data_type, UTC)

    def to_column(results: Sequence[Any]) -> pa.Array:
        converted = results if convert is None else list(map(convert, results))
        try:
            return pa.array(converted, type=target)
        except pa.ArrowInvalid:
            return pa.array(converted).cast(target, safe=is_safe)

    return to_column


# ------------------------------------------------------------------------------------------ results by pickle


def pickled_results(return_type: Any, data_type: DataType) -> Callable[[Sequence[Any]], pa.Array]:
    """Results of a plain function: what does not have the declared type is NULL."""
    to_internal: Convert | None = return_type.toInternal if return_type.needConversion() else None
    accept = _accepting(data_type)
    physical, target = _physical(data_type), to_arrow_type(data_type, UTC)

    def to_column(results: Sequence[Any]) -> pa.Array:
        internal = results if to_internal is None else map(to_internal, results)
        column = pa.array([None if v is None else accept(v) for v in internal], type=physical)
        return column if physical == target else column.cast(target)

    return to_column


def _accepting(data_type: DataType) -> Convert:
    """Takes a non-NULL internal value of the type (dates and instants are integers by now); None for any other."""
    match data_type:
        case ArrayType(element_type=element):
            return partial(_accept_array, element=_or_null(_accepting(element)))
        case MapType(key_type=key, value_type=value):
            return partial(_accept_map, key=_or_null(_accepting(key)), item=_or_null(_accepting(value)))
        case StructType(fields=fields):
            return partial(_accept_struct, fields=tuple(_or_null(_accepting(f.data_type)) for f in fields))
        case DecimalType(precision=precision, scale=scale):
            return partial(_accept_decimal, step=Decimal(1).scaleb(-scale), context=Context(precision, ROUND_HALF_UP))
        case _:
            return _ACCEPT.get(type(data_type), _refuse_foreign)


def _or_null(accept: Convert) -> Convert:
    return lambda value: None if value is None else accept(value)


def _accept_integer(value: Any, bits: int) -> int | None:
    """Wide values lose their high bits, as in Java; those beyond 64 bits are no integers to Spark."""
    if type(value) is not int:
        return _refuse_foreign(value)
    if not -(1 << 63) <= value < (1 << 63):
        return None
    half = 1 << (bits - 1)
    return ((value + half) & ((1 << bits) - 1)) - half


def _accept_float(value: Any) -> float | None:
    return value if type(value) is float else _refuse_foreign(value)


def _accept_boolean(value: Any) -> bool | None:
    return value if type(value) is bool else _refuse_foreign(value)


def _accept_binary(value: Any) -> bytes | None:
    if isinstance(value, str):
        return value.encode()
    return bytes(value) if isinstance(value, bytes | bytearray) else _refuse_foreign(value)


def _accept_decimal(value: Any, step: Decimal, context: Context) -> Decimal | None:
    return value.quantize(step, context=context) if isinstance(value, Decimal) else _refuse_foreign(value)


def _accept_array(value: Any, element: Convert) -> list[Any] | None:
    return list(map(element, value)) if isinstance(value, list | tuple | bytes | bytearray) else _refuse_foreign(value)


def _accept_map(value: Any, key: Convert, item: Convert) -> list[tuple[Any, Any]] | None:
    return [(key(k), item(v)) for k, v in value.items()] if isinstance(value, dict) else _refuse_foreign(value)


def _accept_struct(value: Any, fields: tuple[Convert, ...]) -> tuple[Any, ...] | None:
    if not isinstance(value, list | tuple):
        return _refuse_foreign(value)
    if len(value) != len(fields):
        raise ValueError(
            "Input row doesn't have expected number of values required by the schema. "
            f"{len(fields)} fields are required while {len(value)} values are provided."
        )
    return tuple(accept(v) for accept, v in zip(fields, value, strict=True))


def _refuse_foreign(value: Any) -> Any | None:
    """NULL for Python's own types; Spark cannot read the pickle of anything else (NumPy's numbers above all)."""
    kind = type(value)
    if kind.__module__ not in ("builtins", "decimal", "datetime"):
        raise TypeError(
            f"expected zero arguments for construction of ClassDict (for {kind.__module__}.{kind.__qualname__})"
        )
    return None


def _java_text(value: Any) -> str:
    """A value of any type where a string is declared, as Java prints it."""
    match value:
        case str():
            return value
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case float():
            return java_double_text(value)
        case list():
            return f"[{', '.join(map(_java_text, value))}]"
        case dict():
            return f"{{{', '.join(f'{_java_text(k)}={_java_text(v)}' for k, v in value.items())}}}"
        case _:
            _refuse_foreign(value)
            return str(value)


_ACCEPT: dict[type[DataType], Convert] = {
    ByteType: partial(_accept_integer, bits=8),
    ShortType: partial(_accept_integer, bits=16),
    IntegerType: partial(_accept_integer, bits=32),
    YearMonthIntervalType: partial(_accept_integer, bits=32),
    DateType: partial(_accept_integer, bits=32),
    LongType: partial(_accept_integer, bits=64),
    TimestampType: partial(_accept_integer, bits=64),
    TimestampNTZType: partial(_accept_integer, bits=64),
    DayTimeIntervalType: partial(_accept_integer, bits=64),
    FloatType: _accept_float,
    DoubleType: _accept_float,
    BooleanType: _accept_boolean,
    BinaryType: _accept_binary,
    StringType: _java_text,
    CharType: _java_text,
    VarcharType: _java_text,
    NullType: _refuse_foreign,
}

_PHYSICAL: dict[type[DataType], pa.DataType] = {
    DateType: pa.int32(),
    TimestampType: pa.int64(),
    TimestampNTZType: pa.int64(),
    DayTimeIntervalType: pa.int64(),
}


def _physical(data_type: DataType) -> pa.DataType:
    """The Arrow type of accepted values: dates and instants as the integers they are."""
    match data_type:
        case ArrayType(element_type=element):
            return pa.list_(pa.field("element", _physical(element)))
        case MapType(key_type=key, value_type=value):
            return pa.map_(_physical(key), pa.field("value", _physical(value)))
        case StructType(fields=fields):
            return pa.struct([pa.field(f.name, _physical(f.data_type), f.nullable) for f in fields])
        case _:
            return _PHYSICAL.get(type(data_type)) or to_arrow_type(data_type, UTC)
