"""Maps: making them from keys and values, taking them apart. Keys are unique and never NULL."""

from __future__ import annotations

import re
from collections.abc import Sequence

from unbounded.errors import ErrorKind, analysis_error, not_supported
from unbounded.functions.collections.typing import STRICT_MAP, tightest_type, with_key
from unbounded.functions.engine import bind, cast, raise_error, text
from unbounded.functions.environment import Environment
from unbounded.functions.registry import Function, Invocation, Nullability, scalar
from unbounded.functions.signature import (
    Parameter,
    Types,
    different_types,
    implicit_cast,
    quoted_call,
    wrong_argument_count,
    wrong_argument_type,
)
from unbounded.functions.text_forms import to_text
from unbounded.plan.expressions import Expression, Literal
from unbounded.types.coercion import common_type_of
from unbounded.types.datatypes import (
    BOOLEAN,
    NULL,
    STRING,
    ArrayType,
    DataType,
    MapType,
    NullType,
    StringType,
    StructField,
    StructType,
)

Typed = tuple[tuple[Expression, ...], DataType]

_NULL_KEY = raise_error(ErrorKind.RUNTIME, "NULL_MAP_KEY", {})
_STR_TO_MAP_DEFAULTS = (Literal(",", STRING), Literal(":", STRING))
_IS_PATTERN = re.compile(r"[\\^$.|?*+()\[\]{}]")


def make_map(keys: str, values: str, data_type: DataType, environment: Environment) -> str:
    """A map of two lists of one length, checked for NULL and repeated keys; NULL if a list is."""
    assert isinstance(data_type, MapType)

    def made(k: str, v: str) -> str:
        checked = _last_wins(k, v) if environment.keeps_last_map_value else f"map({k}, {v})"
        repeated = (
            "" if environment.keeps_last_map_value else f"WHEN len(list_distinct({k})) < len({k}) THEN {_repeated(k)} "
        )
        result = (
            f"CASE WHEN {k} IS NULL OR {v} IS NULL THEN NULL "
            f"WHEN list_position({k}, NULL) IS NOT NULL THEN {_NULL_KEY} {repeated}ELSE {checked} END"
        )
        return cast(result, data_type)

    def _repeated(k: str) -> str:
        first = f"list_filter({k}, lambda x, i : list_position({k}, x) <> i)[1]"
        return raise_error(
            ErrorKind.RUNTIME,
            "DUPLICATED_MAP_KEY",
            {"mapKeyDedupPolicy": '"spark.sql.mapKeyDedupPolicy"'},
            {"key": to_text(first, data_type.key_type, environment)},
        )

    return bind(keys, "ks", lambda k: bind(values, "vs", lambda v: made(k, v)))


def _last_wins(k: str, v: str) -> str:
    """A repeated key stays where it was first and has its last value."""
    firsts = f"list_filter({k}, lambda x, i : list_position({k}, x) = i)"
    lasts = f"list_transform({firsts}, lambda x : {v}[len({k}) - list_position(list_reverse({k}), x) + 1])"
    return f"map({firsts}, {lasts})"


# ------------------------------------------------------------------------------------------------ typing


def _type_map(name: str, arguments: Sequence[Expression], environment: Environment) -> Typed:
    """key, value, key, value, …"""
    if len(arguments) % 2:
        raise wrong_argument_count(name, len(arguments), "2n (n > 0)")
    key = common_type_of(a.data_type for a in arguments[::2])
    value = common_type_of(a.data_type for a in arguments[1::2])
    if key is None or value is None:
        raise different_types(name, arguments, [a.data_type for a in arguments])
    coerced = tuple(implicit_cast(a, (key, value)[i % 2]) for i, a in enumerate(arguments))
    return coerced, MapType(key, value, any(a.nullable for a in coerced[1::2]))


def _type_concat(name: str, arguments: Sequence[Expression], environment: Environment) -> Typed:
    types = [a.data_type for a in arguments]
    if not all(isinstance(t, MapType) for t in types):
        raise analysis_error(
            "DATATYPE_MISMATCH.MAP_CONCAT_DIFF_TYPES",
            sqlExpr=quoted_call(name, arguments),
            functionName=f"`{name}`",
            dataType="[" + ", ".join(f'"{t.sql_name}"' for t in types) + "]",
        )
    common: DataType | None = types[0] if types else MapType(STRING, STRING, False)
    for other in types[1:]:
        common = tightest_type(common, other) if common is not None else None
    if common is None:
        raise different_types(name, arguments, types)
    return tuple(implicit_cast(a, common) for a in arguments), common


def _type_from_entries(name: str, arguments: Sequence[Expression], environment: Environment) -> Typed:
    if len(arguments) != 1:
        raise wrong_argument_count(name, len(arguments), "1")
    match arguments[0].data_type:
        case ArrayType(element_type=StructType(fields=(key, value))):
            return tuple(arguments), MapType(key.data_type, value.data_type, value.nullable)
        case _:
            raise wrong_argument_type(name, arguments, 0, '"ARRAY" of pair "STRUCT"')


def _type_str_to_map(name: str, arguments: Sequence[Expression], environment: Environment) -> Typed:
    """The separators are shown even if they are not written."""
    if not 1 <= len(arguments) <= 3:
        raise wrong_argument_count(name, len(arguments), "[1, 2, 3]")
    given = (*arguments, *_STR_TO_MAP_DEFAULTS[len(arguments) - 1 :])
    for position, argument in enumerate(given):
        if not isinstance(argument.data_type, StringType | NullType):
            raise wrong_argument_type(name, given, position, '"STRING"')
    return tuple(implicit_cast(a, STRING) for a in given), MapType(STRING, STRING)


