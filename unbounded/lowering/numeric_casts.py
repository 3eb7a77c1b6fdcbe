"""Casts that end in a number, or start from one and end in a time: what fits, and Spark's error for what does not."""

from __future__ import annotations

from unbounded.errors import ErrorKind
from unbounded.functions.datetimes.interval_forms import UNIT_US, AnsiInterval, interval_text
from unbounded.functions.engine import engine_type, raise_error
from unbounded.functions.math.arithmetic import wrapped
from unbounded.plan.expressions import CastMode
from unbounded.types.datatypes import (
    DOUBLE,
    LONG,
    ByteType,
    DataType,
    DayTimeField,
    DayTimeIntervalType,
    DecimalType,
    DoubleType,
    FloatType,
    IntegralType,
    LongType,
    NumericType,
    ShortType,
    YearMonthField,
    YearMonthIntervalType,
)

ANSI_CONFIG = {"ansiConfig": '"spark.sql.ansi.enabled"'}
_SUFFIXES: dict[type[DataType], str] = {LongType: "L", ShortType: "S", ByteType: "Y", DecimalType: "BD"}
_EXACT_DIGITS = 15
"""Decimals up to this precision are exact quotients of two doubles."""
_MICROSECONDS_PER_SECOND = 1_000_000
_LAST_US = (1 << 63) - 2
_MICROSECOND = "CAST('0.000001' AS DECIMAL(7, 6))"


def checked(read: str, value: str, failure: str, mode: CastMode) -> str:
    """`read`, and where it is NULL although `value` is not: `failure` in ANSI mode."""
    return f"coalesce({read}, CASE WHEN {value} IS NOT NULL THEN {failure} END)" if mode is CastMode.ANSI else read


def cast_number(value: str, source: NumericType, target: NumericType, mode: CastMode) -> str:
    if isinstance(target, FloatType | DoubleType):
        return _to_floating(value, source, target)
    if isinstance(target, DecimalType):
        return cast_to_decimal(value, source, target, mode)
    assert isinstance(target, IntegralType)
    return _to_integral(value, source, target, mode)


def _to_floating(value: str, source: NumericType, target: NumericType) -> str:
    """A long decimal is read from its digits, so that it is rounded once."""
    if isinstance(source, DecimalType) and source.precision > _EXACT_DIGITS:
        value = f"CAST({value} AS VARCHAR)"
    if isinstance(source, DoubleType) and isinstance(target, FloatType):
        infinite = f"CASE WHEN {value} > 0 THEN 'inf'::FLOAT WHEN {value} < 0 THEN '-inf'::FLOAT END"
        return f"coalesce(TRY_CAST({value} AS FLOAT), {infinite})"
    return f"CAST({value} AS {engine_type(target)})"


# ------------------------------------------------------------------------------------------------ whole numbers


def _to_integral(value: str, source: NumericType, target: IntegralType, mode: CastMode) -> str:
    if isinstance(source, IntegralType) and source.bits <= target.bits:
        return f"CAST({value} AS {engine_type(target)})"
    if mode is CastMode.LEGACY:
        return _wrapping_integral(value, source, target)
    whole = value if isinstance(source, IntegralType) else f"trunc({value})"
    read = f"TRY_CAST({whole} AS {engine_type(target)})"
    if isinstance(target, LongType) and isinstance(source, FloatType | DoubleType):
        read = f"CASE WHEN {value} = 9223372036854775808.0::DOUBLE THEN 9223372036854775807 ELSE {read} END"
    return checked(read, value, overflow(shown_number(value, source), source, target), mode)


def _wrapping_integral(value: str, source: NumericType, target: IntegralType) -> str:
    """As Java does it: bits are cut off; floating point numbers stop at the ends of INT or BIGINT first."""
    if isinstance(source, IntegralType):
        return wrapped(value, target)
    if isinstance(source, DecimalType):
        return wrapped(f"trunc({value})", target)
    bits = 64 if isinstance(target, LongType) else 32
    least, most = -(1 << (bits - 1)), (1 << (bits - 1)) - 1
    inside = f"CAST(least(greatest(trunc({value}), {least}), {most}) AS HUGEINT)"
    cut = f"CASE WHEN isnan({value}) THEN 0 ELSE least({inside}, {most}) END"
    return wrapped(f"CASE WHEN {value} IS NOT NULL THEN {cut} END", target)


