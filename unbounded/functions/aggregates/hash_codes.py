"""Hash codes of values as Spark's tables in memory see them: Java's `hashCode`, and Scala's `##`, as engine texts.

Values whose code is not known here have the code 0: nested ones, binary, decimals that are no doubles.
"""

from __future__ import annotations

from unbounded.functions.engine import engine_type
from unbounded.types.datatypes import (
    BooleanType,
    DataType,
    DateType,
    DayTimeIntervalType,
    DecimalType,
    DoubleType,
    FloatType,
    IntegralType,
    LongType,
    StringType,
    TimestampNTZType,
    TimestampType,
    YearMonthIntervalType,
)

_NAN_BITS = {"DOUBLE": 0x7FF8 << 48, "FLOAT": 0x7FC0 << 16}


def with_one_zero(value: str, data_type: DataType) -> str:
    """`value` with -0.0 as 0.0, which are one in such a table."""
    is_floating = isinstance(data_type, FloatType | DoubleType)
    return f"({value} + 0::{engine_type(data_type)})" if is_floating else value


def scala_hash_code(value: str, data_type: DataType) -> str:
    """`##`: a long that fits into 32 bits is its own code."""
    number = _as_long(value, data_type)
    return hash_code(value, data_type) if number is None else _unified(number)


def hash_code(value: str, data_type: DataType) -> str:
    """`hashCode` of the object in which Spark keeps the value, as an engine integer; `value` is repeated."""
    number = _as_long(value, data_type)
    if number is not None:
        return _folded(number)
    match data_type:
        case BooleanType():
            return f"CASE WHEN {value} THEN 1231 ELSE 1237 END"
        case IntegralType() | YearMonthIntervalType():
            return value
        case DateType():
            return f"({value} - DATE '1970-01-01')"
        case StringType():
            return f"kernel_murmur_bytes(encode({value}), 42::INTEGER)"
        case DoubleType():
            return _folded(_bits(value, "DOUBLE", "BIGINT"))
        case FloatType():
            return _bits(value, "FLOAT", "INTEGER")
        case DecimalType():
            return _decimal_hash_code(value, data_type)
        case _:
            return "0"


def _as_long(value: str, data_type: DataType) -> str | None:
    match data_type:
        case LongType() | DayTimeIntervalType():
            return value
        case TimestampType() | TimestampNTZType():
            return f"epoch_us({value})"
        case _:
            return None


def _unified(number: str) -> str:
    return f"CASE WHEN {number} BETWEEN -2147483648 AND 2147483647 THEN {number} ELSE {_folded(number)} END"


def _folded(number: str) -> str:
    """The two halves of a 64-bit number combined, as a signed 32-bit number."""
    half = "xor(w, w >> 32) & 4294967295"
    return f"list_transform([{number}], lambda w : (({half}) + 2147483648) % 4294967296 - 2147483648)[1]"


def _bits(value: str, kind: str, word: str) -> str:
    bits = f"CAST(CAST({value} AS BIT) AS {word})"
    return f"CASE WHEN isnan({value}) THEN {_NAN_BITS[kind]} ELSE {bits} END"


def _decimal_hash_code(value: str, data_type: DecimalType) -> str:
    """Whole numbers as longs, others as floats or doubles where these are exact; 0 for all others."""
    double = f"CAST(CAST({value} AS VARCHAR) AS DOUBLE)"
    single = f"CAST({double} AS FLOAT)"
    floats = hash_code(single, FloatType())
    fraction = f"CASE WHEN {single} = {double} THEN {floats} ELSE {hash_code(double, DoubleType())} END"
    is_double = f"TRY_CAST(CAST({double} AS VARCHAR) AS {engine_type(data_type)}) = {value}"
    whole = _unified(f"TRY_CAST({value} AS BIGINT)")
    return f"coalesce(CASE WHEN {value} = trunc({value}) THEN {whole} WHEN {is_double} THEN {fraction} END, 0)"
