"""Generators: functions that make several rows of one. Their engine rule is a list of structs `f0`, `f1`, …"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from unbounded.errors import analysis_error
from unbounded.functions.engine import bind, cast, text
from unbounded.functions.environment import Environment
from unbounded.functions.registry import EngineRule, Function, FunctionKind, Invocation, Nullability, TypingRule
from unbounded.functions.signature import (
    ARRAY_OR_MAP,
    Parameter,
    Signature,
    implicit_cast,
    quoted_call,
    wrong_argument_count,
    wrong_argument_type,
)
from unbounded.plan.expressions import Expression, Literal
from unbounded.types.coercion import common_type_of
from unbounded.types.datatypes import (
    INTEGER,
    NULL,
    STRING,
    ArrayType,
    DataType,
    IntegerType,
    MapType,
    NullType,
    StringType,
    StructField,
    StructType,
)

Columns = tuple[StructField, ...]
Typed = tuple[tuple[Expression, ...], DataType]

_ARRAY_OF_STRUCT = Parameter(
    '"ARRAY<STRUCT>"',
    lambda given: given if isinstance(given, ArrayType) and isinstance(given.element_type, StructType) else None,
)


# ------------------------------------------------------------------------------------------------ columns


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
    match arguments[0].data_type:
        case ArrayType(element_type=StructType(fields=fields), contains_null=contains_null):
            return tuple(StructField(f.name, f.data_type, f.nullable or contains_null) for f in fields)
        case _:
            return ()


def _stack_columns(arguments: tuple[Expression, ...]) -> Columns:
    """Values fill the rows from left to right; the last row may be short."""
    rows, values = _row_count(arguments), arguments[1:]
    width = -(-len(values) // rows)
    return tuple(
        StructField(f"col{i}", common_type_of(v.data_type for v in values[i::width]) or NULL) for i in range(width)
    )


def _tuple_columns(arguments: tuple[Expression, ...]) -> Columns:
    return tuple(StructField(f"c{i}", STRING) for i in range(len(arguments) - 1))


# ------------------------------------------------------------------------------------------------ typing


def _row_count(arguments: Sequence[Expression]) -> int:
    first = arguments[0]
    return first.value if isinstance(first, Literal) and isinstance(first.value, int) else 0


def _type_stack(name: str, arguments: Sequence[Expression], environment: Environment) -> Typed:
    """n, value, value, …: n rows. The values of a column must agree in type."""
    if len(arguments) < 2:
        raise wrong_argument_count(name, len(arguments), "> 1")
    if not isinstance(arguments[0].data_type, IntegerType) or not isinstance(arguments[0], Literal):
        raise wrong_argument_type(name, arguments, 0, '"INT"')
    rows = _row_count(arguments)
    if rows < 1:
        raise analysis_error(
            "DATATYPE_MISMATCH.VALUE_OUT_OF_RANGE",
            sqlExpr=quoted_call(name, arguments),
            exprName="`n`",
            valueRange="(0, 2147483647]",
            currentValue=str(rows),
        )
    values = arguments[1:]
    width = -(-len(values) // rows)
    types = [_stack_type(name, arguments, i, width) for i in range(width)]
    coerced = (implicit_cast(v, types[i % width]) for i, v in enumerate(values))
    return (arguments[0], *coerced), NULL


def _stack_type(name: str, arguments: Sequence[Expression], column: int, width: int) -> DataType:
    """Only NULL gives way; other types that differ are refused."""
    positions = range(1 + column, len(arguments), width)
    typed = [p for p in positions if not isinstance(arguments[p].data_type, NullType)]
    for position in typed[1:]:
        left, right = arguments[typed[0]].data_type, arguments[position].data_type
        if left.simple_string != right.simple_string:
            raise analysis_error(
                "DATATYPE_MISMATCH.STACK_COLUMN_DIFF_TYPES",
                sqlExpr=quoted_call(name, arguments),
                columnIndex=str(column),
                leftParamIndex=str(typed[0]),
                leftType=f'"{left.sql_name}"',
                rightParamIndex=str(position),
                rightType=f'"{right.sql_name}"',
            )
    return arguments[typed[0]].data_type if typed else NULL


def _type_json_tuple(name: str, arguments: Sequence[Expression], environment: Environment) -> Typed:
    if len(arguments) < 2:
        raise wrong_argument_count(name, len(arguments), "> 1")
    if any(not isinstance(a.data_type, StringType | NullType) for a in arguments):
        raise analysis_error(
            "DATATYPE_MISMATCH.NON_STRING_TYPE", sqlExpr=quoted_call(name, arguments), funcName=f"`{name}`"
        )
    return tuple(implicit_cast(a, STRING) for a in arguments), NULL


# ------------------------------------------------------------------------------------------------ engine rules


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
    """A NULL struct is a row of NULLs."""
    (value,) = invocation.sql
    names = (text(f.name) for f in _inline_columns(invocation.arguments))
    fields = ", ".join(f"f{i} := struct_extract(x, {name})" for i, name in enumerate(names))
    return f"list_transform({value}, lambda x : struct_pack({fields}))"


def _stack(invocation: Invocation) -> str:
    columns = _stack_columns(invocation.arguments)
    width, values = len(columns), invocation.sql[1:]
    rows = []
    for start in range(0, width * _row_count(invocation.arguments), width):
        cells = (values[start + i] if start + i < len(values) else "NULL" for i in range(width))
        members = ", ".join(f"f{i} := {cast(c, columns[i].data_type)}" for i, c in enumerate(cells))
        rows.append(f"struct_pack({members})")
    return f"[{', '.join(rows)}]"


def _json_tuple(invocation: Invocation) -> str:
    """Members of an object by name, the document being read once; a row of NULLs for anything else."""
    document, *names = invocation.sql
    shape = "'{\"x\": 1}'"
    is_object = f"json_type({document}) = 'OBJECT'"

    def members(doc: str) -> str:
        found = (
            f"f{i} := json_extract_string({doc}, '$.' || json_quote({name})::VARCHAR)" for i, name in enumerate(names)
        )
        return f"struct_pack({', '.join(found)})"

    safe = f"CASE WHEN json_valid({document}) THEN CASE WHEN {is_object} THEN {document} END END"
    return f"[{bind(f'coalesce({safe}, {shape})', 'j', members)}]"


# ------------------------------------------------------------------------------------------------ rows


def _generator(
    typing: Signature | TypingRule, columns: Callable[[tuple[Expression, ...]], Columns], engine: EngineRule
) -> Function:
    return Function(typing, engine, FunctionKind.GENERATOR, Nullability.ALWAYS, generates=columns)


_COLLECTION = Parameter(ARRAY_OR_MAP.name, lambda given: given if isinstance(given, ArrayType | MapType) else None)
_MEMBERS, _STRUCTS = Signature((_COLLECTION,), NULL), Signature((_ARRAY_OF_STRUCT,), NULL)
_EXPLODE = _generator(_MEMBERS, _member_columns, _explode)
_POSEXPLODE = _generator(_MEMBERS, _positioned_columns, _posexplode)
_INLINE = _generator(_STRUCTS, _inline_columns, _inline)

FUNCTIONS: dict[str, Function] = {
    "explode": _EXPLODE,
    "explode_outer": _EXPLODE,
    "posexplode": _POSEXPLODE,
    "posexplode_outer": _POSEXPLODE,
    "inline": _INLINE,
    "inline_outer": _INLINE,
    "stack": _generator(_type_stack, _stack_columns, _stack),
    "json_tuple": _generator(_type_json_tuple, _tuple_columns, _json_tuple),
}
