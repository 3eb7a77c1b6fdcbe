"""Typed values as the text of CSV cells and JSON documents, to the character as Spark writes them."""

from __future__ import annotations

from collections.abc import Sequence

from unbounded.connectors.files.write_options import WriteFormat
from unbounded.functions.datetimes.printing import format_sql
from unbounded.functions.engine import text
from unbounded.functions.environment import Environment
from unbounded.functions.text_forms import to_text
from unbounded.functions.zones import instant, local_time
from unbounded.types.coercion import is_string_like
from unbounded.types.datatypes import (
    ArrayType,
    BinaryType,
    BooleanType,
    DataType,
    DateType,
    DayTimeIntervalType,
    DecimalType,
    DoubleType,
    FloatType,
    IntegralType,
    MapType,
    NullType,
    NumericType,
    StructType,
    TimestampNTZType,
    TimestampType,
    YearMonthIntervalType,
)

_BLANK = "e' \\t'"
_PLAIN_SCALE_MAX = 6
_TRIMS = {(True, True): "trim", (True, False): "ltrim", (False, True): "rtrim", (False, False): None}


def csv_cell(value: str, data_type: DataType, options: WriteFormat, environment: Environment) -> str:
    """One cell, quoted if it must be."""
    shown = _plain(value, data_type, options, environment)
    if isinstance(data_type, NumericType | BooleanType) and not options.quotes_all:
        return f"coalesce({shown}, {_null_cell(options)})"
    if (trim := _TRIMS[options.trims_start, options.trims_end]) is not None:
        shown = f"{trim}({shown}, {_BLANK})"
    if options.quotes_all:
        written = _quoted(shown, options)
    elif not options.quote:
        written = shown
    else:
        written = f"CASE WHEN {_needs_quotes(shown, options)} THEN {_quoted(shown, options)} ELSE {shown} END"
    empty = text(options.empty_value)
    filled = f"CASE WHEN {shown} = '' THEN {empty} ELSE {written} END"
    return f"coalesce({filled}, {_null_cell(options)})"


def _null_cell(options: WriteFormat) -> str:
    if options.quotes_all and options.null_value:
        return text(f"{options.quote}{options.null_value}{options.quote}")
    return text(options.null_value)


def _needs_quotes(shown: str, options: WriteFormat) -> str:
    characters = ["\n", "\r", options.separator, *([options.quote] if options.escapes_quotes else [])]
    if all(len(c) == 1 for c in characters):
        found = "".join(f"\\x{{{ord(c):x}}}" for c in characters)
        return f"regexp_matches({shown}, {text(f'[{found}]')})"
    return "(" + " OR ".join(f"contains({shown}, {text(c)})" for c in characters) + ")"


def _quoted(shown: str, options: WriteFormat) -> str:
    quote, escape = (f"\\x{{{ord(c):x}}}" if c else "" for c in (options.quote, options.escape))
    escaped = shown
    if escape:
        replacement = options.escape.replace("\\", "\\\\")
        escaped = f"regexp_replace({shown}, {text(f'([{quote}{escape}])')}, {text(replacement + chr(92) + '1')}, 'g')"
    return f"({text(options.quote)} || {escaped} || {text(options.quote)})"


def _plain(value: str, data_type: DataType, options: WriteFormat, environment: Environment) -> str:
    """The text of an atomic value before any quoting."""
    match data_type:
        case _ if is_string_like(data_type):
            return value
        case DateType() if options.date_format is not None:
            return _formatted(instant(f"CAST({value} AS TIMESTAMP)", environment), options.date_format, environment)
        case TimestampType() if options.timestamp_format is not None:
            return _formatted(value, options.timestamp_format, environment)
        case TimestampNTZType() if options.timestamp_ntz_format is not None:
            return _formatted(instant(value, environment), options.timestamp_ntz_format, environment)
        case TimestampType():
            return f"{_iso(local_time(value, environment))} || {_offset(value, environment)}"
        case TimestampNTZType():
            return _iso(value)
        case DecimalType():
            return decimal_text(value, data_type)
        case BinaryType():
            return f"('[' || rtrim(regexp_replace(hex({value}), '(..)', '\\1 ', 'g')) || ']')"
        case _:
            return to_text(value, data_type, environment)


def decimal_text(value: str, data_type: DecimalType) -> str:
    """Java's `BigDecimal.toString`: below a millionth with an exponent."""
    plain = to_text(value, data_type, Environment())
    if data_type.scale <= _PLAIN_SCALE_MAX:
        return plain
    digits = f"ltrim(split_part({plain}, '.', 2), '0')"
    exponent = f"CAST({data_type.scale} - greatest(length({digits}), 1) + 1 AS VARCHAR)"
    mantissa = f"{digits}[1] || CASE WHEN length({digits}) > 1 THEN '.' || {digits}[2:] ELSE '' END"
    sign = f"CASE WHEN {value} < 0 THEN '-' ELSE '' END"
    short = f"{sign} || CASE WHEN {value} = 0 THEN '0' ELSE {mantissa} END || 'E-' || {exponent}"
    return f"CASE WHEN abs({value}) < 0.000001 THEN {short} ELSE {plain} END"