def _type_contains_key(name: str, arguments: Sequence[Expression], environment: Environment) -> Typed:
    if len(arguments) != 2:
        raise wrong_argument_count(name, len(arguments), "2")
    return with_key(name, arguments), BOOLEAN


def _keys(types: Types) -> DataType:
    return ArrayType(types[0].key_type, False) if isinstance(types[0], MapType) else ArrayType(NULL)


def _values(types: Types) -> DataType:
    match types[0]:
        case MapType(value_type=value, value_contains_null=nullable):
            return ArrayType(value, nullable)
        case _:
            return ArrayType(NULL)


def _entries(types: Types) -> DataType:
    match types[0]:
        case MapType(key_type=key, value_type=value, value_contains_null=nullable):
            fields = (StructField("key", key, False), StructField("value", value, nullable))
            return ArrayType(StructType(fields), False)
        case _:
            return ArrayType(NULL)


def _from_arrays(types: Types) -> DataType:
    match types:
        case (ArrayType(element_type=key), ArrayType(element_type=value, contains_null=nullable)):
            return MapType(key, value, nullable)
        case _:
            return MapType(NULL, NULL)


# ------------------------------------------------------------------------------------------------ engine rules


def _lower_map(invocation: Invocation) -> str:
    """Constant keys that differ need no check."""
    assert isinstance(invocation.data_type, MapType)
    keys = cast(f"[{', '.join(invocation.sql[::2])}]", ArrayType(invocation.data_type.key_type))
    values = cast(f"[{', '.join(invocation.sql[1::2])}]", ArrayType(invocation.data_type.value_type))
    constants = [
        a.value for a in invocation.arguments[::2] if isinstance(a, Literal) and isinstance(a.value, str | int)
    ]
    if len(constants) == len(invocation.sql) // 2 == len(set(constants)):
        return cast(f"map({keys}, {values})", invocation.data_type)
    return make_map(keys, values, invocation.data_type, invocation.environment)


def _lower_from_arrays(invocation: Invocation) -> str:
    keys, values = invocation.sql
    failure = raise_error(
        ErrorKind.RUNTIME,
        "_LEGACY_ERROR_TEMP_3102",
        {"msg": "The key array and value array of MapData must have the same length."},
    )
    made = make_map(keys, values, invocation.data_type, invocation.environment)
    return f"CASE WHEN len({keys}) <> len({values}) THEN {failure} ELSE {made} END"


def _lower_from_entries(invocation: Invocation) -> str:
    """NULL if one of the entries is."""
    array = invocation.arguments[0].data_type
    assert isinstance(array, ArrayType) and isinstance(array.element_type, StructType)
    key, value = (text(name) for name in array.element_type.names)

    def made(entries: str) -> str:
        keys = f"list_transform({entries}, lambda x : struct_extract(x, {key}))"
        values = f"list_transform({entries}, lambda x : struct_extract(x, {value}))"
        checked = make_map(keys, values, invocation.data_type, invocation.environment)
        return f"CASE WHEN list_position({entries}, NULL) IS NULL THEN {checked} END"

    return bind(invocation.sql[0], "es", made)


def _lower_concat(invocation: Invocation) -> str:
    if not invocation.sql:
        return cast("map([], [])", invocation.data_type)
    keys = " || ".join(f"map_keys({value})" for value in invocation.sql)
    values = " || ".join(f"map_values({value})" for value in invocation.sql)
    made = make_map(f"({keys})", f"({values})", invocation.data_type, invocation.environment)
    given = " AND ".join(f"{value} IS NOT NULL" for value in invocation.sql)
    return f"CASE WHEN {given} THEN {made} END"


def _lower_str_to_map(invocation: Invocation) -> str:
    """`a:1,b:2`; what has no second separator has the value NULL."""
    value, pairs, separator = invocation.sql
    if any(_IS_PATTERN.search(str(invocation.constant(i) or "")) or not invocation.is_constant(i) for i in (1, 2)):
        raise not_supported(
            "str_to_map with a pattern or a column as separator", "Use constant separators without special characters."
        )
    parts = f"string_split({value}, {pairs})"

    def made(split: str) -> str:
        keys = f"list_transform({split}, lambda p : split_part(p, {separator}, 1))"
        rest = f"substring(p, strpos(p, {separator}) + length({separator}))"
        values = f"list_transform({split}, lambda p : CASE WHEN contains(p, {separator}) THEN {rest} END)"
        return make_map(keys, values, invocation.data_type, invocation.environment)

    return bind(parts, "ps", made)


# ------------------------------------------------------------------------------------------------ rows

_ARRAY = Parameter('"ARRAY"', lambda given: given if isinstance(given, ArrayType) else None)
_ENTRIES = "CAST(map_entries({0}) AS {type})"

FUNCTIONS: dict[str, Function] = {
    "map": Function(_type_map, _lower_map, nullability=Nullability.NEVER),
    "map_from_arrays": scalar([_ARRAY, _ARRAY], _from_arrays, _lower_from_arrays),
    "map_from_entries": Function(_type_from_entries, _lower_from_entries, nullability=Nullability.ALWAYS),
    "map_concat": Function(_type_concat, _lower_concat),
    "map_keys": scalar([STRICT_MAP], _keys, "map_keys({0})"),
    "map_values": scalar([STRICT_MAP], _values, "map_values({0})"),
    "map_entries": scalar([STRICT_MAP], _entries, _ENTRIES),
    "map_contains_key": Function(_type_contains_key, "list_contains(map_keys({0}), {1})"),
    "str_to_map": Function(_type_str_to_map, _lower_str_to_map),
}
