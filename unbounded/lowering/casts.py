"""Casts with Spark's rules: what ANSI raises, what TRY turns into NULL, and how values look as strings."""

from __future__ import annotations

from unbounded.errors import ErrorKind
from unbounded.functions.engine import engine_type, quote, raise_error, text
from unbounded.functions.environment import Environment
from unbounded.functions.text_forms import from_text, to_text
from unbounded.functions.zones import instant, local_time
from unbounded.plan.expressions import Cast, CastMode
from unbounded.types.coercion import is_string_like
from unbounded.types.datatypes import (
    LONG,
    ArrayType,
    BinaryType,
    BooleanType,
    DataType,
    DateType,
    DayTimeIntervalType,
    DecimalType,
    DoubleType,
    FloatType,
    IntegralType,
    MapType,
    NullType,
    NumericType,
    StructType,
    TimestampNTZType,
    TimestampType,
    YearMonthIntervalType,
)

_ANSI = {"config": '"spark.sql.ansi.enabled"', "ansiConfig": '"spark.sql.ansi.enabled"'}


def lower_cast(value: str, cast: Cast, environment: Environment) -> str:
    """`value` (engine text of the child) as the cast's type."""
    return cast_value(value, cast.child.data_type, cast.data_type, cast.mode, environment)


def cast_value(value: str, source: DataType, target: DataType, mode: CastMode, environment: Environment) -> str:
    """Engine text of `CAST(value AS target)`."""
    if isinstance(source, NullType):
        return f"CAST(NULL AS {engine_type(target)})"
    if source == target or engine_type(source) == engine_type(target) and _is_same_value(source, target):
        return value
    if is_string_like(target):
        return to_text(value, source, environment)
    if is_string_like(source):
        return _from_string(value, target, mode, environment)
    if isinstance(target, NumericType) and isinstance(source, NumericType):
        return _numeric(value, source, target, mode)
    if isinstance(source, ArrayType | MapType | StructType):
        return _nested(value, source, target, mode, environment)
    return _other(value, source, target, mode, environment)


def _is_same_value(source: DataType, target: DataType) -> bool:
    """Types with one engine representation that need no conversion."""
    if {type(source), type(target)} == {TimestampType, TimestampNTZType}:
        return False
    return type(source) is type(target) or (is_string_like(source) and is_string_like(target))


def _from_string(value: str, target: DataType, mode: CastMode, environment: Environment) -> str:
    """TRY and legacy: NULL for what cannot be read. ANSI: CAST_INVALID_INPUT with the text and the type."""
    if isinstance(target, BinaryType):
        return f"encode({value})"
    parsed = from_text(value, target, environment)
    if mode is not CastMode.ANSI:
        return parsed
    kind = ErrorKind.DATE_TIME if isinstance(target, DateType | TimestampType | TimestampNTZType) else ErrorKind.NUMBER_FORMAT
    if isinstance(target, BooleanType):
        kind = ErrorKind.RUNTIME
    failure = raise_error(
        kind,
        "CAST_INVALID_INPUT",
        {"sourceType": '"STRING"', "targetType": f'"{target.sql_name}"', **_ANSI},
        {"expression": f"'''' || {value} || ''''"},
    )
    return f"CASE WHEN {value} IS NOT NULL AND {parsed} IS NULL THEN {failure} ELSE {parsed} END"


def _numeric(value: str, source: NumericType, target: NumericType, mode: CastMode) -> str:
    if isinstance(target, FloatType | DoubleType):
        return f"CAST({value} AS {engine_type(target)})"
    is_exact = isinstance(source, IntegralType) and isinstance(target, IntegralType) and source.bits <= target.bits
    if is_exact:
        return f"CAST({value} AS {engine_type(target)})"
    if isinstance(target, DecimalType):
        return _to_decimal(value, source, target, mode)
    truncated = value if isinstance(source, IntegralType) else f"trunc({value})"
    tried = f"TRY_CAST({truncated} AS {engine_type(target)})"
    if mode is not CastMode.ANSI:
        return tried
    shown = {"value": _shown_number(value, source)}
    names = {"sourceType": f'"{source.sql_name}"', "targetType": f'"{target.sql_name}"', **_ANSI}
    failure = raise_error(ErrorKind.ARITHMETIC, "CAST_OVERFLOW", names, shown)
    return f"CASE WHEN {value} IS NOT NULL AND {tried} IS NULL THEN {failure} ELSE {tried} END"


def _shown_number(value: str, source: NumericType) -> str:
    suffix = {"bigint": "L", "smallint": "S", "tinyint": "T", "double": "D"}.get(source.simple_string, "")
    suffix = "BD" if isinstance(source, DecimalType) else suffix
    shown = f"CAST({value} AS VARCHAR)" if not isinstance(source, DoubleType | FloatType) else to_text(value, source, Environment())
    return f"{shown} || '{suffix}'"


