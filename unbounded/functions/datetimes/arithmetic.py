"""`+ - * /` where a date, a timestamp or an interval takes part: types, the calls they stand for, engine SQL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from unbounded.errors import ErrorKind, SparkError, analysis_error
from unbounded.functions.datetimes.moves import add_days_and_time, add_months
from unbounded.functions.datetimes.parameters import (
    ANY_TIMESTAMP,
    DAY_US,
    bind_each,
    java_arithmetic_error,
    wall_clock_of,
)
from unbounded.functions.engine import bind, cast, engine_type, raise_error
from unbounded.functions.environment import Environment
from unbounded.functions.naming import pretty_name
from unbounded.functions.registry import Function, Invocation, Nullability
from unbounded.functions.signature import ORDINALS, implicit_cast
from unbounded.functions.zones import instant, local_time
from unbounded.plan.expressions import Call, Expression
from unbounded.types.coercion import common_type, is_string_like
from unbounded.types.datatypes import (
    DATE,
    DAY_TIME_INTERVAL,
    DOUBLE,
    INTEGER,
    NULL,
    TIMESTAMP,
    YEAR_MONTH_INTERVAL,
    CalendarIntervalType,
    DataType,
    DatetimeType,
    DateType,
    DayTimeField,
    DayTimeIntervalType,
    DecimalType,
    IntegralType,
    IntervalType,
    NullType,
    NumericType,
    TimestampType,
    YearMonthIntervalType,
)

Arguments = tuple[Expression, ...]
Typed = tuple[Arguments, DataType]

_DAYS = DayTimeIntervalType(DayTimeField.DAY, DayTimeField.DAY)
_EXACT_DIGITS = 19


# ------------------------------------------------------------------------------------------------ typing


def stands_for(name: str, arguments: Sequence[Expression]) -> tuple[str, Arguments]:
    """The call that `name(left, right)` is another way to write; itself if it is none."""
    if len(arguments) != 2 or name not in ("+", "-", "*", "/"):
        return name, tuple(arguments)
    left, right = arguments
    if name in ("*", "/"):
        return _scaling_of(name, left, right)
    if name == "+" and not isinstance(left.data_type, DatetimeType) and isinstance(right.data_type, DatetimeType):
        left, right = right, left
    a, b = left.data_type, right.data_type
    if isinstance(a, DateType) and (isinstance(b, NumericType) or (name == "+" and _becomes_date(b))):
        return ("date_add" if name == "+" else "date_sub"), (
            left,
            implicit_cast(right, DATE) if is_string_like(b) else right,
        )
    if isinstance(a, DateType) and b == _DAYS:
        days: Expression = Call("extractansiintervaldays", (right,), INTEGER, right.nullable)
        return "date_add", (left, days if name == "+" else Call("-", (days,), INTEGER, right.nullable))
    if isinstance(a, DatetimeType) and isinstance(b, IntervalType):
        return ("datetime_plus" if name == "+" else "datetime_minus"), (left, right)
    if isinstance(a, IntervalType) and isinstance(b, IntervalType) and common_type(a, b) is None:
        return "datetime_plus", ((left, right) if isinstance(b, CalendarIntervalType) else (right, left))
    return name, tuple(arguments)


def _scaling_of(name: str, left: Expression, right: Expression) -> tuple[str, Arguments]:
    if name == "*" and isinstance(right.data_type, CalendarIntervalType):
        left, right = right, left
    if isinstance(left.data_type, CalendarIntervalType) and _is_factor(right.data_type):
        return ("multiply_interval" if name == "*" else "divide_interval"), (left, right)
    return name, (left, right)


def _becomes_date(data_type: DataType) -> bool:
    return is_string_like(data_type) or isinstance(data_type, DateType)


def type_datetimes(name: str, left: Expression, right: Expression) -> Typed | None:
    """Dates, timestamps and intervals; None if neither side is one."""
    a, b = left.data_type, right.data_type
    match name, a, b:
        case "-", DatetimeType(), DatetimeType():
            return _type_difference(left, right)
        case "-", DatetimeType(), _ if is_string_like(b):
            return _type_difference(left, implicit_cast(right, a))
        case "-", _, DatetimeType() if is_string_like(a):
            return _type_difference(implicit_cast(left, b), right)
        case "+" | "-", DatetimeType(), IntervalType():
            return _type_move(left, right)
        case "+", IntervalType(), DatetimeType():
            return _type_move(right, left)
        case "+" | "-", DateType(), IntegralType():
            return (left, implicit_cast(right, INTEGER)), DATE
        case "+" | "-", IntervalType(), IntervalType() if (common := common_type(a, b)) is not None:
            return (left, right), common
        case (("*" | "/"), IntervalType(), _) if _is_factor(b):
            return (left, _as_factor(right)), _widest(a)
        case "*", _, IntervalType() if _is_factor(a):
            return (right, _as_factor(left)), _widest(b)
        case ("*" | "/"), IntervalType(), _:
            raise _wrong_operand(name, (left, right), 1, '"NUMERIC"')
        case "*", _, IntervalType():
            raise _wrong_operand(name, (right, left), 1, '"NUMERIC"')
        case _:
            return None


def _type_difference(left: Expression, right: Expression) -> Typed:
    a, b = left.data_type, right.data_type
    if isinstance(a, DateType) and isinstance(b, DateType):
        return (left, right), _DAYS
    common = common_type(a, b) or TIMESTAMP
    return (implicit_cast(left, common), implicit_cast(right, common)), DAY_TIME_INTERVAL


def _type_move(moment: Expression, interval: Expression) -> Typed:
    """A date moved by days or months stays a date; moved by a finer interval it becomes a timestamp."""
    a, b = moment.data_type, interval.data_type
    if isinstance(a, DateType) and isinstance(b, DayTimeIntervalType) and b.end is not DayTimeField.DAY:
        return (implicit_cast(moment, TIMESTAMP), interval), TIMESTAMP
    return (moment, interval), a


def _type_named_move(name: str, arguments: Sequence[Expression], environment: Environment) -> Typed:
    moment, interval = arguments
    if not isinstance(moment.data_type, DatetimeType):
        raise _wrong_operand(name, arguments, 0, ANY_TIMESTAMP.name)
    return _type_move(moment, interval)


def _wrong_operand(name: str, arguments: Sequence[Expression], position: int, required: str) -> SparkError:
    return analysis_error(
        "DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE",
        sqlExpr=f'"{pretty_name(Call(name, tuple(arguments), NULL))}"',
        paramIndex=ORDINALS[position],
        requiredType=required,
        inputSql=f'"{pretty_name(arguments[position])}"',
        inputType=f'"{arguments[position].data_type.sql_name}"',
    )


def _is_factor(data_type: DataType) -> bool:
    return isinstance(data_type, NumericType | NullType) or is_string_like(data_type)


def _as_factor(expression: Expression) -> Expression:
    return expression if isinstance(expression.data_type, NumericType) else implicit_cast(expression, DOUBLE)


def _widest(interval: DataType) -> DataType:
    match interval:
        case DayTimeIntervalType():
            return DAY_TIME_INTERVAL
        case YearMonthIntervalType():
            return YEAR_MONTH_INTERVAL
        case _:
            return interval


# ------------------------------------------------------------------------------------------------ engine SQL


def lower_datetimes(invocation: Invocation, operator: str, *, is_try: bool = False) -> str:
    """`left operator right`; `is_try`: NULL instead of an error for what is too large."""

    def lower(*operands: str) -> str:
        return _lower_short(replace(invocation, sql=operands), operator, is_try)

    return bind_each(invocation.sql, lower)


def _lower_short(invocation: Invocation, operator: str, is_try: bool) -> str:
    """`lower_datetimes` of operands that may be repeated."""
    a, b = invocation.type_of(0), invocation.type_of(1)
    left, right = invocation.sql
    match a, b:
        case DateType(), DateType():
            return f"(CAST({left} - {right} AS BIGINT) * {DAY_US})"
        case DatetimeType(), DatetimeType():
            return f"(epoch_us({wall_clock_of(invocation, 0)}) - epoch_us({wall_clock_of(invocation, 1)}))"
        case DateType(), IntegralType():
            return _tried(f"({left} {operator} {right})", is_try)
        case DatetimeType(), _:
            return _tried(_moved(invocation, operator), is_try)
        case IntervalType(), IntervalType():
            return _sum(invocation, operator, is_try)
        case _ if operator == "*":
            return _product(invocation, is_try)
        case _:
            return _quotient(invocation, is_try)


def _tried(expression: str, is_try: bool) -> str:
    return f"TRY({expression})" if is_try else expression


def _moved(invocation: Invocation, operator: str) -> str:
    moment, interval = invocation.sql
    environment, result = invocation.environment, invocation.data_type
    match invocation.type_of(1):
        case DayTimeIntervalType() if isinstance(result, DateType):
            return f"({moment} {operator} CAST({interval} // {DAY_US} AS INTEGER))"
        case DayTimeIntervalType():
            return bind(
                _signed(interval, operator), "us", lambda us: add_days_and_time(moment, us, result, environment)
            )
        case YearMonthIntervalType() if isinstance(result, DateType):
            return f"CAST({moment} {operator} to_months({interval}) AS DATE)"
        case YearMonthIntervalType():
            return add_months(moment, _signed(interval, operator), result, environment)
        case _ if isinstance(result, DateType):
            return _date_and_calendar_interval(moment, interval, operator)
        case _ if isinstance(result, TimestampType):
            return instant(f"({local_time(moment, environment)} {operator} {interval})", environment)
        case _:
            return f"({moment} {operator} {interval})"


def _signed(value: str, operator: str) -> str:
    return value if operator == "+" else f"(-{value})"


def _date_and_calendar_interval(date: str, interval: str, operator: str) -> str:
    failure = raise_error(ErrorKind.ILLEGAL_ARGUMENT, "INVALID_INTERVAL_WITH_MICROSECONDS_ADDITION", {})
    return f"CASE WHEN {clock_us_of(interval)} <> 0 THEN {failure} ELSE CAST({date} {operator} {interval} AS DATE) END"


def months_of(interval: str) -> str:
    return f"(datepart('year', {interval}) * 12 + datepart('month', {interval}))"


def clock_us_of(interval: str) -> str:
    """Microseconds of the part of a calendar interval that is smaller than days."""
    return (
        f"(datepart('hour', {interval}) * 3600000000 + datepart('minute', {interval}) * 60000000 "
        f"+ datepart('microsecond', {interval}))"
    )


def calendar_interval(months: str, days: str, us: str) -> str:
    return f"(to_months(CAST({months} AS INTEGER)) + to_days(CAST({days} AS INTEGER)) + to_microseconds(CAST({us} AS BIGINT)))"


def interval_overflow(function: str = "") -> str:
    """The error for months or microseconds that do not fit; `function` is the one that tolerates it."""
    kind = "WITH_SUGGESTION" if function else "WITHOUT_SUGGESTION"
    parameters = {"functionName": f"`{function}`"} if function else {}
    return raise_error(ErrorKind.ARITHMETIC, f"INTERVAL_ARITHMETIC_OVERFLOW.{kind}", parameters)


def _sum(invocation: Invocation, operator: str, is_try: bool) -> str:
    left, right = invocation.sql
    if isinstance(invocation.data_type, CalendarIntervalType):
        return _tried(f"({left} {operator} {right})", is_try)
    total = f"TRY_CAST(CAST({left} AS HUGEINT) {operator} {right} AS {engine_type(invocation.data_type)})"
    failure = interval_overflow("try_add" if operator == "+" else "try_subtract")
    return _or_failure(total, (left, right), failure, is_try)


def _or_failure(value: str, operands: Sequence[str], failure: str, is_try: bool) -> str:
    present = " AND ".join(f"{operand} IS NOT NULL" for operand in operands)
    return value if is_try else f"coalesce({value}, CASE WHEN {present} THEN {failure} END)"


def _product(invocation: Invocation, is_try: bool) -> str:
    """Rounded half up, away from zero."""
    interval, factor = invocation.sql
    if isinstance(invocation.data_type, CalendarIntervalType):
        return _tried(_scaled(interval, f"CAST({factor} AS DOUBLE)", "*"), is_try)
    match invocation.type_of(1):
        case IntegralType():
            exact = f"CAST({interval} AS HUGEINT) * {factor}"
        case DecimalType(precision=precision) if precision <= _EXACT_DIGITS:
            exact = f"round(CAST({interval} AS DECIMAL(19, 0)) * {factor})"
        case _:
            exact = f"round({interval} * CAST({factor} AS DOUBLE))"
    product = f"TRY_CAST({exact} AS {engine_type(invocation.data_type)})"
    return _or_failure(product, (interval, factor), java_arithmetic_error("long overflow"), is_try)


def _quotient(invocation: Invocation, is_try: bool) -> str:
    interval, divisor = invocation.sql
    result = invocation.data_type
    if isinstance(result, CalendarIntervalType):
        quotient = _scaled(interval, f"CAST({divisor} AS DOUBLE)", "/")
    elif isinstance(invocation.type_of(1), IntegralType):
        quotient = cast(_divided_half_up(f"CAST({interval} AS HUGEINT)", f"CAST({divisor} AS HUGEINT)"), result)
    else:
        quotient = f"TRY_CAST(round({interval} / CAST({divisor} AS DOUBLE)) AS {engine_type(result)})"
    failure = "NULL" if is_try else raise_error(ErrorKind.ARITHMETIC, "INTERVAL_DIVIDED_BY_ZERO", {})
    return f"CASE WHEN {divisor} = 0 AND {interval} IS NOT NULL THEN {failure} ELSE {_tried(quotient, is_try)} END"


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


def _move(operator: str) -> Function:
    return Function(
        _type_named_move, lambda invocation: lower_datetimes(invocation, operator), nullability=Nullability.ARGUMENTS
    )


def _scaling(operator: str) -> Function:
    def type_call(name: str, arguments: Sequence[Expression], environment: Environment) -> Typed:
        interval, factor = arguments
        return (interval, _as_factor(factor)), interval.data_type

    return Function(type_call, lambda invocation: lower_datetimes(invocation, operator), nullability=Nullability.ALWAYS)


FUNCTIONS: dict[str, Function] = {
    "multiply_interval": _scaling("*"),
    "divide_interval": _scaling("/"),
    "datetime_plus": _move("+"),
    "datetime_minus": _move("-"),
    "extractansiintervaldays": Function(
        lambda name, arguments, environment: (tuple(arguments), INTEGER), f"CAST({{0}} // {DAY_US} AS INTEGER)"
    ),
}
