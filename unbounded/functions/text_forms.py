"""Values to text and back, in Spark's forms: what CAST to and from STRING, show() and CSV/JSON output print.

Text is read in two steps: the forms of clean data by a plain engine cast behind a cheap test, all others by a macro.
"""

from __future__ import annotations

from unbounded.functions.datetimes.interval_forms import calendar_interval_text, interval_from_text, interval_text
from unbounded.functions.engine import engine_type, literal, text
from unbounded.functions.environment import Environment
from unbounded.functions.zones import instant, local_time, today_days
from unbounded.types.datatypes import (
    DATE,
    ArrayType,
    BinaryType,
    BooleanType,
    CalendarIntervalType,
    DataType,
    DateType,
    DayTimeIntervalType,
    DecimalType,
    DoubleType,
    FloatType,
    IntegralType,
    MapType,
    NullType,
    StructType,
    TimestampNTZType,
    TimestampType,
    YearMonthIntervalType,
)

_CLOCK = r"[ T](?:[01]\d|2[0-3]):\d\d:\d\d(?:[.]\d*)?"
_CLEAN_DATE = r"(?s)\d{4}-\d\d-\d\d(?:[ T].*)?"
_CLEAN_TIMESTAMP = rf"\d{{4}}-\d\d-\d\d(?:{_CLOCK})?"
_CLEAN_INSTANT = rf"\d{{4}}-\d\d-\d\d{_CLOCK}(?:Z|[+-](?:0\d|1[0-7]):[0-5]\d)"


def to_text(value: str, data_type: DataType, environment: Environment) -> str:
    """Engine text of `CAST(value AS STRING)`."""
    return _to_text(value, data_type, environment, "null")


def to_shown_text(value: str, data_type: DataType, environment: Environment) -> str:
    """A cell of `show()`: as a cast, but NULL in capitals and binary values byte by byte."""
    return _to_text(value, data_type, environment, "NULL")


def _to_text(value: str, data_type: DataType, environment: Environment, null: str) -> str:
    match data_type:
        case NullType():
            return f"CAST({value} AS VARCHAR)"  # always NULL, but `value` may raise an error
        case FloatType():
            return f"spark_float_text({value})"
        case DoubleType():
            return f"spark_double_text({value})"
        case DateType():
            return f"spark_date_text({value})"
        case TimestampType():
            return f"spark_timestamp_text({local_time(value, environment)})"
        case TimestampNTZType():
            return f"spark_timestamp_text({value})"
        case BinaryType() if null == "NULL":
            return rf"'[' || rtrim(regexp_replace(hex({value}), '(..)', '\1 ', 'g')) || ']'"
        case BinaryType():
            return f"coalesce(TRY(decode({value})), kernel_utf8_text({value}))"
        case DayTimeIntervalType() | YearMonthIntervalType():
            return interval_text(value, data_type)
        case CalendarIntervalType():
            return calendar_interval_text(value)
        case DecimalType(precision=precision, scale=scale) if precision == scale:
            return f"regexp_replace(CAST({value} AS VARCHAR), '^(-?)[.]', '\\10.')"
        case ArrayType() | MapType() | StructType():
            return _nested_text(value, data_type, environment, null)
        case _:
            return f"CAST({value} AS VARCHAR)"


def _nested_text(value: str, data_type: DataType, environment: Environment, null: str) -> str:
    def member(of: str, member_type: DataType) -> str:
        return f"coalesce({_to_text(of, member_type, environment, null)}, '{null}')"

    match data_type:
        case ArrayType(element_type=element):
            return f"('[' || array_to_string(list_transform({value}, lambda x : {member('x', element)}), ', ') || ']')"
        case MapType(key_type=key, value_type=item):
            entry = f"{member('x.key', key)} || ' -> ' || {member('x.value', item)}"
            return f"('{{' || array_to_string(list_transform(map_entries({value}), lambda x : {entry}), ', ') || '}}')"
        case StructType(fields=fields):
            members = (member(f"struct_extract({value}, {text(f.name)})", f.data_type) for f in fields)
            return f"CASE WHEN {value} IS NOT NULL THEN '{{' || concat_ws(', ', {', '.join(members)}) || '}}' END"
        case _:
            raise TypeError(f"{data_type.simple_string} is not nested")


