"""Between text and times by a pattern: `date_format`, `to_date`, `to_timestamp`, `unix_timestamp` and their like."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from unbounded.errors import ErrorKind, SparkError
from unbounded.functions.datetimes.parameters import LONG_COUNT, failing_where_used
from unbounded.functions.datetimes.printing import format_sql
from unbounded.functions.datetimes.reading import instant_sql, wall_clock_sql
from unbounded.functions.engine import bind, raise_error
from unbounded.functions.environment import Environment
from unbounded.functions.registry import Function, Invocation, Nullability, scalar
from unbounded.functions.signature import P_STRING, P_TIMESTAMP, Parameter, Signature
from unbounded.functions.zones import instant, local_time
from unbounded.plan.expressions import Call, Cast, CastMode, Expression, Literal
from unbounded.types.coercion import implicit_cast_type, is_string_like
from unbounded.types.datatypes import (
    DATE,
    LONG,
    NULL,
    STRING,
    TIMESTAMP,
    TIMESTAMP_NTZ,
    DataType,
    DatetimeType,
    DateType,
    NumericType,
    TimestampNTZType,
    TimestampType,
)

Typed = tuple[tuple[Expression, ...], DataType]

_DEFAULT_PATTERN = Literal("yyyy-MM-dd HH:mm:ss", STRING)


def _readable(name: str, *, takes_numbers: bool) -> Parameter:
    """Strings and times as they are; numbers as they are or as strings."""

    def accept(given: DataType) -> DataType | None:
        if (
            isinstance(given, DatetimeType)
            or is_string_like(given)
            or (takes_numbers and isinstance(given, NumericType))
        ):
            return given
        return implicit_cast_type(given, STRING)

    return Parameter(name, accept)


_TIME_OR_TEXT = '("STRING" or "DATE" or "TIMESTAMP" or "TIMESTAMP_NTZ")'


def _strict_time_or_text(given: DataType) -> DataType | None:
    return given if isinstance(given, DatetimeType) or is_string_like(given) else STRING if given == NULL else None


# ------------------------------------------------------------------------------------------------ printing


def _lower_date_format(invocation: Invocation) -> str:
    return _print(invocation.sql[0], invocation)


def _print(value: str, invocation: Invocation) -> str:
    if not invocation.is_constant(1):
        zone = invocation.environment.time_zone.replace("'", "''")
        return f"kernel_format_time(epoch_us({value}), {invocation.sql[1]}, '{zone}')"
    pattern = invocation.constant(1)
    if pattern is None:
        return "CAST(NULL AS VARCHAR)"
    try:
        return format_sql(value, pattern, invocation.environment)
    except SparkError as refusal:
        return failing_where_used(refusal, value, STRING)


def _type_from_unixtime(name: str, arguments: Sequence[Expression], environment: Environment) -> Typed:
    filled = [*arguments, _DEFAULT_PATTERN] if len(arguments) == 1 else arguments
    return Signature((LONG_COUNT, P_STRING), STRING, optional=1).apply(name, filled)


def _lower_from_unixtime(invocation: Invocation) -> str:
    seconds = f"make_timestamp({invocation.sql[0]} * 1000000)"
    return _print(seconds, invocation)


# ------------------------------------------------------------------------------------------------ reading


def _reading(returns: DataType, *, is_try: bool = False, takes_numbers: bool = True) -> Function:
    """`to_…(value [, pattern])`: without a pattern it is a cast."""
    value = _readable(_TIME_OR_TEXT, takes_numbers=takes_numbers)

    def type_call(name: str, arguments: Sequence[Expression], environment: Environment) -> Typed:
        (first, *rest), _ = Signature((value, P_STRING), returns, optional=1).apply(name, arguments)
        if not rest or not is_string_like(first.data_type):
            mode = CastMode.TRY if is_try else CastMode.ANSI if environment.is_ansi else CastMode.LEGACY
            first = first if first.data_type == returns else Cast(first, returns, mode, is_implicit=True)
        return (first, *rest), returns

    def rule(invocation: Invocation) -> str:
        if len(invocation.sql) == 1 or invocation.type_of(0) == returns:
            return invocation.sql[0]
        return bind(invocation.sql[0], "v", lambda v: _read(v, invocation, returns, is_try=is_try))

    return Function(type_call, rule, nullability=Nullability.ALWAYS)


def _read(value: str, invocation: Invocation, returns: DataType, *, is_try: bool) -> str:
    environment = invocation.environment
    pattern = invocation.constant(1)
    if not invocation.is_constant(1):
        return _as_date(_read_by_kernel(value, invocation, returns, is_try=is_try), returns, environment)
    if pattern is None:
        return f"CAST(NULL AS {'DATE' if returns == DATE else 'TIMESTAMP'})"
    try:
        read = wall_clock_sql(value, pattern) if returns == TIMESTAMP_NTZ else instant_sql(value, pattern, environment)
    except SparkError as refusal:
        return failing_where_used(refusal, value, returns)
    if not is_try and environment.is_ansi:
        function = "try_to_date" if returns == DATE else "try_to_timestamp"
        known = {"func": f"`{function}`", "pattern": pattern}
        failure = raise_error(ErrorKind.DATE_TIME, "CANNOT_PARSE_TIMESTAMP", known, {"text": value})
        read = f"coalesce({read}, CASE WHEN {value} IS NOT NULL THEN {failure} END)"
    return _as_date(read, returns, environment)


def _as_date(read: str, returns: DataType, environment: Environment) -> str:
    return f"CAST({local_time(read, environment)} AS DATE)" if returns == DATE else read


def _read_by_kernel(value: str, invocation: Invocation, returns: DataType, *, is_try: bool) -> str:
    zone = "" if returns == TIMESTAMP_NTZ else invocation.environment.time_zone.replace("'", "''")
    function = "" if is_try or not invocation.environment.is_ansi else "to_date" if returns == DATE else "to_timestamp"
    return f"make_timestamp(kernel_read_time({value}, {invocation.sql[1]}, '{zone}', '{function}'))"


# ------------------------------------------------------------------------------------------------ unix timestamps


def _type_unix_timestamp(*, may_be_empty: bool) -> Callable[[str, Sequence[Expression], Environment], Typed]:
    signature = Signature(
        (Parameter(_TIME_OR_TEXT, _strict_time_or_text), P_STRING), LONG, optional=2 if may_be_empty else 1
    )

    def type_call(name: str, arguments: Sequence[Expression], environment: Environment) -> Typed:
        filled = list(arguments)
        if not filled and may_be_empty:
            filled = [Call("current_timestamp", (), TIMESTAMP, False)]
        return signature.apply(name, [*filled, _DEFAULT_PATTERN] if len(filled) == 1 else filled)

    return type_call


def _lower_unix_timestamp(invocation: Invocation) -> str:
    """Seconds, cut towards the epoch; the wall clock of a TIMESTAMP_NTZ counts as UTC."""
    value = invocation.sql[0]
    match invocation.type_of(0):
        case TimestampType() | TimestampNTZType():
            return f"(epoch_us({value}) // 1000000)"
        case DateType():
            return f"(epoch_us({instant(f'CAST({value} AS TIMESTAMP)', invocation.environment)}) // 1000000)"
        case _:
            read = bind(value, "v", lambda v: _read(v, invocation, TIMESTAMP, is_try=False))
            return f"(epoch_us({read}) // 1000000)"


_UNIX_TIMESTAMP = Function(
    _type_unix_timestamp(may_be_empty=True), _lower_unix_timestamp, nullability=Nullability.ALWAYS
)

FUNCTIONS: dict[str, Function] = {
    "date_format": scalar([P_TIMESTAMP, P_STRING], STRING, _lower_date_format),
    "from_unixtime": Function(_type_from_unixtime, _lower_from_unixtime),
    "to_date": _reading(DATE, takes_numbers=False),
    "try_to_date": _reading(DATE, is_try=True, takes_numbers=False),
    "to_timestamp": _reading(TIMESTAMP),
    "try_to_timestamp": _reading(TIMESTAMP, is_try=True),
    "to_timestamp_ltz": _reading(TIMESTAMP),
    "to_timestamp_ntz": _reading(TIMESTAMP_NTZ, takes_numbers=False),
    "unix_timestamp": _UNIX_TIMESTAMP,
    "to_unix_timestamp": Function(
        _type_unix_timestamp(may_be_empty=False), _lower_unix_timestamp, nullability=Nullability.ALWAYS
    ),
}
