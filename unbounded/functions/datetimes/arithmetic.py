"""`+ - * /` where a date, a timestamp or an interval takes part: types, the calls they stand for, engine SQL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from unbounded.errors import ErrorKind, SparkError, analysis_error
from unbounded.functions.datetimes.interval_arithmetic import (
    clock_us_of,
    interval_product,
    interval_quotient,
    interval_sum,
    tried,
)
from unbounded.functions.datetimes.moves import add_days_and_time, add_months
from unbounded.functions.datetimes.parameters import (
    ANY_TIMESTAMP,
    DAY_US,
    bind_each,
    wall_clock_of,
)
from unbounded.functions.engine import bind, raise_error
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
        case (("*" | "/"), IntervalType(), _):
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
            return tried(f"({left} {operator} {right})", is_try)
        case DatetimeType(), _:
            return tried(_moved(invocation, operator), is_try)
        case IntervalType(), IntervalType():
            return interval_sum(invocation, operator, is_try)
        case _ if operator == "*":
            return interval_product(invocation, is_try)
        case _:
            return interval_quotient(invocation, is_try)


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
