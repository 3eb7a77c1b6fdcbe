"""`sequence`: numbers, dates and timestamps from start to stop, both included."""

from __future__ import annotations

from collections.abc import Sequence

from unbounded.errors import NO_CONDITION, ErrorKind, analysis_error
from unbounded.functions.engine import bind, engine_type, raise_error
from unbounded.functions.environment import Environment
from unbounded.functions.registry import Function, Invocation
from unbounded.functions.signature import implicit_cast, quoted_call, wrong_argument_count
from unbounded.functions.zones import instant, local_time
from unbounded.plan.expressions import Expression
from unbounded.types.coercion import common_type
from unbounded.types.datatypes import (
    INTEGER,
    NULL,
    ArrayType,
    CalendarIntervalType,
    DataType,
    DatetimeType,
    DateType,
    DayTimeIntervalType,
    IntegralType,
    NullType,
    TimestampType,
    YearMonthIntervalType,
)

Typed = tuple[tuple[Expression, ...], DataType]

_DAY_US = 86_400_000_000


def _type_sequence(name: str, arguments: Sequence[Expression], environment: Environment) -> Typed:
    """start, stop, [step]: integers with an integer step, or dates and timestamps with an interval."""
    if not 2 <= len(arguments) <= 3:
        raise wrong_argument_count(name, len(arguments), "[2, 3]")
    types = [a.data_type for a in arguments]
    member = common_type(types[0], types[1])
    step = types[2] if len(types) > 2 else None
    if isinstance(member, IntegralType | NullType) and isinstance(step, IntegralType | NullType | None):
        common = common_type(member, step) if step is not None else member
        common = INTEGER if common is None or common == NULL else common
        return tuple(implicit_cast(a, common) for a in arguments), ArrayType(common, False)
    is_moment = isinstance(member, DatetimeType) and all(isinstance(t, DatetimeType | NullType) for t in types[:2])
    if is_moment and isinstance(step, DayTimeIntervalType | YearMonthIntervalType | CalendarIntervalType | None):
        assert member is not None
        bounds = tuple(implicit_cast(a, member) for a in arguments[:2])
        return (*bounds, *arguments[2:]), ArrayType(member, False)
    raise _wrong_types(name, arguments)


def _wrong_types(name: str, arguments: Sequence[Expression]) -> Exception:
    return analysis_error(
        "DATATYPE_MISMATCH.SEQUENCE_WRONG_INPUT_TYPES",
        sqlExpr=quoted_call(name, arguments),
        functionName=f"`{name}`",
        startType='("TIMESTAMP" or "TIMESTAMP_NTZ" or "DATE")',
        stepType='("INTERVAL" or "INTERVAL YEAR TO MONTH" or "INTERVAL DAY TO SECOND")',
        otherStartType='"INTEGRAL"',
    )


def _lower_sequence(invocation: Invocation) -> str:
    member = invocation.type_of(0)
    if isinstance(member, IntegralType):
        return _lower_numbers(invocation)
    step = invocation.arguments[2].data_type if len(invocation.sql) > 2 else None
    if isinstance(step, YearMonthIntervalType):
        return _lower_months(invocation)
    if isinstance(step, CalendarIntervalType):
        months, rest = _calendar_parts(invocation.sql[2])
        by_months = _lower_months(invocation, months)
        return f"CASE WHEN {months} <> 0 THEN {by_months} ELSE {_lower_days(invocation, rest)} END"
    return _lower_days(invocation, invocation.sql[2] if step is not None else None)


def _calendar_parts(step: str) -> tuple[str, str]:
    months = f"CAST(datepart('year', {step}) * 12 + datepart('month', {step}) AS INTEGER)"
    return months, f"epoch_us({step} - to_months({months}))"


def _lower_numbers(invocation: Invocation) -> str:
    start, stop, *step = (f"CAST({value} AS BIGINT)" for value in invocation.sql)
    default = f"CASE WHEN {start} <= {stop} THEN 1 ELSE -1 END"
    made = f"CAST({_series(start, stop, step[0] if step else default)} AS {engine_type(invocation.data_type)})"
    return _checked(made, start, stop, step[0]) if step else made


def _series(start: str, stop: str, step: str) -> str:
    """The engine refuses nothing, but a step of 0 (legal where start equals stop) must not reach it."""
    return f"CASE WHEN {start} = {stop} THEN [{start}] ELSE generate_series({start}, {stop}, {step}) END"


