"""Between times and counts since 1970-01-01: seconds, milliseconds, microseconds, days."""

from __future__ import annotations

from unbounded.functions.datetimes.parameters import (
    STRICT_NUMBER,
    STRICT_WHOLE,
    floor_to,
    java_arithmetic_error,
    strictly,
)
from unbounded.functions.registry import Function, Invocation, Nullability, scalar
from unbounded.functions.signature import exactly
from unbounded.types.datatypes import DATE, INTEGER, LONG, TIMESTAMP, DecimalType, IntegralType, LongType

_EPOCH = "DATE '1970-01-01'"
_MOMENT = [strictly(TIMESTAMP)]


def _count(unit_us: int) -> str:
    """Whole units since the epoch, towards the past."""
    return f"({floor_to('epoch_us({0})', unit_us)} // {unit_us})" if unit_us > 1 else "epoch_us({0})"


def _moment(unit_us: int) -> Function:
    def rule(invocation: Invocation) -> str:
        (value,) = invocation.sql
        if unit_us == 1 or not isinstance(invocation.type_of(0), LongType):
            return f"make_timestamp(CAST({value} AS BIGINT) * {unit_us})"
        return f"make_timestamp({_checked_product(value, unit_us)})"

    return scalar([STRICT_WHOLE], TIMESTAMP, rule)


def _checked_product(value: str, unit_us: int) -> str:
    product = f"TRY_CAST(CAST({value} AS HUGEINT) * {unit_us} AS BIGINT)"
    return f"coalesce({product}, CASE WHEN {value} IS NOT NULL THEN {java_arithmetic_error('long overflow')} END)"


def _lower_seconds(invocation: Invocation) -> str:
    """Fractions to the microsecond; NaN and infinities are NULL."""
    (value,) = invocation.sql
    match invocation.type_of(0):
        case LongType():
            return f"make_timestamp({_checked_product(value, 1_000_000)})"
        case IntegralType():
            return f"make_timestamp(CAST({value} AS BIGINT) * 1000000)"
        case DecimalType(precision=precision, scale=scale):
            wide = f"CAST({value} AS DECIMAL({min(precision + 6, 38)}, {scale}))"
            scaled = f"({wide} * CAST(1000000 AS DECIMAL(7, 0)))"
            exact = f"CASE WHEN trunc({scaled}) = {scaled} THEN TRY_CAST({scaled} AS BIGINT) END"
            failure = java_arithmetic_error("Rounding necessary")
            return f"make_timestamp(coalesce({exact}, CASE WHEN {value} IS NOT NULL THEN {failure} END))"
        case _:
            us = f"least(greatest(trunc(CAST({value} AS DOUBLE) * 1000000), -9.2233720368547e18), 9.2233720368547e18)"
            return f"CASE WHEN isfinite({value}) THEN make_timestamp(CAST({us} AS BIGINT)) END"


FUNCTIONS: dict[str, Function] = {
    "unix_seconds": scalar(_MOMENT, LONG, _count(1_000_000)),
    "unix_millis": scalar(_MOMENT, LONG, _count(1_000)),
    "unix_micros": scalar(_MOMENT, LONG, _count(1)),
    "unix_date": scalar([strictly(DATE)], INTEGER, f"CAST({{0}} - {_EPOCH} AS INTEGER)"),
    "date_from_unix_date": scalar([exactly(INTEGER)], DATE, f"({_EPOCH} + {{0}})"),
    "timestamp_seconds": scalar([STRICT_NUMBER], TIMESTAMP, _lower_seconds, nullability=Nullability.ALWAYS),
    "timestamp_millis": _moment(1_000),
    "timestamp_micros": _moment(1),
}
