"""Intervals added, multiplied and divided: engine SQL, rounding half up, and the errors for what does not fit."""

from __future__ import annotations

from collections.abc import Sequence

from unbounded.errors import ErrorKind
from unbounded.functions.datetimes.parameters import DAY_US, java_arithmetic_error
from unbounded.functions.engine import cast, engine_type, raise_error
from unbounded.functions.registry import Invocation
from unbounded.types.datatypes import CalendarIntervalType, DecimalType, IntegralType

_EXACT_DIGITS = 19
"""Decimals up to this precision are multiplied exactly."""


def tried(expression: str, is_try: bool) -> str:
    return f"TRY({expression})" if is_try else expression


def months_of(interval: str) -> str:
    return f"(datepart('year', {interval}) * 12 + datepart('month', {interval}))"


def clock_us_of(interval: str) -> str:
    """Microseconds of the part of a calendar interval that is smaller than days."""
    return (
        f"(datepart('hour', {interval}) * 3600000000 + datepart('minute', {interval}) * 60000000 "
        f"+ datepart('microsecond', {interval}))"
    )


def calendar_interval(months: str, days: str, us: str) -> str:
    days_and_time = f"to_days(CAST({days} AS INTEGER)) + to_microseconds(CAST({us} AS BIGINT))"
    return f"(to_months(CAST({months} AS INTEGER)) + {days_and_time})"


def interval_overflow(function: str = "") -> str:
    """The error for months or microseconds that do not fit; `function` is the one that tolerates it."""
    kind = "WITH_SUGGESTION" if function else "WITHOUT_SUGGESTION"
    parameters = {"functionName": f"`{function}`"} if function else {}
    return raise_error(ErrorKind.ARITHMETIC, f"INTERVAL_ARITHMETIC_OVERFLOW.{kind}", parameters)


def interval_sum(invocation: Invocation, operator: str, is_try: bool) -> str:
    left, right = invocation.sql
    if isinstance(invocation.data_type, CalendarIntervalType):
        return tried(f"({left} {operator} {right})", is_try)
    total = f"TRY_CAST(CAST({left} AS HUGEINT) {operator} {right} AS {engine_type(invocation.data_type)})"
    failure = interval_overflow("try_add" if operator == "+" else "try_subtract")
    return _or_failure(total, (left, right), failure, is_try)


def _or_failure(value: str, operands: Sequence[str], failure: str, is_try: bool) -> str:
    present = " AND ".join(f"{operand} IS NOT NULL" for operand in operands)
    return value if is_try else f"coalesce({value}, CASE WHEN {present} THEN {failure} END)"


def interval_product(invocation: Invocation, is_try: bool) -> str:
    """Rounded half up, away from zero."""
    interval, factor = invocation.sql
    if isinstance(invocation.data_type, CalendarIntervalType):
        return tried(_scaled(interval, f"CAST({factor} AS DOUBLE)", "*"), is_try)
    match invocation.type_of(1):
        case IntegralType():
            exact = f"CAST({interval} AS HUGEINT) * {factor}"
        case DecimalType(precision=precision) if precision <= _EXACT_DIGITS:
            exact = f"round(CAST({interval} AS DECIMAL(19, 0)) * {factor})"
        case _:
            exact = f"round({interval} * CAST({factor} AS DOUBLE))"
    product = f"TRY_CAST({exact} AS {engine_type(invocation.data_type)})"
    return _or_failure(product, (interval, factor), java_arithmetic_error("long overflow"), is_try)


def interval_quotient(invocation: Invocation, is_try: bool) -> str:
    interval, divisor = invocation.sql
    result = invocation.data_type
    if isinstance(result, CalendarIntervalType):
        quotient = _scaled(interval, f"CAST({divisor} AS DOUBLE)", "/")
    elif isinstance(invocation.type_of(1), IntegralType):
        quotient = cast(_divided_half_up(f"CAST({interval} AS HUGEINT)", f"CAST({divisor} AS HUGEINT)"), result)
    else:
        quotient = f"TRY_CAST(round({interval} / CAST({divisor} AS DOUBLE)) AS {engine_type(result)})"
    failure = "NULL" if is_try else raise_error(ErrorKind.ARITHMETIC, "INTERVAL_DIVIDED_BY_ZERO", {})
    return f"CASE WHEN {divisor} = 0 AND {interval} IS NOT NULL THEN {failure} ELSE {tried(quotient, is_try)} END"


def _divided_half_up(value: str, divisor: str) -> str:
    sign = f"CASE WHEN ({value} < 0) <> ({divisor} < 0) THEN -1 ELSE 1 END"
    return f"((2 * abs({value}) + abs({divisor})) // (2 * abs({divisor})) * {sign})"


def _scaled(interval: str, factor: str, operator: str) -> str:
    """A calendar interval times or by a number: fractions of months are cut off, those of days become time."""
    months, days = (
        f"trunc({months_of(interval)} {operator} {factor})",
        f"(datepart('day', {interval}) {operator} {factor})",
    )
    us = f"round({clock_us_of(interval)} {operator} {factor} + ({days} - trunc({days})) * {DAY_US})"
    return calendar_interval(months, f"trunc({days})", us)
