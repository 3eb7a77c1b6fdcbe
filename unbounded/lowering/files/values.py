"""Text of one cell as a typed value, by the rules of Spark's CSV and JSON parsers: NULL where it cannot be read."""

from __future__ import annotations

from dataclasses import replace

from unbounded.connectors.files.format_options import CsvOptions, DateFormats
from unbounded.errors import not_supported
from unbounded.functions.catalog import REGISTRY
from unbounded.functions.engine import engine_type, quote, text
from unbounded.functions.environment import Environment
from unbounded.functions.registry import Invocation
from unbounded.functions.text_forms import from_text
from unbounded.functions.zones import local_time
from unbounded.plan.expressions import Literal
from unbounded.types.coercion import is_string_like
from unbounded.types.datatypes import (
    STRING,
    TIMESTAMP,
    ArrayType,
    BinaryType,
    BooleanType,
    DataType,
    DateType,
    DecimalType,
    DoubleType,
    FloatType,
    IntegralType,
    MapType,
    StructType,
    TimestampNTZType,
    TimestampType,
)

_NUMBER = "'[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?'"


def csv_value(value: str, data_type: DataType, options: CsvOptions, environment: Environment) -> str:
    """`value` is a VARCHAR engine expression, NULL for NULL."""
    engine = engine_type(data_type)
    match data_type:
        case _ if is_string_like(data_type):
            return value
        case BooleanType():
            return f"CASE lower({value}) WHEN 'true' THEN true WHEN 'false' THEN false END"
        case IntegralType():
            return f"CASE WHEN regexp_full_match({value}, '[+-]?[0-9]+') THEN TRY_CAST({value} AS {engine}) END"
        case FloatType() | DoubleType():
            return _csv_floating(value, engine, options)
        case DecimalType():
            plain = f"replace({value}, ',', '')"
            return f"CASE WHEN regexp_full_match({plain}, {_NUMBER}) THEN TRY_CAST({plain} AS {engine}) END"
        case DateType() | TimestampType() | TimestampNTZType():
            return datetime_value(value, data_type, options.formats, environment)
        case BinaryType():
            return f"encode({value})"
        case _:
            return from_text(value, data_type, environment)


def _csv_floating(value: str, engine: str, options: CsvOptions) -> str:
    """Java's `toDouble` trims, and reads a trailing d or f; the names of the special values are options."""
    special = {
        options.nan: "nan",
        options.positive_infinity: "inf",
        options.negative_infinity: "-inf",
        "NaN": "nan",
        "Infinity": "inf",
        "+Infinity": "inf",
        "-Infinity": "-inf",
    }
    words = " ".join(f"WHEN {text(name)} THEN CAST('{number}' AS {engine})" for name, number in special.items())
    number = f"TRY_CAST({value} AS {engine})"
    suffixed = f"TRY_CAST(regexp_replace(trim({value}), '[dDfF]$', '') AS {engine})"
    return (
        f"CASE WHEN regexp_full_match({value}, {_NUMBER}) THEN {number} ELSE CASE {value} {words} "
        f"ELSE CASE WHEN regexp_full_match(trim({value}), {_NUMBER[:-1]}[dDfF]?') THEN {suffixed} END END END"
    )


def datetime_value(value: str, data_type: DataType, formats: DateFormats, environment: Environment) -> str:
    """Dates and timestamps in the pattern given, or in the forms CAST reads."""
    match data_type:
        case DateType() if formats.date is not None:
            return f"CAST({local_time(_parsed(value, formats.date, environment), environment)} AS DATE)"
        case TimestampType() if formats.timestamp is not None:
            return _parsed(value, formats.timestamp, environment)
        case TimestampNTZType() if formats.timestamp_ntz is not None:
            return local_time(_parsed(value, formats.timestamp_ntz, environment), environment)
        case _:
            return from_text(value, data_type, environment)


