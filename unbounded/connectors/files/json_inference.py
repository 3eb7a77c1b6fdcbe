"""Types of JSON documents by Spark's rules, from the structures of documents that the engine reports.

A structure is the engine's notation: `{"a":"UBIGINT","b":["VARCHAR"]}`; leaves are names of engine types.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from unbounded.connectors.files.format_options import JsonOptions
from unbounded.types.datatypes import (
    BOOLEAN,
    DOUBLE,
    LONG,
    NULL,
    STRING,
    ArrayType,
    DataType,
    DecimalType,
    StructField,
    StructType,
)

_LONG_AS_DECIMAL = DecimalType(20, 0)
_LEAVES: dict[str, DataType] = {
    "NULL": NULL,
    "BOOLEAN": BOOLEAN,
    "UBIGINT": LONG,
    "BIGINT": LONG,
    "DOUBLE": DOUBLE,
    "VARCHAR": STRING,
}
_MAX_PRECISION = 38

Path = tuple[str, ...]
"""Names from the root to a leaf; `[]` is every element of an array."""

ELEMENT = "[]"


def merge_structures(structures: Iterable[str], options: JsonOptions) -> StructType:
    """The schema all documents share; fields sorted by name. Documents that are no objects are left out."""
    merged: DataType = NULL
    for structure in structures:
        parsed = json.loads(structure)
        if isinstance(parsed, dict):
            merged = wider(merged, _type_of(parsed, options))
    return merged if isinstance(merged, StructType) else StructType()


def _type_of(structure: Any, options: JsonOptions) -> DataType:
    match structure:
        case dict() if structure:
            fields = (StructField(name, _type_of(member, options)) for name, member in sorted(structure.items()))
            return StructType(tuple(fields))
        case dict():
            return StructType()
        case [element]:
            return ArrayType(_type_of(element, options))
        case list():
            return ArrayType(NULL)
        case "NULL":
            return NULL
        case _:
            return STRING if options.primitives_as_string else _LEAVES.get(structure, STRING)


def wider(a: DataType, b: DataType) -> DataType:
    """The type that holds values of both: numbers widen, everything else becomes text."""
    match a, b:
        case _ if a == b or b == NULL:
            return a
        case _ if a == NULL:
            return b
        case StructType(), StructType():
            return _merged_structs(a, b)
        case ArrayType(), ArrayType():
            return ArrayType(wider(a.element_type, b.element_type))
        case _:
            return _wider_number(a, b)


def _wider_number(a: DataType, b: DataType) -> DataType:
    kinds = {LONG, DOUBLE}
    a, b = (_LONG_AS_DECIMAL if t == LONG and DecimalType in (type(a), type(b)) else t for t in (a, b))
    match a, b:
        case DecimalType(), DecimalType():
            scale = max(a.scale, b.scale)
            digits = max(a.precision - a.scale, b.precision - b.scale)
            return DecimalType(digits + scale, scale) if digits + scale <= _MAX_PRECISION else DOUBLE
        case (DecimalType(), t) | (t, DecimalType()) if t == DOUBLE:
            return DOUBLE
        case _:
            return DOUBLE if a in kinds and b in kinds else STRING


def _merged_structs(a: StructType, b: StructType) -> StructType:
    fields = {f.name: f.data_type for f in a.fields}
    for f in b.fields:
        fields[f.name] = wider(fields.get(f.name, NULL), f.data_type)
    return StructType(tuple(StructField(name, fields[name]) for name in sorted(fields)))


def finished(schema: StructType, options: JsonOptions) -> StructType:
    """Without types that cannot be read: void becomes text (or goes, with `dropFieldIfAllNull`), empty structs go."""
    fields = []
    for field in schema.fields:
        data_type = _finished_type(field.data_type, options)
        if data_type is not None:
            fields.append(StructField(field.name, data_type))
    return StructType(tuple(fields))


def _finished_type(data_type: DataType, options: JsonOptions) -> DataType | None:
    match data_type:
        case StructType():
            inner = finished(data_type, options)
            return inner if inner.fields else None
        case ArrayType(element_type=element):
            inner_type = _finished_type(element, options)
            return None if inner_type is None else ArrayType(inner_type)
        case _ if data_type == NULL:
            return None if options.drops_null_fields else STRING
        case _:
            return data_type


def leaves(data_type: DataType, below: Path = ()) -> Iterable[tuple[Path, DataType]]:
    """All leaves with their paths."""
    match data_type:
        case StructType(fields=fields):
            for f in fields:
                yield from leaves(f.data_type, (*below, f.name))
        case ArrayType(element_type=element):
            yield from leaves(element, (*below, ELEMENT))
        case _:
            yield below, data_type


def replace_leaves(data_type: DataType, changes: dict[Path, DataType], below: Path = ()) -> DataType:
    """The type with the leaves of `changes` replaced."""
    match data_type:
        case StructType(fields=fields):
            changed = (StructField(f.name, replace_leaves(f.data_type, changes, (*below, f.name))) for f in fields)
            return StructType(tuple(changed))
        case ArrayType(element_type=element):
            return ArrayType(replace_leaves(element, changes, (*below, ELEMENT)))
        case _:
            return changes.get(below, data_type)


def number_type(
    integer_digits: int, scale: int, *, has_integers: bool, has_fractions: bool, prefers_decimal: bool
) -> DataType:
    """The type of a numeric leaf whose widest values have these digits; integers beyond a long become decimals."""
    exceeds_long = integer_digits >= 19
    if has_fractions and not prefers_decimal:
        return DOUBLE
    if not has_fractions and not exceeds_long:
        return LONG
    precision = integer_digits + (scale if has_fractions else 0)
    if precision > _MAX_PRECISION:
        return DOUBLE
    own = DecimalType(max(precision, 1), scale if has_fractions else 0)
    return _wider_number(own, LONG) if has_integers else own
