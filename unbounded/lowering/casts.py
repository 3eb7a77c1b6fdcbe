"""Casts with Spark's rules: what ANSI raises, what TRY turns into NULL, and how values look as strings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from unbounded.errors import ErrorKind, SparkError, not_supported
from unbounded.functions.datetimes.interval_forms import unreadable_interval
from unbounded.functions.datetimes.special_words import special_moment
from unbounded.functions.durations import parse_calendar_interval
from unbounded.functions.engine import bind, engine_type, literal, quote, raise_error, shown_text, text
from unbounded.functions.environment import Environment
from unbounded.functions.text_forms import from_text, to_text
from unbounded.functions.zones import instant, local_time
from unbounded.lowering.numeric_casts import (
    ANSI_CONFIG,
    cast_number,
    checked,
    instant_to_number,
    interval_to_interval,
    interval_to_number,
    number_to_instant,
    number_to_interval,
    out_of_range,
)
from unbounded.plan.expressions import Cast, CastMode, Literal
from unbounded.types.coercion import is_string_like
from unbounded.types.datatypes import (
    INTEGER,
    STRING,
    ArrayType,
    BinaryType,
    BooleanType,
    CalendarIntervalType,
    DataType,
    DatetimeType,
    DateType,
    DayTimeIntervalType,
    DecimalType,
    IntervalType,
    MapType,
    NullType,
    NumericType,
    StructType,
    TimestampType,
    YearMonthIntervalType,
)

_ANSI_INTERVAL = DayTimeIntervalType | YearMonthIntervalType


@dataclass(frozen=True, slots=True)
class _Rules:
    """How a cast treats what does not fit, and the query's environment."""

    mode: CastMode
    environment: Environment


def lower_cast(value: str, cast: Cast, environment: Environment) -> str:
    """`value` (engine text of the child) as the cast's type; implicit casts follow the session's mode."""
    if isinstance(cast.child, Literal) and isinstance(cast.child.value, str):
        constant = _from_constant(cast.child.value, cast.data_type, environment)
        if constant is not None:
            return constant
    mode = CastMode.LEGACY if cast.is_implicit and not environment.is_ansi else cast.mode
    return cast_value(value, cast.child.data_type, cast.data_type, mode, environment)


def _from_constant(value: str, target: DataType, environment: Environment) -> str | None:
    """What only a constant string may be cast to: `now`, `today` and their like, and calendar intervals."""
    if isinstance(target, CalendarIntervalType):
        return literal(_calendar_interval(value), target)
    moment = special_moment(value, target, environment) if isinstance(target, DatetimeType) else None
    return None if moment is None else literal(moment, target)


def _calendar_interval(value: str) -> tuple[int, int, int] | None:
    """NULL for what is no interval, in every mode."""
    try:
        return parse_calendar_interval(value)
    except SparkError:
        return None


def cast_value(value: str, source: DataType, target: DataType, mode: CastMode, environment: Environment) -> str:
    """Engine text of `CAST(value AS target)`."""
    return _cast(value, source, target, _Rules(mode, environment), depth=0)


def _cast(value: str, source: DataType, target: DataType, rules: _Rules, depth: int) -> str:
    if isinstance(source, NullType):
        is_plain = value.startswith("CAST(NULL ")
        return f"CAST({'NULL' if is_plain else value} AS {engine_type(target)})"
    if source == target or (is_string_like(source) and is_string_like(target)):
        return value
    if isinstance(source, ArrayType | MapType | StructType) and not is_string_like(target):
        return _nested(value, source, target, rules, depth)
    return bind(value, f"v{depth}", lambda v: _cast_short(v, source, target, rules))


def _cast_short(value: str, source: DataType, target: DataType, rules: _Rules) -> str:
    """`_cast` of a text that may be repeated."""
    if is_string_like(target):
        return to_text(value, source, rules.environment)
    if is_string_like(source):
        return _from_string(value, target, rules)
    match source, target:
        case NumericType(), NumericType():
            return cast_number(value, source, target, rules.mode)
        case BooleanType(), NumericType():
            return cast_number(f"CAST({value} AS INTEGER)", INTEGER, target, rules.mode)
        case NumericType(), BooleanType():
            return f"({value} <> 0)"
        case IntervalType(), _:
            return _from_interval(value, source, target, rules)
        case NumericType(), DayTimeIntervalType() | YearMonthIntervalType():
            return number_to_interval(value, source, target, rules.mode)
        case NumericType(), TimestampType():
            return number_to_instant(value, source, target, rules.mode)
        case TimestampType(), NumericType():
            shown = f"'TIMESTAMP ''' || {to_text(value, source, rules.environment)} || ''''"
            return instant_to_number(value, target, rules.mode, shown, source)
        case DatetimeType(), DatetimeType():
            return _between_times(value, source, target, rules.environment)
        case _:
            return _outside_ansi(value, source, target)


def _from_interval(value: str, source: DataType, target: DataType, rules: _Rules) -> str:
    if isinstance(source, _ANSI_INTERVAL) and isinstance(target, NumericType):
        return interval_to_number(value, source, target, rules.mode)
    return interval_to_interval(value, source, target)