def shown_number(value: str, source: DataType) -> str:
    """A number as an error shows it: `3000000000L`, `1.0E20D`."""
    if isinstance(source, DoubleType):
        return f"spark_double_text({value}) || CASE WHEN isfinite({value}) THEN 'D' ELSE '' END"
    if isinstance(source, FloatType):
        return f"spark_double_text({value})"
    return f"CAST({value} AS VARCHAR) || '{_SUFFIXES.get(type(source), '')}'"


def overflow(shown: str, source: DataType, target: DataType) -> str:
    names = {"sourceType": f'"{source.sql_name}"', "targetType": f'"{target.sql_name}"', **ANSI_CONFIG}
    return raise_error(ErrorKind.ARITHMETIC, "CAST_OVERFLOW", names, {"value": shown})


# ------------------------------------------------------------------------------------------------ decimals


def cast_to_decimal(value: str, source: NumericType, target: DecimalType, mode: CastMode) -> str:
    """Floating point numbers go by their shortest digits, as BigDecimal does; NaN and infinities are NULL."""
    if isinstance(source, FloatType):
        return cast_to_decimal(f"CAST({value} AS DOUBLE)", DOUBLE, target, mode)
    if isinstance(source, DoubleType):
        finite = f"CASE WHEN isfinite({value}) THEN CAST({value} AS VARCHAR) END"
        plain = f"TRY_CAST(CAST({value} AS VARCHAR) AS DECIMAL(38, 0))"
        shown = f"CAST(CASE WHEN abs({value}) >= 1e15 THEN {plain} END AS VARCHAR)"
        shown = f"coalesce({shown}, CAST({value} AS VARCHAR))"
        read = f"TRY_CAST({finite} AS {engine_type(target)})"
        failure = out_of_range(shown, target)
        return checked(read, f"({finite})", failure, mode)
    if isinstance(source, DecimalType) and _fits(source, target):
        return f"CAST({value} AS {engine_type(target)})"
    read = f"TRY_CAST({value} AS {engine_type(target)})"
    return checked(read, value, out_of_range(f"CAST({value} AS VARCHAR)", target), mode)


def _fits(source: DecimalType, target: DecimalType) -> bool:
    return source.scale <= target.scale and source.precision - source.scale <= target.precision - target.scale


def out_of_range(shown: str, target: DecimalType) -> str:
    names = {
        "precision": str(target.precision),
        "scale": str(target.scale),
        "config": '"spark.sql.ansi.enabled"',
    }
    return raise_error(ErrorKind.ARITHMETIC, "NUMERIC_VALUE_OUT_OF_RANGE.WITH_SUGGESTION", names, {"value": shown})


# ------------------------------------------------------------------------------------------------ times


def instant_to_number(value: str, target: NumericType, mode: CastMode, shown: str, source: DataType) -> str:
    """Seconds since the epoch: whole ones towards the past, fractions to the microsecond."""
    us = f"epoch_us({value})"
    if isinstance(target, FloatType | DoubleType):
        return f"CAST({us} / 1000000.0::DOUBLE AS {engine_type(target)})"
    if isinstance(target, DecimalType):
        return cast_to_decimal(f"(CAST({us} AS DECIMAL(19, 0)) * {_MICROSECOND})", DecimalType(26, 6), target, mode)
    seconds = f"(({us} - (({us} % 1000000) + 1000000) % 1000000) // 1000000)"
    if isinstance(target, LongType):
        return seconds
    if mode is CastMode.LEGACY:
        return f"TRY_CAST({seconds} AS {engine_type(target)})"
    return checked(f"TRY_CAST({seconds} AS {engine_type(target)})", value, overflow(shown, source, target), mode)


