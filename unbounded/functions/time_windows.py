"""Windows over time as values: `window`, `session_window`, `window_time`. Where they become columns: `analysis`."""

from __future__ import annotations

from collections.abc import Sequence

from unbounded.errors import SparkError, analysis_error, not_supported
from unbounded.functions.datetimes.interval_arithmetic import calendar_interval
from unbounded.functions.datetimes.parameters import ANY_TIMESTAMP
from unbounded.functions.durations import parse_calendar_interval, parse_window_us
from unbounded.functions.engine import cast
from unbounded.functions.environment import Environment
from unbounded.functions.naming import pretty_name
from unbounded.functions.registry import Function, Invocation, Nullability
from unbounded.functions.signature import ORDINALS, implicit_cast, wrong_argument_count, wrong_argument_type
from unbounded.functions.zones import instant, local_time
from unbounded.plan.expressions import Attribute, Call, Expression, Literal
from unbounded.types.coercion import is_string_like
from unbounded.types.datatypes import (
    LONG,
    STRING,
    CalendarIntervalType,
    DataType,
    DatetimeType,
    IntervalType,
    StructField,
    StructType,
    TimestampType,
)
from unbounded.types.scala_form import to_scala_text

Typed = tuple[tuple[Expression, ...], DataType]

WINDOW_MARKS = ("spark.timeWindow", "spark.sessionWindow")
"""Metadata of a column that `window` or `session_window` made."""

_TIME_TYPES = (
    f'({ANY_TIMESTAMP.name} or "STRUCT<start: TIMESTAMP, end: TIMESTAMP>" '
    'or "STRUCT<start: TIMESTAMP_NTZ, end: TIMESTAMP_NTZ>")'
)


def window_type(time: DataType) -> StructType:
    return StructType((StructField("start", time), StructField("end", time)))


# ------------------------------------------------------------------------------------------------ window


def _type_window(name: str, arguments: Sequence[Expression], environment: Environment) -> Typed:
    """time, length, [slide, [start]]: the durations become microseconds."""
    if not 2 <= len(arguments) <= 4:
        raise wrong_argument_count(name, len(arguments), "[2, 3, 4]")
    lengths = [_duration_us(argument) for argument in arguments[1:]]
    length, slide, start = lengths[0], (lengths[1:] or lengths)[0], (lengths[2:] or [0])[0]
    shown = f"window({pretty_name(arguments[0])}, {length}, {slide}, {start})"
    time = _time(arguments[0], shown)
    _check_window(shown, length, slide, start)
    return (time, *(Literal(value, LONG) for value in (length, slide, start))), window_type(time.data_type)


def _time(argument: Expression, shown: str) -> Expression:
    """The timestamp of an argument; of a window it is the last moment in it."""
    if _is_window(argument.data_type):
        return _last_moment(argument)
    target = ANY_TIMESTAMP.accept(argument.data_type)
    if target is None:
        raise analysis_error(
            "DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE",
            sqlExpr=f'"{shown}"',
            paramIndex=ORDINALS[0],
            requiredType=_TIME_TYPES,
            inputSql=f'"{pretty_name(argument)}"',
            inputType=f'"{argument.data_type.sql_name}"',
        )
    return implicit_cast(argument, target)


def _is_window(data_type: DataType) -> bool:
    if not isinstance(data_type, StructType) or len(data_type.fields) != 2:
        return False
    return all(isinstance(f.data_type, DatetimeType) for f in data_type.fields)


def _last_moment(window: Expression) -> Call:
    assert isinstance(window.data_type, StructType)
    return Call("window_time", (window,), window.data_type.fields[1].data_type, window.nullable)


def _duration_us(argument: Expression) -> int:
    if (
        isinstance(argument, Literal)
        and isinstance(argument.value, int)
        and not isinstance(argument.data_type, IntervalType)
    ):
        return argument.value
    if not isinstance(argument, Literal) or not isinstance(argument.value, str):
        raise analysis_error("_LEGACY_ERROR_TEMP_1207")
    return parse_window_us(argument.value)


def _check_window(shown: str, length: int, slide: int, start: int) -> None:
    for value, name in ((length, "window_duration"), (slide, "slide_duration")):
        if value <= 0:
            raise analysis_error(
                "DATATYPE_MISMATCH.VALUE_OUT_OF_RANGE",
                sqlExpr=f'"{shown}"',
                exprName=f"`{name}`",
                valueRange="(0, 9223372036854775807]",
                currentValue=f"{value}L",
            )
    if slide > length:
        raise _not_within(shown, ("slide_duration", slide), "<=", ("window_duration", length))
    if abs(start) >= slide:
        raise _not_within(shown, ("abs(start_time)", abs(start)), "<", ("slide_duration", slide))


