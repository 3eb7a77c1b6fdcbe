"""The order of nested values: inside structs and arrays Spark puts NULL first, the engine puts it last."""

from __future__ import annotations

from unbounded.functions.engine import text
from unbounded.types.datatypes import ArrayType, DataType, StructType


def needs_order_key(data_type: DataType) -> bool:
    """Whether the engine's own order of such values differs from Spark's."""
    match data_type:
        case StructType(fields=fields):
            return any(f.nullable or needs_order_key(f.data_type) for f in fields)
        case ArrayType(element_type=element, contains_null=contains_null):
            return contains_null or needs_order_key(element)
        case _:
            return False


def order_key(value: str, data_type: DataType) -> str:
    """An engine value that the engine orders as Spark orders `value`: every member with whether there is one."""
    if not needs_order_key(data_type):
        return value
    match data_type:
        case StructType(fields=fields):
            members = []
            for i, f in enumerate(fields):
                member = f"struct_extract({value}, {text(f.name)})"
                members += [f"n{i} := {member} IS NOT NULL", f"v{i} := {order_key(member, f.data_type)}"]
            return f"CASE WHEN {value} IS NOT NULL THEN struct_pack({', '.join(members)}) END"
        case ArrayType(element_type=element):
            return (
                f"list_transform({value}, lambda k : struct_pack(n := k IS NOT NULL, v := {order_key('k', element)}))"
            )
        case _:
            return value
