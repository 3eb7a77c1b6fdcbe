"""Building and reading structs, arrays and maps by position or key."""

from __future__ import annotations

from collections.abc import Sequence

from unbounded.errors import ErrorKind, analysis_error
from unbounded.functions.engine import engine_type, quote, raise_error
from unbounded.functions.environment import Environment
from unbounded.functions.naming import pretty_name
from unbounded.functions.registry import Function, Invocation, Nullability
from unbounded.functions.signature import (
    different_types,
    implicit_cast,
    wrong_argument_count,
    wrong_argument_type,
)
from unbounded.functions.text_forms import to_shown_text
from unbounded.plan.expressions import Alias, Attribute, Expression, GetField, LambdaVariable, Literal
from unbounded.types.coercion import common_type_of
from unbounded.types.datatypes import (
    STRING,
    ArrayType,
    DataType,
    MapType,
    StructField,
    StructType,
)

Typed = tuple[tuple[Expression, ...], DataType]


def _type_named_struct(name: str, arguments: Sequence[Expression], environment: Environment) -> Typed:
    """name, value, name, value, …"""
    if len(arguments) % 2:
        raise wrong_argument_count(name, len(arguments), "2n (n > 0)")
    fields = []
    for key, value in zip(arguments[::2], arguments[1::2], strict=True):
        if not isinstance(key, Literal) or not isinstance(key.value, str):
            raise analysis_error(
                "DATATYPE_MISMATCH.CREATE_NAMED_STRUCT_WITHOUT_FOLDABLE_STRING",
                sqlExpr=f'"{name}({", ".join(map(pretty_name, arguments))})"',
                inputExprs=f'["{pretty_name(key)}"]',
            )
        fields.append(StructField(key.value, value.data_type, value.nullable))
    return tuple(arguments), StructType(tuple(fields))


def _type_struct(name: str, arguments: Sequence[Expression], environment: Environment) -> Typed:
    """Fields are named after the columns; other expressions are `col1`, `col2`, …"""
    fields = tuple(StructField(_field_name(a, i), a.data_type, a.nullable) for i, a in enumerate(arguments, 1))
    return tuple(arguments), StructType(fields)


def _field_name(argument: Expression, position: int) -> str:
    match argument:
        case Attribute(name=name) | LambdaVariable(name=name) | Alias(name=name):
            return name
        case GetField():
            return argument.field.name
        case _:
            return f"col{position}"


def _lower_struct(invocation: Invocation) -> str:
    assert isinstance(invocation.data_type, StructType)
    is_named = invocation.name == "named_struct"
    values = invocation.sql[1::2] if is_named else invocation.sql
    members = (f"{quote(f.name)} := {v}" for f, v in zip(invocation.data_type.fields, values, strict=True))
    return f"struct_pack({', '.join(members)})"


def _type_array(name: str, arguments: Sequence[Expression], environment: Environment) -> Typed:
    element = common_type_of(a.data_type for a in arguments)
    if element is None:
        raise different_types(name, arguments, [a.data_type for a in arguments])
    coerced = tuple(implicit_cast(a, element) for a in arguments)
    return coerced, ArrayType(element, any(a.nullable for a in coerced))


def _lower_array(invocation: Invocation) -> str:
    return f"CAST([{', '.join(invocation.sql)}] AS {engine_type(invocation.data_type)})"


def _type_updated(name: str, arguments: Sequence[Expression], environment: Environment) -> Typed:
    """Made by the analyser: the changed struct, and what is shown between the parentheses."""
    raise analysis_error("UNRESOLVED_ROUTINE", routineName=f"`{name}`", searchPath="[`system`.`builtin`]")


def _type_get_item(name: str, arguments: Sequence[Expression], environment: Environment) -> Typed:
    container = arguments[0].data_type
    if isinstance(container, ArrayType):
        return tuple(arguments), container.element_type
    if isinstance(container, MapType):
        return tuple(arguments), container.value_type
    raise wrong_argument_type(name, arguments, 0, '("ARRAY" or "MAP")')


def _lower_get_item(invocation: Invocation) -> str:
    """`array[i]` counts from 0 and raises outside, or is NULL without ANSI; `map[key]` is NULL for a missing key."""
    container, key = invocation.sql
    if isinstance(invocation.type_of(0), MapType):
        return f"map_extract_value({container}, {key})"
    failure = raise_error(
        ErrorKind.ARRAY_INDEX,
        "INVALID_ARRAY_INDEX",
        {},
        {"indexValue": f"CAST({key} AS VARCHAR)", "arraySize": f"CAST(len({container}) AS VARCHAR)"},
    )
    if not invocation.environment.is_ansi:
        failure = "NULL"
    is_outside = f"{key} < 0 OR {key} >= len({container})"
    return f"CASE WHEN {is_outside} THEN {failure} ELSE {container}[CAST({key} AS BIGINT) + 1] END"


def _type_show_text(name: str, arguments: Sequence[Expression], environment: Environment) -> Typed:
    return tuple(arguments), STRING


def _lower_show_text(invocation: Invocation) -> str:
    """A cell of show(): line breaks are escaped."""
    (value,) = invocation.sql
    shown = to_shown_text(value, invocation.type_of(0), invocation.environment)
    for character, escape in (("\n", "\\n"), ("\r", "\\r"), ("\t", "\\t")):
        shown = f"replace({shown}, chr({ord(character)}), '{escape}')"
    return f"coalesce({shown}, 'NULL')"


FUNCTIONS: dict[str, Function] = {
    "struct": Function(_type_struct, _lower_struct, nullability=Nullability.NEVER),
    "named_struct": Function(_type_named_struct, _lower_struct, nullability=Nullability.NEVER),
    "array": Function(_type_array, _lower_array, nullability=Nullability.NEVER),
    "update_fields": Function(_type_updated, "{0}"),
    "get_item": Function(_type_get_item, _lower_get_item, nullability=Nullability.ALWAYS),
    "show_text": Function(_type_show_text, _lower_show_text, nullability=Nullability.NEVER),
}