def _between_times(value: str, source: DataType, target: DataType, environment: Environment) -> str:
    match source, target:
        case TimestampType(), DateType():
            return f"CAST({local_time(value, environment)} AS DATE)"
        case TimestampType(), _:
            return local_time(value, environment)
        case _, DateType():
            return f"CAST({value} AS DATE)"
        case _, TimestampType():
            return instant(f"CAST({value} AS TIMESTAMP)", environment)
        case _:
            return f"CAST({value} AS TIMESTAMP)"


def _outside_ansi(value: str, source: DataType, target: DataType) -> str:
    """Casts that analysis lets through only where ANSI mode is off."""
    match source, target:
        case BooleanType(), TimestampType():
            return f"make_timestamp(CAST({value} AS BIGINT))"
        case TimestampType(), BooleanType():
            return f"(epoch_us({value}) <> 0)"
        case DateType(), NumericType() | BooleanType():
            return f"CAST(NULL AS {engine_type(target)})"
        case _:
            raise not_supported(f"CAST from {source.sql_name} to {target.sql_name}", "Cast in two steps.")


# ------------------------------------------------------------------------------------------------ from strings


def _from_string(value: str, target: DataType, rules: _Rules) -> str:
    """TRY and legacy: NULL for what cannot be read. ANSI: CAST_INVALID_INPUT with the text and the type."""
    if isinstance(target, BinaryType):
        return f"encode({value})"
    if isinstance(target, CalendarIntervalType):
        raise not_supported("CAST of a column to INTERVAL", "Cast a constant, or use make_interval.")
    read = from_text(value, target, rules.environment, cuts_fractions=rules.mode is CastMode.LEGACY)
    if isinstance(target, _ANSI_INTERVAL):
        mode = rules.mode if rules.mode is CastMode.TRY else CastMode.ANSI
        return checked(read, value, unreadable_interval(value, target), mode)
    failure = invalid_input(value, target)
    if isinstance(target, DecimalType):
        too_large = out_of_range(f"spark_trim({value})", target)
        failure = f"CASE WHEN spark_decimal_text({value}) IS NOT NULL THEN {too_large} ELSE {failure} END"
    return checked(read, value, failure, rules.mode)


def invalid_input(value: str, target: DataType) -> str:
    """The error for a string that cannot be read as `target`."""
    kind = ErrorKind.NUMBER_FORMAT
    if isinstance(target, DatetimeType | BooleanType):
        kind = ErrorKind.DATE_TIME if isinstance(target, DatetimeType) else ErrorKind.RUNTIME
    names = {"sourceType": f'"{STRING.sql_name}"', "targetType": f'"{target.sql_name}"', **ANSI_CONFIG}
    return raise_error(kind, "CAST_INVALID_INPUT", names, {"expression": shown_text(value)})


# ------------------------------------------------------------------------------------------------ nested


def _nested(value: str, source: DataType, target: DataType, rules: _Rules, depth: int) -> str:
    if engine_type(source) == engine_type(target) and not _has_conversion(source, target):
        return value
    match source, target:
        case ArrayType(element_type=a), ArrayType(element_type=b):
            member = _member(rules, depth)(a, b)
            return f"CAST(list_transform({value}, lambda x{depth} : {member}) AS {engine_type(target)})"
        case StructType(), StructType():
            return bind(value, f"s{depth}", lambda s: _struct(s, source, target, rules, depth + 1))
        case MapType(key_type=a, value_type=b), MapType(key_type=c, value_type=d):
            member_of = _member(rules, depth)
            return bind(value, f"m{depth}", lambda m: _map(m, member_of(a, c), member_of(b, d), target, depth))
        case _:
            return f"CAST({value} AS {engine_type(target)})"


def _member(rules: _Rules, depth: int) -> Callable[[DataType, DataType], str]:
    return lambda source, target: _cast(f"x{depth}", source, target, rules, depth + 1)


def _struct(value: str, source: StructType, target: StructType, rules: _Rules, depth: int) -> str:
    members = (
        f"{quote(new.name)} := "
        + _cast(f"struct_extract({value}, {text(old.name)})", old.data_type, new.data_type, rules, depth)
        for old, new in zip(source.fields, target.fields, strict=True)
    )
    packed = f"CAST(struct_pack({', '.join(members)}) AS {engine_type(target)})"
    return f"CASE WHEN {value} IS NOT NULL THEN {packed} END"


def _map(value: str, key: str, item: str, target: DataType, depth: int) -> str:
    keys = f"list_transform(map_keys({value}), lambda x{depth} : {key})"
    items = f"list_transform(map_values({value}), lambda x{depth} : {item})"
    return f"CASE WHEN {value} IS NOT NULL THEN CAST(map({keys}, {items}) AS {engine_type(target)}) END"


def _has_conversion(source: DataType, target: DataType) -> bool:
    """Whether values change although the engine type is the same: between the two timestamps, or intervals."""
    match source, target:
        case ArrayType(element_type=a), ArrayType(element_type=b):
            return _has_conversion(a, b)
        case MapType(key_type=a, value_type=b), MapType(key_type=c, value_type=d):
            return _has_conversion(a, c) or _has_conversion(b, d)
        case StructType(fields=a), StructType(fields=b):
            return any(_has_conversion(x.data_type, y.data_type) for x, y in zip(a, b, strict=True))
        case _:
            return source != target and not (is_string_like(source) and is_string_like(target))
