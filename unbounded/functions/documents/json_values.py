"""JSON values as typed values, by the rules of Spark's parser: NULL where a value is not of its type.

The engine takes a document apart once (`json_transform`) into text for strings and raw JSON for other leaves, so that
a number in quotes can be told from a number. An array or a map with a member that cannot be read is NULL as a whole;
a struct keeps its other fields.
"""

from __future__ import annotations

import json

from unbounded.connectors.files.format_options import DateFormats
from unbounded.functions.documents.values import datetime_value
from unbounded.functions.engine import bind, engine_type, quote, text
from unbounded.functions.environment import Environment
from unbounded.functions.text_forms import from_text
from unbounded.functions.zones import instant
from unbounded.types.coercion import is_string_like
from unbounded.types.datatypes import (
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

_PLAIN_TIMESTAMP = r'"\d{4}-\d\d-\d\d[T ](?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d"'
"""The usual form, read before all others are tried."""


def json_shape(data_type: DataType) -> str:
    """The structure `json_transform` extracts for a type, as an engine constant."""
    return text(json.dumps(_shape(data_type), ensure_ascii=False))


def _shape(data_type: DataType) -> object:
    match data_type:
        case StructType(fields=fields) if fields:
            return {f.name: _shape(f.data_type) for f in fields}
        case StructType():
            return {"_": "JSON"}
        case ArrayType(element_type=element):
            return [_shape(element)]
        case MapType():
            return json_structure(data_type)
        case _:
            return json_structure(data_type)


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
    match data_type:
        case _ if is_string_like(data_type):
            return value
        case StructType(fields=fields) if fields:
            members = ", ".join(
                f"{quote(f.name)} := "
                + json_value(f"struct_extract({value}, {text(f.name)})", f.data_type, formats, environment)
                for f in fields
            )
            return f"CASE WHEN {value} IS NOT NULL THEN struct_pack({members}) END"
        case ArrayType(element_type=element):
            return _members(value, element, formats, environment)
        case MapType(value_type=item):
            values = _members(f"map_values({value})", item, formats, environment)
            made = bind(values, "vs", lambda vs: f"CASE WHEN {vs} IS NOT NULL THEN map(map_keys({value}), {vs}) END")
            return f"CASE WHEN {value} IS NOT NULL THEN {made} END"
        case _:
            return _leaf(f"CAST({value} AS VARCHAR)", data_type, formats, environment)


def _members(values: str, element: DataType, formats: DateFormats, environment: Environment) -> str:
    """A list with every member read; NULL if one of them is there and cannot be read."""
    if is_string_like(element):
        return values
    read = f"list_transform({values}, lambda x : {json_value('x', element, formats, environment)})"
    typed = f"CAST({read} AS {engine_type(ArrayType(element))})"
    if isinstance(element, StructType):
        return typed
    given = f"len(list_filter({values}, lambda x : x IS NOT NULL))"
    return bind(
        typed, "ms", lambda ms: f"CASE WHEN len(list_filter({ms}, lambda x : x IS NOT NULL)) = {given} THEN {ms} END"
    )


def _leaf(token: str, data_type: DataType, formats: DateFormats, environment: Environment) -> str:
    """`token` is JSON text: `1.5`, `"x"` with its quotes, `true`, …"""
    engine = engine_type(data_type)
    inside = f"{token}[2:-2]"
    is_text = f"starts_with({token}, '\"')"
    match data_type:
        case BooleanType():
            return f"CASE {token} WHEN 'true' THEN true WHEN 'false' THEN false END"
        case IntegralType():
            return _whole_number(token, engine)
        case FloatType() | DoubleType():
            return f"CASE WHEN {is_text} THEN {_special_number(inside, engine)} ELSE TRY_CAST({token} AS {engine}) END"
        case DecimalType():
            return f"TRY_CAST(trim({token}, '\"') AS {engine})"
        case TimestampType():
            read = datetime_value(inside, data_type, formats, environment)
            if formats.timestamp is None:
                plain = instant(f"TRY_CAST(substring({token}, 2, 19) AS TIMESTAMP)", environment)
                is_text = f"regexp_full_match({token}, '{_PLAIN_TIMESTAMP}') THEN {plain} WHEN {is_text}"
            return (
                f"CASE WHEN {is_text} THEN {read} ELSE make_timestamp({_whole_number(token, 'BIGINT')} * 1000000) END"
            )
        case DateType() | TimestampNTZType():
            return f"CASE WHEN {is_text} THEN {datetime_value(inside, data_type, formats, environment)} END"
        case BinaryType():
            return f"CASE WHEN {is_text} THEN TRY(from_base64({inside})) END"
        case _:
            return f"CASE WHEN {is_text} THEN {from_text(inside, data_type, environment)} END"


def _whole_number(token: str, engine: str) -> str:
    return f"CASE WHEN NOT contains({token}, '.') THEN TRY_CAST({token} AS {engine}) END"


def _special_number(word: str, engine: str) -> str:
    words = {"NaN": "nan", "+INF": "inf", "+Infinity": "inf", "Infinity": "inf", "-INF": "-inf", "-Infinity": "-inf"}
    cases = " ".join(f"WHEN {text(name)} THEN CAST('{number}' AS {engine})" for name, number in words.items())
    return f"CASE {word} {cases} END"


# ---------------------------------------------------------------------------------------------- what cannot be read


def is_unreadable(part: str, data_type: DataType, formats: DateFormats, environment: Environment) -> str:
    """Whether a part of a document (raw JSON, NULL if it is missing or null) is not wholly of its type."""

    def bad(value: str, member_type: DataType) -> str:
        return is_unreadable(value, member_type, formats, environment)

    kind = f"json_type({part})"
    match data_type:
        case _ if is_string_like(data_type):
            return "false"
        case StructType(fields=fields):
            taken = f"json_transform({part}, {text(json.dumps({f.name: 'JSON' for f in fields} or {'_': 'JSON'}))})"
            inner = " OR ".join(bad(f"struct_extract(o, {text(f.name)})", f.data_type) for f in fields) or "false"
            found = f"list_transform([{taken}], lambda o : coalesce({inner}, false))[1]"
            return f"({part} IS NOT NULL AND ({kind} <> 'OBJECT' OR {found}))"
        case ArrayType(element_type=element):
            taken = f"json_transform({part}, '[\"JSON\"]')"
            found = f"len(list_filter({taken}, lambda m : {bad('m', element)})) > 0"
            return f"({part} IS NOT NULL AND ({kind} <> 'ARRAY' OR {found}))"
        case MapType(value_type=item):
            taken = f"map_values(json_transform({part}, '\"MAP(VARCHAR, JSON)\"'))"
            found = f"len(list_filter({taken}, lambda m : {bad('m', item)})) > 0"
            return f"({part} IS NOT NULL AND ({kind} <> 'OBJECT' OR {found}))"
        case _:
            read = _leaf(f"CAST({part} AS VARCHAR)", data_type, formats, environment)
            return f"({part} IS NOT NULL AND {read} IS NULL)"