def _parsed(value: str, pattern: str, environment: Environment) -> str:
    """An instant read with a Java pattern: the function `try_to_timestamp`."""
    row = REGISTRY.find("try_to_timestamp")
    if row is None:
        raise not_supported(f"The pattern {pattern}", "Leave the format out and parse the column with to_timestamp.")
    arguments = (Literal(None, STRING), Literal(pattern, STRING))
    invocation = Invocation(arguments, (value, text(pattern)), TIMESTAMP, environment, "try_to_timestamp")
    return row.lower(replace(invocation, environment=environment))


# ---------------------------------------------------------------------------------------------- JSON


def json_structure(data_type: DataType) -> str:
    """The engine type a value is extracted as: text for strings, JSON for whatever is converted afterwards."""
    match data_type:
        case StructType(fields=fields) if fields:
            members = ", ".join(f"{quote(f.name)} {json_structure(f.data_type)}" for f in fields)
            return f"STRUCT({members})"
        case ArrayType(element_type=element):
            return f"{json_structure(element)}[]"
        case MapType(value_type=value):
            return f"MAP(VARCHAR, {json_structure(value)})"
        case _:
            return "VARCHAR" if is_string_like(data_type) else "JSON"


def json_value(value: str, data_type: DataType, formats: DateFormats, environment: Environment) -> str:
    """`value` has the type `json_structure(data_type)`."""
    if is_string_like(data_type):
        return value
    match data_type:
        case StructType(fields=fields) if fields:
            members = ", ".join(
                f"{quote(f.name)} := "
                + json_value(f"struct_extract({value}, {text(f.name)})", f.data_type, formats, environment)
                for f in fields
            )
            return f"CASE WHEN {value} IS NOT NULL THEN struct_pack({members}) END"
        case ArrayType(element_type=element):
            member = json_value("x", element, formats, environment)
            return f"CAST(list_transform({value}, lambda x : {member}) AS {engine_type(data_type)})"
        case MapType(key_type=key, value_type=item):
            keys = json_value("x", key, formats, environment)
            items = json_value("x", item, formats, environment)
            made = f"map(list_transform(map_keys({value}), lambda x : {keys}), list_transform(map_values({value}), lambda x : {items}))"
            return f"CASE WHEN {value} IS NOT NULL THEN {made} END"
        case _:
            return _json_leaf(f"CAST({value} AS VARCHAR)", data_type, formats, environment)


def _json_leaf(token: str, data_type: DataType, formats: DateFormats, environment: Environment) -> str:
    """`token` is JSON text: `1.5`, `"x"` with its quotes, `true`, …"""
    engine = engine_type(data_type)
    inside = f"{token}[2:-2]"
    is_text = f"starts_with({token}, '\"')"
    match data_type:
        case BooleanType():
            return f"CASE {token} WHEN 'true' THEN true WHEN 'false' THEN false END"
        case IntegralType():
            return f"CASE WHEN NOT contains({token}, '.') THEN TRY_CAST({token} AS {engine}) END"
        case FloatType() | DoubleType():
            words = f"regexp_full_match({token}, '\"([+-]?INF|[+-]?Infinity|NaN)\"')"
            return f"CASE WHEN {words} THEN TRY_CAST({inside} AS {engine}) ELSE TRY_CAST({token} AS {engine}) END"
        case DecimalType():
            return f"TRY_CAST(trim({token}, '\"') AS {engine})"
        case DateType() | TimestampType() | TimestampNTZType():
            read = datetime_value(inside, data_type, formats, environment)
            number = f"TRY_CAST({token} AS BIGINT)"
            counted = f"DATE '1970-01-01' + CAST({number} AS INTEGER)" if isinstance(data_type, DateType) else f"make_timestamp({number} * 1000000)"
            return f"CASE WHEN {is_text} THEN {read} ELSE {counted} END"
        case BinaryType():
            return f"CASE WHEN {is_text} THEN TRY(from_base64({inside})) END"
        case _:
            return from_text(f"trim({token}, '\"')", data_type, environment)
