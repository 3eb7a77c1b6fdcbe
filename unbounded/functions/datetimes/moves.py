"""Dates and times moved by days, months or units, the distance between two, and the next of something."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from unbounded.errors import ErrorKind, SparkError, analysis_error
from unbounded.functions.datetimes.parameters import (
    ANY_TIMESTAMP,
    COUNT,
    DAY_US,
    LONG_COUNT,
    SMALL_COUNT,
    bind_each,
    failing_where_used,
    wall_clock_of,
)
from unbounded.functions.engine import bind, raise_error, text
from unbounded.functions.environment import Environment
from unbounded.functions.registry import Function, Invocation, Nullability, scalar
from unbounded.functions.signature import P_BOOLEAN, P_DATE, P_STRING, P_TIMESTAMP, Signature
from unbounded.functions.zones import instant, local_time, zone_named
from unbounded.plan.expressions import Expression, Literal
from unbounded.types.datatypes import (
    BOOLEAN,
    DATE,
    DOUBLE,
    INTEGER,
    LONG,
    STRING,
    DataType,
    TimestampType,
)

Typed = tuple[tuple[Expression, ...], DataType]

_TIME_UNITS_US = {
    "MICROSECOND": 1,
    "MILLISECOND": 1_000,
    "SECOND": 1_000_000,
    "MINUTE": 60_000_000,
    "HOUR": 3_600_000_000,
    "DAY": DAY_US,
    "DAYOFYEAR": DAY_US,
    "WEEK": 7 * DAY_US,
}
_MONTH_UNITS = {"MONTH": 1, "QUARTER": 3, "YEAR": 12}
_DAYS_OF_WEEK = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")
_SECONDS_PER_MONTH = 31 * 86_400


# ------------------------------------------------------------------------------------------------ moving times


def add_days_and_time(value: str, us: str, data_type: DataType, environment: Environment) -> str:
    """A timestamp moved by BIGINT microseconds: whole days by the calendar, the rest by the clock."""
    is_plain = not isinstance(data_type, TimestampType) or zone_named(environment.time_zone).offset_us is not None
    if is_plain:
        return f"make_timestamp(epoch_us({value}) + {us})"
    local = f"epoch_us({local_time(value, environment)}) + ({us} // {DAY_US}) * {DAY_US}"
    return f"make_timestamp(epoch_us({instant(f'make_timestamp({local})', environment)}) + ({us} % {DAY_US}))"


def add_months(value: str, months: str, data_type: DataType, environment: Environment) -> str:
    """A timestamp moved by INTEGER months by the calendar, to the last day of a shorter month."""
    if isinstance(data_type, TimestampType):
        return instant(f"({local_time(value, environment)} + to_months({months}))", environment)
    return f"CAST({value} + to_months({months}) AS TIMESTAMP)"


# ------------------------------------------------------------------------------------------------ units


def _type_timestampadd(name: str, arguments: Sequence[Expression], environment: Environment) -> Typed:
    _check_unit(name, arguments)
    return Signature((P_STRING, LONG_COUNT, ANY_TIMESTAMP), lambda types: types[2]).apply(name, arguments)


def _type_timestampdiff(name: str, arguments: Sequence[Expression], environment: Environment) -> Typed:
    _check_unit(name, arguments, refused=("DAYOFYEAR",))
    return Signature((P_STRING, ANY_TIMESTAMP, ANY_TIMESTAMP), LONG).apply(name, arguments)


def _check_unit(name: str, arguments: Sequence[Expression], refused: tuple[str, ...] = ()) -> None:
    unit = arguments[0].value if arguments and isinstance(arguments[0], Literal) else None
    known = _TIME_UNITS_US.keys() | _MONTH_UNITS.keys()
    if isinstance(unit, str) and (unit.upper() not in known or unit.upper() in refused):
        raise SparkError(
            ErrorKind.ILLEGAL_ARGUMENT,
            "INVALID_PARAMETER_VALUE.DATETIME_UNIT",
            {"functionName": f"`{name.upper()}`", "parameter": "`unit`", "invalidValue": f"'{unit}'"},
        )
    if arguments and not isinstance(unit, str):
        raise analysis_error(
            "NON_FOLDABLE_ARGUMENT", funcName=f"`{name}`", paramName="`unit`", paramType=f'"{STRING.sql_name}"'
        )


def _lower_timestampadd(invocation: Invocation) -> str:
    unit, *operands = invocation.sql
    return bind_each(operands, lambda *short: _timestampadd(replace(invocation, sql=(unit, *short))))


def _timestampadd(invocation: Invocation) -> str:
    unit = str(invocation.constant(0)).upper()
    _, count, value = invocation.sql
    data_type, environment = invocation.data_type, invocation.environment
    if unit in _MONTH_UNITS:
        months = f"TRY_CAST(CAST({count} AS HUGEINT) * {_MONTH_UNITS[unit]} AS INTEGER)"
        moved = add_months(value, months, data_type, environment)
    else:
        us = f"TRY_CAST(CAST({count} AS HUGEINT) * {_TIME_UNITS_US[unit]} AS BIGINT)"
        moved = add_days_and_time(value, us, data_type, environment)
    moment = f"'''' || spark_timestamp_text({wall_clock_of(invocation, 2)}) || ''''"
    shown = f"'add ' || {count} || 'L {unit} to {data_type.sql_name} ' || {moment}"
    failure = raise_error(ErrorKind.ARITHMETIC, "DATETIME_OVERFLOW", {}, {"operation": shown})
    return f"coalesce(TRY({moved}), CASE WHEN {value} IS NOT NULL AND {count} IS NOT NULL THEN {failure} END)"


def _lower_timestampdiff(invocation: Invocation) -> str:
    """Whole units between two wall-clock times, towards zero."""
    unit = str(invocation.constant(0)).upper()
    start, end = wall_clock_of(invocation, 1), wall_clock_of(invocation, 2)
    if unit in _TIME_UNITS_US:
        return f"((epoch_us({end}) - epoch_us({start})) // {_TIME_UNITS_US[unit]})"
    months = bind(start, "a", lambda a: bind(end, "b", lambda b: _whole_months(a, b)))
    return f"({months} // {_MONTH_UNITS[unit]})"


def _whole_months(start: str, end: str) -> str:
    months = f"(CAST(year({end}) - year({start}) AS BIGINT) * 12 + month({end}) - month({start}))"
    early, late = (f"(day({t}), epoch_us({t}) - epoch_us(date_trunc('day', {t})))" for t in (start, end))
    return (
        f"({months} - CASE WHEN {months} > 0 AND {late} < {early} THEN 1 "
        f"WHEN {months} < 0 AND {late} > {early} THEN -1 ELSE 0 END)"
    )


# ------------------------------------------------------------------------------------------------ months between


def _type_months_between(name: str, arguments: Sequence[Expression], environment: Environment) -> Typed:
    signature = Signature((P_TIMESTAMP, P_TIMESTAMP, P_BOOLEAN), DOUBLE, optional=1)
    filled = [*arguments, Literal(True, BOOLEAN)] if len(arguments) == 2 else arguments
    return signature.apply(name, filled)


def _lower_months_between(invocation: Invocation) -> str:
    """Whole months for equal days or two last days; else the rest counts in parts of 31 days, by the second."""
    times = [wall_clock_of(invocation, 0), wall_clock_of(invocation, 1)]
    difference = bind(times[0], "a", lambda a: bind(times[1], "b", lambda b: _months_between(a, b)))
    rounded = f"round({difference}, 8)"
    match invocation.constant(2):
        case True:
            return rounded
        case False:
            return difference
        case _:
            flag = invocation.sql[2]
            return f"CASE WHEN {flag} THEN {rounded} WHEN NOT {flag} THEN {difference} END"


def _months_between(late: str, early: str) -> str:
    months = f"CAST((year({late}) - year({early})) * 12 + month({late}) - month({early}) AS DOUBLE)"
    ends = f"(day({late}) = day(last_day({late})) AND day({early}) = day(last_day({early})))"
    seconds = f"((day({late}) - day({early})) * 86400 + {_second_of_day(late)} - {_second_of_day(early)})"
    return (
        f"CASE WHEN day({late}) = day({early}) OR {ends} THEN {months} "
        f"ELSE {months} + {seconds} / {_SECONDS_PER_MONTH}.0::DOUBLE END"
    )


def _second_of_day(time: str) -> str:
    return f"(hour({time}) * 3600 + minute({time}) * 60 + second({time}))"


# ------------------------------------------------------------------------------------------------ next day


def _day_number(name: str) -> int | None:
    """1 for Monday to 7 for Sunday; names have two or three letters, or all."""
    wanted = name.upper()
    return next((i for i, day in enumerate(_DAYS_OF_WEEK, 1) if wanted in (day, day[:3], day[:2])), None)


def _lower_next_day(invocation: Invocation) -> str:
    date, name = invocation.sql
    if not invocation.is_constant(1):
        failure = raise_error(ErrorKind.ILLEGAL_ARGUMENT, "ILLEGAL_DAY_OF_WEEK", {}, {"string": name})
        return bind(_day_number_sql(name, failure), "n", lambda number: _next(date, number))
    wanted = invocation.constant(1)
    if wanted is None:
        return "CAST(NULL AS DATE)"
    number = _day_number(wanted)
    if number is None:
        refusal = SparkError(ErrorKind.ILLEGAL_ARGUMENT, "ILLEGAL_DAY_OF_WEEK", {"string": wanted})
        return failing_where_used(refusal, date, DATE)
    return _next(date, str(number))


def _day_number_sql(name: str, failure: str) -> str:
    branches = " ".join(
        f"WHEN upper({name}) IN ({', '.join(map(text, (day, day[:3], day[:2])))}) THEN {i}"
        for i, day in enumerate(_DAYS_OF_WEEK, 1)
    )
    return f"CASE WHEN {name} IS NULL THEN NULL {branches} ELSE {failure} END"


def _next(date: str, number: str) -> str:
    return f"({date} + CAST(({number} - isodow({date}) + 6) % 7 + 1 AS INTEGER))"


def _distance() -> Function:
    return scalar([P_DATE, P_DATE], INTEGER, "CAST({0} - {1} AS INTEGER)")


FUNCTIONS: dict[str, Function] = {
    "date_add": scalar([P_DATE, SMALL_COUNT], DATE, "({0} + {1})"),
    "date_sub": scalar([P_DATE, SMALL_COUNT], DATE, "({0} - {1})"),
    "datediff": _distance(),
    "date_diff": _distance(),
    "add_months": scalar([P_DATE, COUNT], DATE, "CAST({0} + to_months({1}) AS DATE)"),
    "last_day": scalar([P_DATE], DATE, "last_day({0})"),
    "next_day": scalar([P_DATE, P_STRING], DATE, _lower_next_day, nullability=Nullability.ALWAYS),
    "months_between": Function(_type_months_between, _lower_months_between),
    "timestampadd": Function(_type_timestampadd, _lower_timestampadd),
    "timestampdiff": Function(_type_timestampdiff, _lower_timestampdiff),
}
