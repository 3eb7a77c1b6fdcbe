"""from_json, to_json and schema_of_json."""

from __future__ import annotations

from collections.abc import Sequence

from unbounded.connectors.files.format_options import JsonOptions, Mode, json_options
from unbounded.connectors.files.write_options import write_format
from unbounded.connectors.formats import FileFormat
from unbounded.errors import ErrorKind, SparkError, analysis_error
from unbounded.functions.documents.arguments import (
    check_corrupt_column,
    check_count,
    check_mode,
    document,
    example_argument,
    file_options,
    options_of,
    schema_argument,
)
from unbounded.functions.documents.json_readings import readings, valid_text
from unbounded.functions.documents.json_values import is_unreadable, json_shape, json_value
from unbounded.functions.documents.schemas import json_schema_text
from unbounded.functions.documents.texts import json_document
from unbounded.functions.engine import bind, engine_type, quote, raise_error, text
from unbounded.functions.environment import Environment
from unbounded.functions.registry import Function, Invocation, Nullability
from unbounded.functions.signature import quoted_call
from unbounded.functions.text_forms import to_text
from unbounded.plan.expressions import Call, Expression
from unbounded.types.coercion import is_string_like
from unbounded.types.datatypes import STRING, ArrayType, DataType, MapType, StructField, StructType

Typed = tuple[tuple[Expression, ...], DataType]

_BLANKS = "e' \\t\\n\\r'"


# ------------------------------------------------------------------------------------------------ typing


def _type_from_json(name: str, arguments: Sequence[Expression], environment: Environment) -> Typed:
    """text, schema, [options]"""
    check_count(name, arguments, 2)
    schema = schema_argument(arguments[1])
    source = document(name, arguments)
    _check_schema(name, arguments, schema)
    options = _options(arguments, 2, environment)
    check_mode(name, options.mode)
    if isinstance(schema, StructType):
        check_corrupt_column(schema, options.corrupt_column)
    parts = Call("json_parts", (source, *arguments[1:]), _wanted(schema, options))
    return (source, parts, *arguments[1:]), schema


def _type_parts(name: str, arguments: Sequence[Expression], environment: Environment) -> Typed:
    """Made by from_json only."""
    raise analysis_error("UNRESOLVED_ROUTINE", routineName=f"`{name}`", searchPath="[`system`.`builtin`]")


def _wanted(schema: DataType, options: JsonOptions) -> DataType:
    """What is taken out of a document: all but the column of corrupt records."""
    if not isinstance(schema, StructType):
        return schema
    return StructType(tuple(f for f in schema.fields if f.name != options.corrupt_column))


def _check_schema(name: str, arguments: Sequence[Expression], schema: DataType) -> None:
    if not isinstance(schema, StructType | ArrayType | MapType):
        raise _wrong_schema(name, arguments, schema)
    if _has_other_keys(schema):
        raise analysis_error(
            "DATATYPE_MISMATCH.INVALID_JSON_MAP_KEY_TYPE",
            sqlExpr=quoted_call(name, arguments[:1]),
            schema=f'"{schema.sql_name}"',
        )


def _wrong_schema(name: str, arguments: Sequence[Expression], schema: DataType) -> SparkError:
    return analysis_error(
        "DATATYPE_MISMATCH.INVALID_JSON_SCHEMA",
        sqlExpr=quoted_call(name, arguments[:1]),
        schema=f'"{schema.sql_name}"',
    )


def _has_other_keys(schema: DataType) -> bool:
    match schema:
        case MapType(key_type=key, value_type=value):
            return not is_string_like(key) or _has_other_keys(value)
        case ArrayType(element_type=element):
            return _has_other_keys(element)
        case StructType(fields=fields):
            return any(_has_other_keys(f.data_type) for f in fields)
        case _:
            return False


def _type_to_json(name: str, arguments: Sequence[Expression], environment: Environment) -> Typed:
    check_count(name, arguments, 1)
    file_options(arguments, 1, FileFormat.JSON)
    if not isinstance(arguments[0].data_type, StructType | ArrayType | MapType):
        raise _wrong_schema(name, arguments, arguments[0].data_type)
    return tuple(arguments), STRING


def _type_schema(name: str, arguments: Sequence[Expression], environment: Environment) -> Typed:
    check_count(name, arguments, 1)
    example_argument(name, arguments, "json")
    options_of(arguments[1] if len(arguments) > 1 else None)
    return tuple(arguments), STRING


# ------------------------------------------------------------------------------------------------ from_json


def _lower_parts(invocation: Invocation) -> str:
    """The document taken apart. The engine must not repeat this in filters it moves down: hence the random number."""
    options = _options(invocation.arguments, 2, invocation.environment)
    return f"CASE WHEN random() >= 0 THEN {_taken(invocation.sql[0], invocation.data_type, options)} END"