def _iso(local: str) -> str:
    return f"strftime({local}, '%Y-%m-%dT%H:%M:%S.%g')"


def _offset(value: str, environment: Environment) -> str:
    """The zone's offset at an instant: `Z` or `+05:30`."""
    if environment.is_utc:
        return "'Z'"
    minutes = f"CAST((epoch_us({local_time(value, environment)}) - epoch_us({value})) // 60000000 AS INTEGER)"
    sign = f"CASE WHEN {minutes} < 0 THEN '-' ELSE '+' END"
    clock = f"printf('%02d:%02d', abs({minutes}) // 60, abs({minutes}) % 60)"
    return f"CASE WHEN {minutes} = 0 THEN 'Z' ELSE {sign} || {clock} END"


def _formatted(value: str, pattern: str, environment: Environment) -> str:
    """An instant with a Java pattern."""
    return format_sql(value, pattern, environment)


# ---------------------------------------------------------------------------------------------- JSON


def json_text(values: Sequence[str], struct: StructType, options: WriteFormat, environment: Environment) -> str:
    """An object with a member for each field; `values` are engine expressions of the fields."""
    members = []
    pairs = list(zip(values, struct.fields, strict=True))
    if options.sorts_keys:
        pairs.sort(key=lambda pair: pair[1].name.encode("utf-16-be"))
    for value, field in pairs:
        name = text(_json_name(field.name))
        member = f"{name} || {json_document(value, field.data_type, options, environment)}"
        if options.drops_null_fields:
            members.append(f"CASE WHEN {value} IS NOT NULL THEN {member} END")
        else:
            members.append(f"CASE WHEN {value} IS NULL THEN {name} || 'null' ELSE {member} END")
    return f"'{{' || concat_ws(',', {', '.join(members)}) || '}}'" if members else "'{}'"


def _json_name(name: str) -> str:
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}":'


def json_document(value: str, data_type: DataType, options: WriteFormat, environment: Environment) -> str:
    """JSON text of a value that is not NULL."""
    match data_type:
        case NullType():
            return "'null'"
        case FloatType() | DoubleType():
            shown = to_text(value, data_type, environment)
            return f"CASE WHEN isfinite({value}) THEN {shown} ELSE '\"' || {shown} || '\"' END"
        case DecimalType():
            return decimal_text(value, data_type)
        case BooleanType() | IntegralType():
            return f"CAST({value} AS VARCHAR)"
        case BinaryType():
            return f"'\"' || to_base64({value}) || '\"'"
        case StructType(fields=fields):
            inner = [f"struct_extract({value}, {text(f.name)})" for f in fields]
            return f"CASE WHEN {value} IS NOT NULL THEN {json_text(inner, data_type, options, environment)} END"
        case ArrayType(element_type=element):
            member = f"coalesce({json_document('x', element, options, environment)}, 'null')"
            return f"('[' || array_to_string(list_transform({value}, lambda x : {member}), ',') || ']')"
        case MapType(key_type=key, value_type=item):
            name = _key_text("x.key", key, environment)
            shown = f"coalesce({json_document('x.value', item, options, environment)}, 'null')"
            entry = f"CAST(to_json({name}) AS VARCHAR) || ':' || {shown}"
            return f"('{{' || array_to_string({_entries(value, name, entry, options)}, ',') || '}}')"
        case _:
            return f"CAST(to_json({_plain(value, data_type, options, environment)}) AS VARCHAR)"


def _entries(value: str, name: str, entry: str, options: WriteFormat) -> str:
    """A list of `entry` over the entries `x` of a map."""
    if not options.sorts_keys:
        return f"list_transform(map_entries({value}), lambda x : {entry})"
    named = f"list_transform(map_entries({value}), lambda x : struct_pack(k := {name}, e := {entry}))"
    return f"list_transform(list_sort({named}), lambda x : x.e)"


def _key_text(value: str, data_type: DataType, environment: Environment) -> str:
    """Keys of maps are written as Spark keeps them: datetimes and intervals as numbers, structs without names."""

    def member(of: str, member_type: DataType) -> str:
        return f"coalesce({_key_text(of, member_type, environment)}, 'null')"

    match data_type:
        case DateType():
            return f"CAST({value} - DATE '1970-01-01' AS VARCHAR)"
        case TimestampType() | TimestampNTZType():
            return f"CAST(epoch_us({value}) AS VARCHAR)"
        case DayTimeIntervalType() | YearMonthIntervalType():
            return f"CAST({value} AS VARCHAR)"
        case DecimalType():
            return decimal_text(value, data_type)
        case ArrayType(element_type=element):
            return f"'[' || array_to_string(list_transform({value}, lambda k : {member('k', element)}), ',') || ']'"
        case StructType(fields=fields):
            members = (member(f"struct_extract({value}, {text(f.name)})", f.data_type) for f in fields)
            return f"CASE WHEN {value} IS NOT NULL THEN '[' || concat_ws(',', {', '.join(members)}) || ']' END"
        case _:
            return to_text(value, data_type, environment)
