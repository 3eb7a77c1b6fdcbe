"""Dates, timestamps and intervals made of numbers: `make_date`, `make_timestamp`, `make_interval` and their like."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal

from unbounded.errors import ErrorKind, SparkError, not_supported
from unbounded.functions.datetimes.interval_arithmetic import calendar_interval, interval_overflow
from unbounded.functions.datetimes.parameters import (
    ANSI_CONFIG,
    DAY_US,
    arithmetic_overflow,
    bind_each,
    failing_where_used,
)
from unbounded.functions.engine import raise_error
from unbounded.functions.environment import Environment
from unbounded.functions.registry import Function, Invocation, Nullability, scalar
from unbounded.functions.signature import (
    P_INTEGER,
    P_STRING,
    Parameter,
    Signature,
    exactly,
    strictly,
    wrong_argument_count,
    wrong_argument_type,
)
from unbounded.functions.zones import instant, instant_at, instant_by_name, zone_named
from unbounded.plan.expressions import Expression, Literal
from unbounded.types.coercion import is_string_like
from unbounded.types.datatypes import (
    CALENDAR_INTERVAL,
    DATE,
    DAY_TIME_INTERVAL,
    INTEGER,
    TIMESTAMP,
    TIMESTAMP_NTZ,
    YEAR_MONTH_INTERVAL,
    DataType,
    DateType,
    DecimalType,
    NullType,
    NumericType,
)

Typed = tuple[tuple[Expression, ...], DataType]

_TIMESTAMP_SECONDS, _INTERVAL_SECONDS = DecimalType(16, 6), DecimalType(18, 6)
_NO_SECONDS = Literal(Decimal("0.000000"), DecimalType(8, 6))


def _any_number(target: DataType) -> Parameter:
    def accept(given: DataType) -> DataType | None:
        return target if isinstance(given, NumericType | NullType) or is_string_like(given) else None

    return Parameter(f'"{target.sql_name}"', accept)


# ------------------------------------------------------------------------------------------------ dates


def _field_error(message: str) -> str:
    return raise_error(
        ErrorKind.DATE_TIME, "DATETIME_FIELD_OUT_OF_BOUNDS.WITH_SUGGESTION", ANSI_CONFIG, {"rangeMessage": message}
    )


def _all_present(values: Sequence[str]) -> str:
    return " AND ".join(f"{value} IS NOT NULL" for value in values)


def _lower_make_date(invocation: Invocation) -> str:
    def make(year: str, month: str, day: str) -> str:
        made = f"TRY(make_date({year}, {month}, {day}))"
        if not invocation.environment.is_ansi:
            return made
        failure = _field_error(f"spark_date_fault({year}, {month}, {day})")
        return f"coalesce({made}, CASE WHEN {_all_present((year, month, day))} THEN {failure} END)"

    return bind_each(invocation.sql, make)


# ------------------------------------------------------------------------------------------------ timestamps


def _type_make_timestamp(returns: DataType, counts: Sequence[int], shown: str) -> Callable[..., Typed]:
    """Six fields and perhaps a zone; a date alone; a date and a time, which is refused. `shown`: Spark's `counts`."""

    def type_call(name: str, arguments: Sequence[Expression], environment: Environment) -> Typed:
        if len(arguments) not in counts:
            raise wrong_argument_count(name, len(arguments), shown)
        plain_name = name.removeprefix("try_").removesuffix("_ltz")
        if len(arguments) == 1:
            return Signature((strictly(DATE),), returns).apply(plain_name, arguments)
        if len(arguments) < 6:
            raise _date_and_time(plain_name, arguments)
        parameters = (P_INTEGER,) * 5 + (_any_number(_TIMESTAMP_SECONDS), P_STRING)
        return Signature(parameters[: len(arguments)], returns).apply(name, arguments)

    return type_call


def _date_and_time(name: str, arguments: Sequence[Expression]) -> SparkError:
    if not isinstance(arguments[0].data_type, DateType | NullType):
        return wrong_argument_type(name, arguments, 0, '"DATE"')
    if not isinstance(arguments[1].data_type, NullType):
        return wrong_argument_type(name, arguments, 1, '"TIME"')
    return not_supported(f"{name} of a DATE and a TIME", "Give it year, month, day, hour, minute and second.")


def _make_timestamp(returns: DataType, counts: Sequence[int], shown: str, *, is_try: bool = False) -> Function:
    def rule(invocation: Invocation) -> str:
        if len(invocation.sql) == 1:
            return instant(f"CAST({invocation.sql[0]} AS TIMESTAMP)", invocation.environment)
        returns_null = is_try or not invocation.environment.is_ansi
        wall_clock = bind_each(invocation.sql[:6], lambda *fields: _wall_clock(fields, returns_null))
        if returns == TIMESTAMP_NTZ:
            return wall_clock
        return _at_zone(wall_clock, invocation)

    return Function(_type_make_timestamp(returns, counts, shown), rule, nullability=Nullability.ALWAYS)


def _at_zone(wall_clock: str, invocation: Invocation) -> str:
    if len(invocation.sql) == 6:
        return instant(wall_clock, invocation.environment)
    if not invocation.is_constant(6):
        return instant_by_name(wall_clock, invocation.sql[6])
    name = invocation.constant(6)
    if name is None:
        return "CAST(NULL AS TIMESTAMP)"
    try:
        return instant_at(wall_clock, zone_named(name))
    except SparkError as refusal:
        return failing_where_used(refusal, wall_clock, TIMESTAMP)