def _lower_from_json(invocation: Invocation) -> str:
    """Blank text is NULL; what cannot be read is NULL in its place, or an error in FAILFAST mode."""
    environment = invocation.environment
    options = _options(invocation.arguments, 3, environment)
    source, parts = invocation.sql[:2]
    schema = invocation.data_type
    wanted = _wanted(schema, options)
    if isinstance(schema, StructType):
        value = _struct(parts, source, schema, wanted, options, environment)
    else:
        value = json_value(parts, schema, options.formats, environment)
    if options.mode is Mode.FAIL_FAST:
        failure = _malformed(value, schema, environment)
        value = f"CASE WHEN {_is_bad(source, wanted, options, environment)} THEN {failure} ELSE {value} END"
    is_blank = f"CASE WHEN {parts} IS NULL THEN coalesce(trim({source}, {_BLANKS}) = '', true) ELSE false END"
    return f"CASE WHEN {is_blank} THEN NULL ELSE {value} END"


def _options(arguments: Sequence[Expression], position: int, environment: Environment) -> JsonOptions:
    return json_options(file_options(arguments, position, FileFormat.JSON), environment.corrupt_record_column)


def _taken(source: str, schema: DataType, options: JsonOptions) -> str:
    """The document in the shape of the schema; an object stands for an array of one."""

    def shaped(reading: str) -> str:
        if isinstance(schema, ArrayType) and isinstance(schema.element_type, StructType):
            is_object = f"starts_with(ltrim({reading}, {_BLANKS}), '{{')"
            reading = f"CASE WHEN {is_object} THEN '[' || {reading} || ']' ELSE {reading} END"
        return f"TRY(json_transform({reading}, {json_shape(schema)}))"

    return f"coalesce({', '.join(shaped(reading) for reading in readings(source, options))})"


def _struct(
    found: str, source: str, schema: StructType, wanted: DataType, options: JsonOptions, environment: Environment
) -> str:
    """Never NULL; the column of corrupt records has the text of a document that cannot be read as a whole."""
    if not schema.fields:
        return f"CAST(NULL AS {engine_type(schema)})"
    members = []
    for field in schema.fields:
        if field.name == options.corrupt_column:
            value = f"CASE WHEN {_is_bad(source, wanted, options, environment)} THEN {source} END"
        else:
            part = f"struct_extract({found}, {text(field.name)})"
            value = json_value(part, field.data_type, options.formats, environment)
        members.append(f"{quote(field.name)} := {value}")
    return f"struct_pack({', '.join(members)})"


def _is_bad(source: str, schema: DataType, options: JsonOptions, environment: Environment) -> str:
    def bad(part: str) -> str:
        return f"({part} IS NULL OR {is_unreadable(part, schema, options.formats, environment)})"

    valid = valid_text(source, options)
    if isinstance(schema, ArrayType) and isinstance(schema.element_type, StructType):
        valid = f"CASE WHEN json_type({valid}) = 'OBJECT' THEN '[' || {valid} || ']' ELSE {valid} END"
    return bind(f"CAST({valid} AS JSON)", "d", bad)


def _malformed(value: str, schema: DataType, environment: Environment) -> str:
    """The row as far as it could be read is part of the message."""
    shown = "'[null]'"
    if isinstance(schema, StructType) and schema.fields:
        cells = (_shown_cell(f"struct_extract({value}, {text(f.name)})", f, environment) for f in schema.fields)
        shown = f"'[' || concat_ws(',', {', '.join(cells)}) || ']'"
    return raise_error(
        ErrorKind.SPARK,
        "MALFORMED_RECORD_IN_PARSING.WITHOUT_SUGGESTION",
        {"failFastMode": Mode.FAIL_FAST.value},
        {"badRecord": shown},
    )


def _shown_cell(value: str, field: StructField, environment: Environment) -> str:
    return f"coalesce({to_text(value, field.data_type, environment)}, 'null')"


# ------------------------------------------------------------------------------------------------ to_json, schemas


def _lower_to_json(invocation: Invocation) -> str:
    options = write_format(file_options(invocation.arguments, 1, FileFormat.JSON), FileFormat.JSON, "none")
    value, data_type = invocation.sql[0], invocation.type_of(0)
    if isinstance(data_type, StructType) and not data_type.fields:
        return "'{}'"
    return f"CASE WHEN {value} IS NOT NULL THEN {json_document(value, data_type, options, invocation.environment)} END"


def _lower_schema(invocation: Invocation) -> str:
    example = example_argument(invocation.name, invocation.arguments, "json")
    pairs = options_of(invocation.arguments[1] if len(invocation.arguments) > 1 else None)
    try:
        return text(json_schema_text(example, pairs))
    except SparkError as error:
        return raise_error(error.kind, error.condition, error.parameters)


FUNCTIONS: dict[str, Function] = {
    "json_parts": Function(_type_parts, _lower_parts, nullability=Nullability.ALWAYS, is_costly=True),
    "from_json": Function(_type_from_json, _lower_from_json, nullability=Nullability.ALWAYS),
    "to_json": Function(_type_to_json, _lower_to_json),
    "schema_of_json": Function(_type_schema, _lower_schema, nullability=Nullability.NEVER),
}
