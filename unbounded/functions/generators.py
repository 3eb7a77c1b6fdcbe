"""Generators: functions that make several rows of one. Their engine rule is a list of structs `f0`, `f1`, …"""

from __future__ import annotations

from unbounded.functions.registry import Function, FunctionKind, Invocation, Nullability
from unbounded.functions.signature import ARRAY, ARRAY_OR_MAP, Parameter, Signature
from unbounded.plan.expressions import Expression
from unbounded.types.datatypes import INTEGER, NULL, ArrayType, MapType, StructField, StructType

Columns = tuple[StructField, ...]


def _generator(parameters: list[Parameter], columns: object, engine: object) -> Function:
    return Function(
        Signature(tuple(parameters), NULL),
        engine,  # type: ignore[arg-type]
        FunctionKind.GENERATOR,
        Nullability.ALWAYS,
        generates=columns,  # type: ignore[arg-type]
    )


def _member_columns(arguments: tuple[Expression, ...]) -> Columns:
    match arguments[0].data_type:
        case MapType(key_type=key, value_type=value, value_contains_null=nullable):
            return (StructField("key", key, False), StructField("value", value, nullable))
        case ArrayType(element_type=element, contains_null=nullable):
            return (StructField("col", element, nullable),)
        case other:
            raise TypeError(f"explode of {other.simple_string}")


def _positioned_columns(arguments: tuple[Expression, ...]) -> Columns:
    return (StructField("pos", INTEGER, False), *_member_columns(arguments))


def _inline_columns(arguments: tuple[Expression, ...]) -> Columns:
    data_type = arguments[0].data_type
    element = data_type.element_type if isinstance(data_type, ArrayType) else NULL
    return element.fields if isinstance(element, StructType) else ()


def _explode(invocation: Invocation) -> str:
    (value,) = invocation.sql
    if isinstance(invocation.type_of(0), MapType):
        return f"list_transform(map_entries({value}), lambda x : struct_pack(f0 := x.key, f1 := x.value))"
    return f"list_transform({value}, lambda x : struct_pack(f0 := x))"


def _posexplode(invocation: Invocation) -> str:
    (value,) = invocation.sql
    if isinstance(invocation.type_of(0), MapType):
        entries = f"map_entries({value})"
        fields = "f0 := CAST(i - 1 AS INTEGER), f1 := x.key, f2 := x.value"
    else:
        entries, fields = value, "f0 := CAST(i - 1 AS INTEGER), f1 := x"
    return f"list_transform({entries}, lambda x, i : struct_pack({fields}))"


def _inline(invocation: Invocation) -> str:
    (value,) = invocation.sql
    names = [f.name.replace("'", "''") for f in _inline_columns(invocation.arguments)]
    fields = ", ".join(f"f{i} := struct_extract(x, '{name}')" for i, name in enumerate(names))
    return f"list_transform({value}, lambda x : struct_pack({fields}))"


_EXPLODE = _generator([ARRAY_OR_MAP], _member_columns, _explode)
_POSEXPLODE = _generator([ARRAY_OR_MAP], _positioned_columns, _posexplode)
_INLINE = _generator([ARRAY], _inline_columns, _inline)

FUNCTIONS: dict[str, Function] = {
    "explode": _EXPLODE,
    "explode_outer": _EXPLODE,
    "posexplode": _POSEXPLODE,
    "posexplode_outer": _POSEXPLODE,
    "inline": _INLINE,
    "inline_outer": _INLINE,
}