def _wall_clock(fields: Sequence[str], is_try: bool) -> str:
    """Second 60 without a fraction is the next minute."""
    year, month, day, hour, minute, second = fields
    time_us = f"(({hour}::BIGINT * 60 + {minute}) * 60000000 + CAST({second} * 1000000 AS BIGINT))"
    is_time = f"{hour} BETWEEN 0 AND 23 AND {minute} BETWEEN 0 AND 59 AND {second} >= 0 AND {second} <= 60"
    made = (
        f"CASE WHEN {is_time} THEN "
        f"make_timestamp(epoch_us(CAST(TRY(make_date({year}, {month}, {day})) AS TIMESTAMP)) + {time_us}) END"
    )
    if is_try:
        return made
    fault = f"coalesce(spark_date_fault({year}, {month}, {day}), spark_time_fault({hour}, {minute}, {second}))"
    fraction = raise_error(ErrorKind.DATE_TIME, "INVALID_FRACTION_OF_SECOND", {}, {"secAndMicros": _shown(second)})
    failure = f"CASE WHEN {second} > 60 AND {second} < 61 THEN {fraction} ELSE {_field_error(fault)} END"
    return f"coalesce({made}, CASE WHEN {_all_present(fields)} THEN {failure} END)"


def _shown(second: str) -> str:
    return f"rtrim(rtrim(CAST({second} AS VARCHAR), '0'), '.')"


# ------------------------------------------------------------------------------------------------ intervals


def _type_filled(parameters: Sequence[Parameter], returns: DataType, *, has_seconds: bool) -> Callable[..., Typed]:
    """Missing numbers are zero, and shown in the column's name."""
    signature = Signature(tuple(parameters), returns, optional=len(parameters))

    def type_call(name: str, arguments: Sequence[Expression], environment: Environment) -> Typed:
        zeros: list[Expression] = [Literal(0, INTEGER) for _ in parameters]
        if has_seconds:
            zeros[-1] = _NO_SECONDS
        return signature.apply(name, [*arguments, *zeros[len(arguments) :]])

    return type_call


def _lower_make_interval(*, is_try: bool) -> Callable[[Invocation], str]:
    def rule(invocation: Invocation) -> str:
        returns_null = is_try or not invocation.environment.is_ansi
        return bind_each(invocation.sql, lambda *values: _calendar_interval(values, returns_null))

    return rule


def _calendar_interval(values: Sequence[str], returns_null: bool) -> str:
    years, months, weeks, days, hours, minutes, seconds = values
    us = f"({hours}::HUGEINT * 60 + {minutes}) * 60000000 + {_seconds_us(seconds)}"
    made = calendar_interval(f"{years}::HUGEINT * 12 + {months}", f"{weeks}::HUGEINT * 7 + {days}", us)
    if returns_null:
        return f"TRY({made})"
    return f"coalesce(TRY({made}), CASE WHEN {_all_present(values)} THEN {arithmetic_overflow()} END)"


def _seconds_us(seconds: str) -> str:
    return f"CAST(CAST({seconds} AS DECIMAL(25, 6)) * CAST(1000000 AS DECIMAL(7, 0)) AS HUGEINT)"


def _lower_make_dt_interval(invocation: Invocation) -> str:
    days, hours, minutes, seconds = invocation.sql
    us = f"{days}::HUGEINT * {DAY_US} + ({hours}::HUGEINT * 60 + {minutes}) * 60000000 + {_seconds_us(seconds)}"
    return _fitting(f"TRY_CAST({us} AS BIGINT)", invocation)


def _lower_make_ym_interval(invocation: Invocation) -> str:
    years, months = invocation.sql
    return _fitting(f"TRY_CAST({years}::HUGEINT * 12 + {months} AS INTEGER)", invocation)


def _fitting(made: str, invocation: Invocation) -> str:
    return f"coalesce({made}, CASE WHEN {_all_present(invocation.sql)} THEN {interval_overflow()} END)"


_COUNTS = [exactly(INTEGER)] * 6
_SECONDS = _any_number(_INTERVAL_SECONDS)
_type_make_interval = _type_filled([*_COUNTS, _SECONDS], CALENDAR_INTERVAL, has_seconds=True)

FUNCTIONS: dict[str, Function] = {
    "make_date": scalar([P_INTEGER] * 3, DATE, _lower_make_date),
    "make_timestamp": _make_timestamp(TIMESTAMP, (1, 2, 3, 6, 7), "[1, 2, 3, 6, 7]"),
    "make_timestamp_ltz": _make_timestamp(TIMESTAMP, (2, 3, 6, 7), "[2, 6]"),
    "make_timestamp_ntz": _make_timestamp(TIMESTAMP_NTZ, (2, 6), "[2, 6]"),
    "try_make_timestamp": _make_timestamp(TIMESTAMP, (1, 2, 3, 6, 7), "[1, 2, 3, 6, 7]", is_try=True),
    "try_make_timestamp_ltz": _make_timestamp(TIMESTAMP, (2, 3, 6, 7), "6", is_try=True),
    "try_make_timestamp_ntz": _make_timestamp(TIMESTAMP_NTZ, (2, 6), "6", is_try=True),
    "make_interval": Function(_type_make_interval, _lower_make_interval(is_try=False)),
    "try_make_interval": Function(
        _type_make_interval, _lower_make_interval(is_try=True), nullability=Nullability.ALWAYS
    ),
    "make_dt_interval": Function(
        _type_filled([*_COUNTS[:3], _SECONDS], DAY_TIME_INTERVAL, has_seconds=True), _lower_make_dt_interval
    ),
    "make_ym_interval": Function(
        _type_filled(_COUNTS[:2], YEAR_MONTH_INTERVAL, has_seconds=False), _lower_make_ym_interval
    ),
}