def _not_within(shown: str, left: tuple[str, int], constraint: str, right: tuple[str, int]) -> SparkError:
    return analysis_error(
        "DATATYPE_MISMATCH.PARAMETER_CONSTRAINT_VIOLATION",
        sqlExpr=f'"{shown}"',
        leftExprName=f"`{left[0]}`",
        leftExprValue=f"{left[1]}L",
        constraint=constraint,
        rightExprName=f"`{right[0]}`",
        rightExprValue=f"{right[1]}L",
    )


def _lower_window(invocation: Invocation) -> str:
    """Outside a select list or GROUP BY: only where each row lies in one window."""
    if invocation.constant(1) != invocation.constant(2):
        raise not_supported("A sliding window in a condition", "Select the window first, then filter its rows.")
    return _lower_tumbling(invocation)


def _lower_tumbling(invocation: Invocation) -> str:
    """start = time - (time - offset) mod slide, with a non-negative remainder."""
    time, length, slide, start = invocation.sql
    begin = _window_start(time, slide, start)
    bounds = f'struct_pack("start" := make_timestamp({begin}), "end" := make_timestamp({begin} + {length}))'
    return cast(bounds, invocation.data_type)


def _window_start(time: str, slide: str, start: str) -> str:
    return f"(epoch_us({time}) - (((epoch_us({time}) - {start}) % {slide}) + {slide}) % {slide})"


def _lower_sliding(invocation: Invocation) -> str:
    """Every window that contains the time, latest start first, as Spark orders them."""
    time, length, slide, start = invocation.sql
    last = _window_start(time, slide, start)
    starts = f"range({last}, epoch_us({time}) - {length}, -{slide})"
    window = f'struct_pack("start" := make_timestamp(s), "end" := make_timestamp(s + {length}))'
    return f"list_transform({starts}, lambda s : {window})"


# ------------------------------------------------------------------------------------------------ session_window


def _type_session(name: str, arguments: Sequence[Expression], environment: Environment) -> Typed:
    """time, gap: a string or a calendar interval, constant or not."""
    if len(arguments) != 2:
        raise wrong_argument_count(name, len(arguments), "2")
    moment, gap = arguments
    time = _time(moment, f"sessionwindow({pretty_name(moment)}, {pretty_name(gap)})")
    if not is_string_like(gap.data_type) and not isinstance(gap.data_type, CalendarIntervalType):
        raise analysis_error("_LEGACY_ERROR_TEMP_1040", dt=to_scala_text(gap.data_type))
    return (time, gap), window_type(time.data_type)


def _lower_session(invocation: Invocation) -> str:
    """One row's own session: from its time to its time and the gap. NULL end for a gap that is none."""
    time, gap = invocation.sql
    end = _after(time, _gap(invocation, gap), invocation)
    return cast(f'struct_pack("start" := {time}, "end" := {end})', invocation.data_type)


def _gap(invocation: Invocation, gap: str) -> str:
    if isinstance(invocation.type_of(1), CalendarIntervalType):
        return gap
    if not invocation.is_constant(1):
        return f"TRY_CAST({gap} AS INTERVAL)"
    try:
        months, days, us = parse_calendar_interval(str(invocation.constant(1)))
    except SparkError:
        return "CAST(NULL AS INTERVAL)"
    return calendar_interval(str(months), str(days), str(us))


def _after(time: str, gap: str, invocation: Invocation) -> str:
    if isinstance(invocation.type_of(0), TimestampType):
        return instant(f"({local_time(time, invocation.environment)} + {gap})", invocation.environment)
    return f"({time} + {gap})"


# ------------------------------------------------------------------------------------------------ window_time


def _type_window_time(name: str, arguments: Sequence[Expression], environment: Environment) -> Typed:
    if len(arguments) != 1:
        raise wrong_argument_count(name, len(arguments), "1")
    (window,) = arguments
    if not isinstance(window.data_type, StructType):
        raise wrong_argument_type(name, arguments, 0, '"STRUCT"')
    is_column = isinstance(window, Attribute) or (isinstance(window, Call) and window.function == "window")
    if not is_column or not _is_window(window.data_type):
        raise analysis_error("_LEGACY_ERROR_TEMP_3101", windowTime=pretty_name(Call(name, (window,), STRING)))
    return (window,), window.data_type.fields[1].data_type


_NEVER = Nullability.NEVER

FUNCTIONS: dict[str, Function] = {
    "window": Function(_type_window, _lower_window, nullability=_NEVER),
    "tumbling_window": Function(_type_window, _lower_tumbling, nullability=_NEVER),
    "sliding_windows": Function(_type_window, _lower_sliding, nullability=_NEVER),
    "session_window": Function(_type_session, _lower_session, nullability=_NEVER),
    "window_time": Function(
        _type_window_time, "make_timestamp(epoch_us(struct_extract({0}, 'end')) - 1)", nullability=Nullability.ALWAYS
    ),
}
