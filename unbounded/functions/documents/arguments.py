"""Arguments of the functions on documents: schemas and options, which must be constants."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from unbounded.connectors.files.format_options import Mode
from unbounded.connectors.files.options import FileOptions
from unbounded.connectors.formats import FileFormat
from unbounded.errors import SparkError, analysis_error
from unbounded.functions.documents.schemas import csv_schema_text, json_schema_text
from unbounded.functions.naming import pretty_name
from unbounded.functions.signature import implicit_cast, quoted_call, wrong_argument_count, wrong_argument_type
from unbounded.plan.expressions import Call, Cast, Expression, Literal
from unbounded.types.coercion import is_string_like
from unbounded.types.datatypes import STRING, ArrayType, DataType, MapType, NullType, StructField, StructType
from unbounded.types.ddl import parse_ddl_or_json


def check_count(name: str, arguments: Sequence[Expression], least: int) -> None:
    if not least <= len(arguments) <= least + 1:
        raise wrong_argument_count(name, len(arguments), f"[{least}, {least + 1}]")


def document(name: str, arguments: Sequence[Expression]) -> Expression:
    """The first argument as a string; other types are not turned into one."""
    given = arguments[0].data_type
    if not is_string_like(given) and not isinstance(given, NullType):
        raise wrong_argument_type(name, arguments, 0, '"STRING"')
    return implicit_cast(arguments[0], STRING)


# ------------------------------------------------------------------------------------------------ constants


def constant_text(expression: Expression) -> str | None:
    """The string of a constant expression, also `schema_of_json('…')` and `concat('a', 'b')`; None if it is none."""
    match expression:
        case Literal(value=str(value)):
            return value
        case Cast(child=child):
            return constant_text(child)
        case Call(function="concat" | "||", arguments=arguments):
            parts = [constant_text(a) for a in arguments]
            return None if None in parts else "".join(p for p in parts if p is not None)
        case Call(function="schema_of_json", arguments=(example, *rest)):
            return json_schema_text(constant_text(example) or "", options_of(rest[0] if rest else None))
        case Call(function="schema_of_csv", arguments=(example, *rest)):
            return csv_schema_text(constant_text(example) or "", options_of(rest[0] if rest else None))
        case _:
            return None


def schema_argument(expression: Expression) -> DataType:
    """A schema written as DDL or JSON text; every part of it can be NULL.

    Raises: SparkError INVALID_SCHEMA.NON_STRING_LITERAL, PARSE_SYNTAX_ERROR
    """
    written = constant_text(expression)
    if written is None:
        raise analysis_error("INVALID_SCHEMA.NON_STRING_LITERAL", inputSchema=f'"{pretty_name(expression)}"')
    return as_nullable(parse_ddl_or_json(written))


def as_nullable(data_type: DataType) -> DataType:
    match data_type:
        case StructType(fields=fields):
            return StructType(tuple(StructField(f.name, as_nullable(f.data_type), True, f.metadata) for f in fields))
        case ArrayType(element_type=element):
            return ArrayType(as_nullable(element), True)
        case MapType(key_type=key, value_type=value):
            return MapType(as_nullable(key), as_nullable(value), True)
        case _:
            return data_type


def options_of(expression: Expression | None) -> tuple[tuple[str, str], ...]:
    """The pairs of `map('key', 'value', …)`.

    Raises: SparkError INVALID_OPTIONS.NON_MAP_FUNCTION, .NON_STRING_TYPE
    """
    match expression:
        case None:
            return ()
        case Literal(value=value, data_type=MapType()) if value is not None:
            return tuple((str(k), str(v)) for k, v in value)
        case Call(function="map", arguments=arguments, data_type=MapType() as map_type):
            texts = [constant_text(a) for a in arguments]
            if not (is_string_like(map_type.key_type) and is_string_like(map_type.value_type)) and arguments:
                raise analysis_error("INVALID_OPTIONS.NON_STRING_TYPE", mapType=f'"{map_type.sql_name}"')
            return tuple((k or "", v or "") for k, v in zip(texts[::2], texts[1::2], strict=True))
        case _:
            raise analysis_error("INVALID_OPTIONS.NON_MAP_FUNCTION")


def file_options(arguments: Sequence[Expression], position: int, file_format: FileFormat) -> FileOptions:
    expression = arguments[position] if len(arguments) > position else None
    return FileOptions(options_of(expression), file_format)


def check_mode(name: str, mode: Mode) -> None:
    if mode is Mode.DROP_MALFORMED:
        raise analysis_error("PARSE_MODE_UNSUPPORTED", funcName=f"`{name}`", mode=mode.value).without_place()


def check_corrupt_column(schema: StructType, column: str) -> None:
    for field in schema.fields:
        if field.name == column and field.data_type != STRING:
            raise analysis_error(
                "INVALID_CORRUPT_RECORD_TYPE", columnName=f"`{column}`", actualType=f'"{field.data_type.sql_name}"'
            )


def example_argument(name: str, arguments: Sequence[Expression], what: str) -> str:
    """The constant text whose schema is asked for.

    Raises: SparkError DATATYPE_MISMATCH.UNEXPECTED_NULL, .NON_FOLDABLE_INPUT
    """
    argument = arguments[0]
    if not is_string_like(argument.data_type) and not isinstance(argument.data_type, NullType):
        raise wrong_argument_type(name, arguments, 0, '"STRING"')
    found: Any = constant_text(argument)
    if found is not None:
        return str(found)
    if isinstance(argument, Literal) or isinstance(argument.data_type, NullType):
        raise analysis_error(
            "DATATYPE_MISMATCH.UNEXPECTED_NULL", sqlExpr=quoted_call(name, arguments[:1]), exprName=what
        )
    raise _not_constant(name, arguments, what)


def _not_constant(name: str, arguments: Sequence[Expression], what: str) -> SparkError:
    return analysis_error(
        "DATATYPE_MISMATCH.NON_FOLDABLE_INPUT",
        sqlExpr=quoted_call(name, arguments[:1]),
        inputName=f"`{what}`",
        inputType='"STRING"',
        inputExpr=f'"{pretty_name(arguments[0])}"',
    )