def _checked(made: str, start: str, stop: str, step: str) -> str:
    """Raises for a step that does not lead from start to stop."""
    shown = " || ".join(
        (f"CAST({start} AS VARCHAR)", "' to '", f"CAST({stop} AS VARCHAR)", "' by '", f"CAST({step} AS VARCHAR)")
    )
    failure = raise_error(
        ErrorKind.ILLEGAL_ARGUMENT,
        NO_CONDITION,
        {},
        {"message": f"'requirement failed: Illegal sequence boundaries: ' || {shown}"},
    )
    wrong = (
        f"({step} = 0 AND {start} <> {stop}) OR ({step} > 0 AND {start} > {stop}) OR ({step} < 0 AND {start} < {stop})"
    )
    return f"CASE WHEN {wrong} THEN {failure} ELSE {made} END"


def _lower_days(invocation: Invocation, step: str | None) -> str:
    """Steps of fixed length; whole days are wall-clock days in the session's zone."""
    local = [_local(value, invocation) for value in invocation.sql[:2]]
    start, stop = (f"epoch_us({value})" for value in local)
    by = step if step is not None else f"CASE WHEN {start} <= {stop} THEN {_DAY_US} ELSE -{_DAY_US} END"
    moment = _back("make_timestamp(x)", invocation)
    made = f"list_transform({_series(start, stop, by)}, lambda x : {moment})"
    checked = _checked(made, start, stop, by) if step is not None else made
    if step is not None and isinstance(invocation.type_of(0), DateType):
        checked = f"CASE WHEN {step} % {_DAY_US} <> 0 THEN {_NOT_DAYS} ELSE {checked} END"
    return checked


_NOT_DAYS = raise_error(
    ErrorKind.ILLEGAL_ARGUMENT,
    NO_CONDITION,
    {"message": "sequence step must be an interval day to second of day granularity if start and end values are dates"},
)


def _lower_months(invocation: Invocation, months: str | None = None) -> str:
    """Every moment is reckoned from the start, so that the last day of a month does not wander."""
    local = [_local(value, invocation) for value in invocation.sql[:2]]
    step = months or invocation.sql[2]

    def made(start: str, stop: str) -> str:
        count = f"(datediff('month', {start}, {stop}) // {step})"
        moment = f"({start} + to_months(CAST(i AS INTEGER) * {step}))"
        inside = f"CASE WHEN {step} > 0 THEN x <= {stop} ELSE x >= {stop} END"
        moments = f"list_transform(range(0, {count} + 2), lambda i : {moment})"
        kept = f"list_filter({moments}, lambda x : {inside})"
        single = f"CASE WHEN {start} = {stop} THEN [{start}] ELSE {kept} END"
        listed = f"list_transform({single}, lambda x : {_back('x', invocation)})"
        checked = _checked_months(listed, start, stop, step)
        return f"CASE WHEN {start} IS NOT NULL AND {stop} IS NOT NULL THEN {checked} END"

    return bind(local[0], "a", lambda a: bind(local[1], "b", lambda b: made(a, b)))


def _checked_months(made: str, start: str, stop: str, step: str) -> str:
    shown = (
        f"CAST(epoch_us({start}) AS VARCHAR) || ' to ' || CAST(epoch_us({stop}) AS VARCHAR)"
        f" || ' by ' || CAST({step} AS VARCHAR)"
    )
    failure = raise_error(
        ErrorKind.ILLEGAL_ARGUMENT,
        NO_CONDITION,
        {},
        {"message": f"'requirement failed: Illegal sequence boundaries: ' || {shown}"},
    )
    wrong = (
        f"({step} = 0 AND {start} <> {stop}) OR ({step} > 0 AND {start} > {stop}) OR ({step} < 0 AND {start} < {stop})"
    )
    return f"CASE WHEN {wrong} THEN {failure} ELSE {made} END"


def _local(value: str, invocation: Invocation) -> str:
    moment = f"CAST({value} AS TIMESTAMP)"
    is_instant = isinstance(invocation.type_of(0), TimestampType)
    return local_time(moment, invocation.environment) if is_instant else moment


def _back(moment: str, invocation: Invocation) -> str:
    match invocation.type_of(0):
        case TimestampType():
            return instant(moment, invocation.environment)
        case DateType():
            return f"CAST({moment} AS DATE)"
        case _:
            return moment


FUNCTIONS: dict[str, Function] = {"sequence": Function(_type_sequence, _lower_sequence)}