def from_text(value: str, data_type: DataType, environment: Environment, *, cuts_fractions: bool = False) -> str:
    """Engine text that reads a STRING as `data_type`, NULL where it cannot. `value` should be short: it is repeated.

    `cuts_fractions`: `1.5` is the whole number 1, as outside ANSI mode.
    """
    match data_type:
        case IntegralType():
            return _whole_number(
                value, engine_type(data_type), "spark_cut_text" if cuts_fractions else "spark_whole_text"
            )
        case DecimalType():
            return _number(value, engine_type(data_type), f"contains({value}, '_')", "spark_decimal_text")
        case FloatType() | DoubleType():
            refused = f"contains({value}, '_') OR contains({value}, '+-')"
            return _number(value, engine_type(data_type), refused, "spark_floating_text")
        case BooleanType():
            clean = f"CASE WHEN {value} = 'true' THEN true WHEN {value} = 'false' THEN false END"
            return f"coalesce({clean}, spark_boolean({value}))"
        case DateType():
            clean = (
                f"CASE WHEN regexp_full_match({value}, '{_CLEAN_DATE}') THEN TRY_CAST(left({value}, 10) AS DATE) END"
            )
            return f"coalesce({clean}, spark_date({value}))"
        case TimestampType():
            return _instant(value, environment)
        case TimestampNTZType():
            return _wall_clock(value)
        case DayTimeIntervalType() | YearMonthIntervalType():
            return interval_from_text(value, data_type)
        case _:
            return f"TRY_CAST({value} AS {engine_type(data_type)})"


def _whole_number(value: str, target: str, rest: str) -> str:
    """The engine also reads `1.5` and `0x1F`, but does not write them."""
    read = f"TRY_CAST({value} AS {target})"
    clean = f"CASE WHEN CAST({read} AS VARCHAR) = {value} THEN {read} END"
    return f"coalesce({clean}, TRY_CAST({rest}({value}) AS {target}))"


def _number(value: str, target: str, refused: str, rest: str) -> str:
    clean = f"CASE WHEN {refused} THEN NULL ELSE TRY_CAST({value} AS {target}) END"
    return f"coalesce({clean}, TRY_CAST({rest}({value}) AS {target}))"


def _wall_clock(value: str) -> str:
    """A zone behind the time is read, must be one, and does not count."""
    clean = _clean_timestamp(value, f"(?:{_CLEAN_TIMESTAMP}|{_CLEAN_INSTANT})")
    known_zone = "(p.z = '' OR kernel_zone_code_or_null(p.z) IS NOT NULL)"
    parts = f"spark_timestamp_parts(spark_trim({value}))"
    return f"coalesce({clean}, list_transform([{parts}], lambda p : CASE WHEN {known_zone} THEN p.w END)[1])"


def _clean_timestamp(value: str, pattern: str) -> str:
    return f"CASE WHEN regexp_full_match({value}, '{pattern}') THEN TRY_CAST({value} AS TIMESTAMP) END"


def _instant(value: str, environment: Environment) -> str:
    local = instant(_clean_timestamp(value, _CLEAN_TIMESTAMP), environment)
    zoned = (
        f"CASE WHEN regexp_full_match({value}, '{_CLEAN_INSTANT}') "
        f"THEN make_timestamp(epoch_us(TRY_CAST({value} AS TIMESTAMP)) - spark_suffix_offset_us({value})) END"
    )
    return f"coalesce({local}, {zoned}, {_odd_instant(value, environment)})"


def _odd_instant(value: str, environment: Environment) -> str:
    today = f"CAST({literal(today_days(environment), DATE)} AS VARCHAR)"
    parts = f"spark_timestamp_parts(spark_with_day(spark_trim({value}), {today}))"
    zoned = "spark_instant_by_code(p.w, kernel_zone_code_or_null(p.z))"
    meant = f"CASE WHEN p.z = '' THEN {instant('p.w', environment)} ELSE {zoned} END"
    return f"list_transform([{parts}], lambda p : {meant})[1]"