def _to_decimal(value: str, source: NumericType, target: DecimalType, mode: CastMode) -> str:
    tried = f"TRY_CAST({value} AS {engine_type(target)})"
    if mode is not CastMode.ANSI or _fits(source, target):
        return tried if mode is not CastMode.ANSI else f"CAST({value} AS {engine_type(target)})"
    names = {"precision": str(target.precision), "scale": str(target.scale), **_ANSI}
    shown = {"value": to_text(value, source, Environment())}
    failure = raise_error(ErrorKind.ARITHMETIC, "NUMERIC_VALUE_OUT_OF_RANGE.WITH_SUGGESTION", names, shown)
    return f"CASE WHEN {value} IS NOT NULL AND {tried} IS NULL THEN {failure} ELSE {tried} END"


def _fits(source: NumericType, target: DecimalType) -> bool:
    if not isinstance(source, DecimalType):
        return False
    return source.scale <= target.scale and source.precision - source.scale <= target.precision - target.scale


def _nested(value: str, source: DataType, target: DataType, mode: CastMode, environment: Environment) -> str:
    match source, target:
        case ArrayType(element_type=a), ArrayType(element_type=b):
            member = cast_value("x", a, b, mode, environment)
            return f"CAST(list_transform({value}, lambda x : {member}) AS {engine_type(target)})"
        case StructType(fields=a), StructType(fields=b):
            members = (
                f"{quote(f.name)} := "
                + cast_value(f"struct_extract({value}, {text(g.name)})", g.data_type, f.data_type, mode, environment)
                for g, f in zip(a, b, strict=True)
            )
            return f"CASE WHEN {value} IS NOT NULL THEN struct_pack({', '.join(members)}) END"
        case MapType(key_type=a, value_type=b), MapType(key_type=c, value_type=d):
            keys = cast_value("x", a, c, mode, environment)
            values = cast_value("x", b, d, mode, environment)
            return (
                f"CASE WHEN {value} IS NOT NULL THEN map(list_transform(map_keys({value}), lambda x : {keys}), "
                f"list_transform(map_values({value}), lambda x : {values})) END"
            )
        case _:
            return f"CAST({value} AS {engine_type(target)})"


def _other(value: str, source: DataType, target: DataType, mode: CastMode, environment: Environment) -> str:
    """Between families: boolean, dates, timestamps, intervals, numbers."""
    match source, target:
        case BooleanType(), NumericType():
            return f"CAST(CAST({value} AS INTEGER) AS {engine_type(target)})"
        case NumericType(), BooleanType():
            return f"({value} <> 0)"
        case TimestampType(), DateType():
            return f"CAST({local_time(value, environment)} AS DATE)"
        case TimestampNTZType(), DateType():
            return f"CAST({value} AS DATE)"
        case DateType(), TimestampType():
            return instant(f"CAST({value} AS TIMESTAMP)", environment)
        case TimestampType(), TimestampNTZType():
            return local_time(value, environment)
        case TimestampNTZType(), TimestampType():
            return instant(value, environment)
        case TimestampType(), IntegralType():
            seconds = f"CAST(floor(epoch_us({value}) / 1000000.0) AS BIGINT)"
            return _numeric(seconds, LONG, target, mode)
        case TimestampType(), DoubleType() | FloatType():
            return f"CAST(epoch_us({value}) / 1000000.0 AS {engine_type(target)})"
        case TimestampType(), DecimalType():
            return f"CAST(CAST(epoch_us({value}) AS DECIMAL(38, 6)) / 1000000 AS {engine_type(target)})"
        case IntegralType(), TimestampType():
            return f"make_timestamp(CAST({value} AS BIGINT) * 1000000)"
        case NumericType(), TimestampType():
            return f"make_timestamp(CAST(trunc({value} * 1000000) AS BIGINT))"
        case DayTimeIntervalType() | YearMonthIntervalType(), _ if isinstance(target, IntegralType):
            return f"CAST({value} // {_unit(source)} AS {engine_type(target)})"
        case IntegralType(), DayTimeIntervalType() | YearMonthIntervalType():
            return f"CAST(CAST({value} AS BIGINT) * {_unit(target)} AS {engine_type(target)})"
        case _:
            return f"CAST({value} AS {engine_type(target)})"


def _unit(interval: DataType) -> int:
    """Microseconds or months in the last field of an interval type."""
    if isinstance(interval, DayTimeIntervalType):
        return (86_400_000_000, 3_600_000_000, 60_000_000, 1_000_000)[interval.end]
    return 12 if isinstance(interval, YearMonthIntervalType) and interval.end.name == "YEAR" else 1

