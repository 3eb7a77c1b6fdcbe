"""Parameters of the date and time functions, and the wall clock of their arguments."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from unbounded.errors import ErrorKind, SparkError
from unbounded.functions.engine import bind, engine_type, raise_error
from unbounded.functions.environment import Environment
from unbounded.functions.registry import Invocation
from unbounded.functions.signature import Parameter
from unbounded.functions.zones import local_time
from unbounded.plan.expressions import Expression
from unbounded.types.coercion import implicit_cast_type, is_string_like
from unbounded.types.datatypes import (
    DOUBLE,
    INTEGER,
    LONG,
    TIMESTAMP,
    ByteType,
    DataType,
    DatetimeType,
    DateType,
    IntegerType,
    IntegralType,
    NullType,
    NumericType,
    ShortType,
    TimestampNTZType,
    TimestampType,
)

DAY_US = 86_400_000_000
ANSI_CONFIG = {"ansiConfig": '"spark.sql.ansi.enabled"'}


def strictly(data_type: DataType) -> Parameter:
    """Takes `data_type` and NULL, nothing that would have to be cast."""
    return Parameter(
        f'"{data_type.sql_name}"',
        lambda given: data_type if given == data_type or isinstance(given, NullType) else None,
    )


def _any_timestamp(given: DataType) -> DataType | None:
    if isinstance(given, TimestampNTZType | TimestampType):
        return given
    return implicit_cast_type(given, TIMESTAMP)


def _small_count(given: DataType) -> DataType | None:
    is_small = isinstance(given, ByteType | ShortType | IntegerType | NullType) or is_string_like(given)
    return INTEGER if is_small else None


def _any_count(given: DataType) -> DataType | None:
    return INTEGER if isinstance(given, NumericType) else implicit_cast_type(given, INTEGER)


def _any_long(given: DataType) -> DataType | None:
    return LONG if isinstance(given, NumericType) else implicit_cast_type(given, LONG)


def _any_number(given: DataType) -> DataType | None:
    return DOUBLE if isinstance(given, NullType) else given if isinstance(given, NumericType) else None


def _any_whole(given: DataType) -> DataType | None:
    return LONG if isinstance(given, NullType) else given if isinstance(given, IntegralType) else None


ANY_TIMESTAMP = Parameter('"(TIMESTAMP OR TIMESTAMP WITHOUT TIME ZONE)"', _any_timestamp)
SMALL_COUNT = Parameter('("INT" or "SMALLINT" or "TINYINT")', _small_count)
COUNT = Parameter('"INT"', _any_count)
LONG_COUNT = Parameter('"BIGINT"', _any_long)
STRICT_NUMBER = Parameter('"NUMERIC"', _any_number)
STRICT_WHOLE = Parameter('"INTEGRAL"', _any_whole)


def wall_clock(value: str, argument: Expression, environment: Environment) -> str:
    """The engine TIMESTAMP that a clock in the session's zone shows for a date or a timestamp."""
    match argument.data_type:
        case TimestampType():
            return local_time(value, environment)
        case DateType():
            return f"CAST({value} AS TIMESTAMP)"
        case _:
            return value


def wall_clock_of(invocation: Invocation, position: int = 0) -> str:
    return wall_clock(invocation.sql[position], invocation.arguments[position], invocation.environment)


def is_datetime(argument: Expression) -> bool:
    return isinstance(argument.data_type, DatetimeType)


def floor_to(value: str, unit: int) -> str:
    """The largest multiple of `unit` that is not above a BIGINT `value`."""
    return f"({value} - (({value} % {unit}) + {unit}) % {unit})"


def failing_where_used(error: SparkError, value: str, data_type: DataType) -> str:
    """Engine SQL that fails with `error` for every row whose `value` is not NULL, as Spark does with bad constants."""
    failure = raise_error(error.kind, error.condition, error.parameters)
    return f"CAST(CASE WHEN {value} IS NOT NULL THEN {failure} END AS {engine_type(data_type)})"


def arithmetic_overflow() -> str:
    parameters = {"message": "overflow", "alternative": "", "config": '"spark.sql.ansi.enabled"'}
    return raise_error(ErrorKind.ARITHMETIC, "ARITHMETIC_OVERFLOW", parameters)


def java_arithmetic_error(message: str) -> str:
    """Java's own exception, which has no condition."""
    return raise_error(ErrorKind.ARITHMETIC, "", {"message": message})


def bind_each(values: Sequence[str], body: Callable[..., str], variable: str = "b") -> str:
    """`body` of several engine values, long ones bound to variables; so it may put them into TRY, which refuses
    expressions that can raise."""
    if not values:
        return body()
    return bind(
        values[0],
        f"{variable}{len(values)}",
        lambda first: bind_each(values[1:], lambda *rest: body(first, *rest), variable),
    )
