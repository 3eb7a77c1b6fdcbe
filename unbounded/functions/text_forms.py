"""Values to text and back, in Spark's forms: what CAST to and from STRING, show() and CSV/JSON output print."""

from __future__ import annotations

from unbounded.functions.engine import engine_type, text
from unbounded.functions.environment import Environment
from unbounded.functions.zones import local_time
from unbounded.types.datatypes import (
    ArrayType,
    BinaryType,
    BooleanType,
    DataType,
    DateType,
    DayTimeField,
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
    YearMonthField,
    YearMonthIntervalType,
)

_UNITS_US = (86_400_000_000, 3_600_000_000, 60_000_000, 1_000_000)


def to_text(value: str, data_type: DataType, environment: Environment) -> str:
    """Engine text of `CAST(value AS STRING)`."""
    match data_type:
        case NullType():
            return "CAST(NULL AS VARCHAR)"
        case FloatType() | DoubleType():
            return f"spark_double_text({value})"
        case TimestampType():
            return f"spark_timestamp_text({local_time(value, environment)})"
        case TimestampNTZType():
            return f"spark_timestamp_text({value})"
        case BinaryType():
            return f"decode({value})"
        case DayTimeIntervalType():
            return _day_time_text(value, data_type)
        case YearMonthIntervalType():
            return _year_month_text(value, data_type)
        case ArrayType(element_type=element):
            return f"('[' || array_to_string(list_transform({value}, lambda x : {_member('x', element, environment)}), ', ') || ']')"
        case MapType(key_type=key, value_type=item):
            entry = f"{_member('x.key', key, environment)} || ' -> ' || {_member('x.value', item, environment)}"
            return f"('{{' || array_to_string(list_transform(map_entries({value}), lambda x : {entry}), ', ') || '}}')"
        case StructType(fields=fields):
            members = (
                _member(f"struct_extract({value}, {text(f.name)})", f.data_type, environment) for f in fields
            )
            return f"CASE WHEN {value} IS NOT NULL THEN '{{' || concat_ws(', ', {', '.join(members)}) || '}}' END"
        case _:
            return f"CAST({value} AS VARCHAR)"


def _member(value: str, data_type: DataType, environment: Environment) -> str:
    return f"coalesce({to_text(value, data_type, environment)}, 'NULL')"


def from_text(value: str, data_type: DataType, environment: Environment) -> str:
    """Engine text that reads a STRING as `data_type`, NULL where it cannot."""
    trimmed = f"trim({value}, e' \\t\\n\\r\\f\\x0b')"
    match data_type:
        case IntegralType():
            return (
                f"CASE WHEN regexp_full_match({trimmed}, '[+-]?[0-9]+') "
                f"THEN TRY_CAST({trimmed} AS {engine_type(data_type)}) END"
            )
        case DecimalType() | FloatType() | DoubleType():
            return _number_from_text(trimmed, data_type)
        case BooleanType():
            low = f"lower({trimmed})"
            return f"CASE WHEN {low} IN ('t', 'true', 'y', 'yes', '1') THEN true WHEN {low} IN ('f', 'false', 'n', 'no', '0') THEN false END"
        case DateType():
            return f"spark_parse_date({trimmed})"
        case TimestampType():
            return f"spark_parse_timestamp({trimmed}, {text(environment.time_zone)})"
        case TimestampNTZType():
            return f"spark_parse_timestamp_ntz({trimmed})"
        case _:
            return f"TRY_CAST({trimmed} AS {engine_type(data_type)})"


def _number_from_text(trimmed: str, data_type: DataType) -> str:
    number = f"TRY_CAST({trimmed} AS {engine_type(data_type)})"
    pattern = "'[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?'"
    if isinstance(data_type, DecimalType):
        return f"CASE WHEN regexp_full_match({trimmed}, {pattern}) THEN {number} END"
    words = f"regexp_full_match({trimmed}, '(?i)[+-]?(nan|inf|infinity)')"
    suffixed = f"TRY_CAST(regexp_replace({trimmed}, '[dDfF]$', '') AS {engine_type(data_type)})"
    return (
        f"CASE WHEN regexp_full_match({trimmed}, {pattern}) OR {words} THEN {number} "
        f"WHEN regexp_full_match({trimmed}, {pattern[:-1]}[dDfF]') THEN {suffixed} END"
    )


def _day_time_text(value: str, data_type: DayTimeIntervalType) -> str:
    """`INTERVAL '1 02:03:04' DAY TO SECOND`, as Spark casts an interval to a string."""
    rest, parts = f"abs({value})", []
    for field in DayTimeField:
        if not data_type.start <= field <= data_type.end:
            continue
        unit = _UNITS_US[field]
        count = f"({rest} // {unit})"
        shown = f"CAST({count} AS VARCHAR)" if not parts else f"printf('%02d', {count})"
        if field is DayTimeField.SECOND:
            fraction = f"rtrim(printf('.%06d', {rest} % {unit}), '0')"
            shown += f" || CASE WHEN {rest} % {unit} > 0 THEN {fraction} ELSE '' END"
        separator = "" if not parts else "' ' || " if field is DayTimeField.HOUR else "':' || "
        parts.append(separator + shown)
        rest = f"({rest} % {unit})"
    unit_name = data_type.simple_string.removeprefix("interval ").upper()
    return f"('INTERVAL ''' || CASE WHEN {value} < 0 THEN '-' ELSE '' END || {' || '.join(parts)} || ''' {unit_name}')"


def _year_month_text(value: str, data_type: YearMonthIntervalType) -> str:
    unit_name = data_type.simple_string.removeprefix("interval ").upper()
    years, months = f"CAST(abs({value}) // 12 AS VARCHAR)", f"CAST(abs({value}) % 12 AS VARCHAR)"
    body = f"{years} || '-' || {months}"
    if data_type.start == data_type.end:
        body = years if data_type.start is YearMonthField.YEAR else f"CAST(abs({value}) AS VARCHAR)"
    return f"('INTERVAL ''' || CASE WHEN {value} < 0 THEN '-' ELSE '' END || {body} || ''' {unit_name}')"

