"""The text of `df.printSchema()`, to the character."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from unbounded.types.datatypes import ArrayType, DataType, MapType, StructField, StructType
from unbounded.types.json_form import json_name

_ESCAPES = {"\n": "\\n", "\r": "\\r", "\t": "\\t", "\f": "\\f", "\b": "\\b", "\v": "\\v", "\a": "\\a"}
_ESCAPE_TABLE = str.maketrans(_ESCAPES)


def tree_string(schema: StructType, level: int | None = None) -> str:
    """The tree, down to `level` (None or not positive: all of it)."""
    depth = level if level is not None and level > 0 else sys.maxsize
    return "".join(("root\n", *_struct_lines(schema, " |", depth)))


def _struct_lines(schema: StructType, prefix: str, depth: int) -> Iterator[str]:
    for field in schema.fields:
        yield from _field_lines(field, prefix, depth)


def _field_lines(field: StructField, prefix: str, depth: int) -> Iterator[str]:
    name = field.name.translate(_ESCAPE_TABLE)
    yield from _lines(name, field.data_type, f" (nullable = {_word(field.nullable)})", prefix, depth)


def _lines(label: str, data_type: DataType, suffix: str, prefix: str, depth: int) -> Iterator[str]:
    """The line of one node and those of its children, which stand one level deeper."""
    if depth <= 0:
        return
    yield f"{prefix}-- {label}: {json_name(data_type)}{suffix}\n"
    inner = f"{prefix}    |"
    match data_type:
        case ArrayType(element_type=element_type, contains_null=contains_null):
            yield from _lines("element", element_type, f" (containsNull = {_word(contains_null)})", inner, depth - 1)
        case MapType(key_type=key_type, value_type=value_type, value_contains_null=contains_null):
            yield from _lines("key", key_type, "", inner, depth - 1)
            yield from _lines("value", value_type, f" (valueContainsNull = {_word(contains_null)})", inner, depth - 1)
        case StructType():
            yield from _struct_lines(data_type, inner, depth - 1)


def _word(value: bool) -> str:
    return "true" if value else "false"