def number_to_instant(value: str, source: NumericType, target: DataType, mode: CastMode) -> str:
    """Seconds since the epoch; whole ones stop at the ends of time."""
    if isinstance(source, IntegralType):
        us = f"CAST({value} AS BIGINT) * {_MICROSECONDS_PER_SECOND}"
        if isinstance(source, LongType):
            wide = f"CAST({value} AS HUGEINT) * {_MICROSECONDS_PER_SECOND}"
            us = f"CAST(greatest(least({wide}, {_LAST_US}), -{_LAST_US}) AS BIGINT)"
        return f"make_timestamp({us})"
    if isinstance(source, DecimalType):
        narrow = f"CAST({value} AS DECIMAL(31, {min(source.scale, 18)}))" if source.precision > 31 else value
        return f"make_timestamp({wrapped(f'trunc({narrow} * {_MICROSECONDS_PER_SECOND})', LONG)})"
    us = f"(CAST({value} AS DOUBLE) * {_MICROSECONDS_PER_SECOND})"
    read = f"make_timestamp(TRY_CAST(trunc({us}) AS BIGINT))"
    if mode is CastMode.LEGACY:
        us = f"least(greatest({us}, -9.2233720368547e18), 9.2233720368547e18)"
        return f"CASE WHEN isfinite({value}) THEN make_timestamp(CAST(trunc({us}) AS BIGINT)) END"
    names = {"sourceType": f'"{source.sql_name}"', "targetType": f'"{target.sql_name}"', **ANSI_CONFIG}
    malformed = raise_error(
        ErrorKind.DATE_TIME, "CAST_INVALID_INPUT", names, {"expression": f"spark_double_text({value})"}
    )
    failure = (
        f"CASE WHEN isfinite({value}) THEN {overflow(shown_number(us, DOUBLE), DOUBLE, LONG)} ELSE {malformed} END"
    )
    return checked(read, value, failure, mode)


# ------------------------------------------------------------------------------------------------ intervals


def interval_unit(data_type: AnsiInterval) -> int:
    """Microseconds or months in the last field of an interval type."""
    if isinstance(data_type, DayTimeIntervalType):
        return UNIT_US[data_type.end]
    return 12 if data_type.end is YearMonthField.YEAR else 1


def number_to_interval(value: str, source: NumericType, target: AnsiInterval, mode: CastMode) -> str:
    """A count of the interval's last unit."""
    product = f"CAST({value} AS HUGEINT) * {interval_unit(target)}"
    if isinstance(source, DecimalType):
        product = f"round({value} * {interval_unit(target)})"
    read = f"TRY_CAST({product} AS {engine_type(target)})"
    return checked(read, value, overflow(shown_number(value, source), source, target), mode)


def interval_to_number(value: str, source: AnsiInterval, target: NumericType, mode: CastMode) -> str:
    if (
        isinstance(target, DecimalType)
        and isinstance(source, DayTimeIntervalType)
        and source.end is DayTimeField.SECOND
    ):
        return cast_to_decimal(f"(CAST({value} AS DECIMAL(19, 0)) * {_MICROSECOND})", DecimalType(26, 6), target, mode)
    count = f"({value} // {interval_unit(source)})"
    if isinstance(target, DecimalType):
        return cast_to_decimal(f"CAST({count} AS BIGINT)", LONG, target, mode)
    read = f"TRY_CAST({count} AS {engine_type(target)})"
    return checked(read, value, overflow(interval_text(value, source), source, target), mode)


def interval_to_interval(value: str, source: DataType, target: DataType) -> str:
    """What is smaller than the target's last unit is cut off."""
    for kind in (DayTimeIntervalType, YearMonthIntervalType):
        if isinstance(source, kind) and isinstance(target, kind) and target.end < source.end:
            unit = interval_unit(target)
            return f"CAST(({value} // {unit}) * {unit} AS {engine_type(target)})"
    return value
