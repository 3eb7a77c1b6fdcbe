"""Calls of `spark.catalog` as plan nodes: the protocol's operation names and fields, with types and options decoded."""

from __future__ import annotations

from typing import Any

from google.protobuf.message import Message
from pyspark.sql.connect import proto

from unbounded.connect.decode.context import DecodeContext, decode_options, one_of_not_set
from unbounded.connect.decode.types import decode_schema
from unbounded.plan.unresolved import Catalog, Relation

_WITHOUT_EFFECT = ("storage_level",)
"""Fields which say where a cluster shall keep cached rows."""


def decode_catalog(message: proto.Catalog, context: DecodeContext) -> Relation:
    """All fields of the operation, in the protocol's order; an optional field that is not set is None."""
    operation = message.WhichOneof("cat_type")
    if operation is None:
        raise one_of_not_set(message, "cat_type")
    call: Message = getattr(message, operation)
    names = [field.name for field in call.DESCRIPTOR.fields if field.name not in _WITHOUT_EFFECT]
    return Catalog(operation, tuple((name, _decode_field(call, name)) for name in names))


def _decode_field(call: Message, name: str) -> Any:
    if call.DESCRIPTOR.fields_by_name[name].has_presence and not call.HasField(name):
        return None
    value = getattr(call, name)
    match value:
        case proto.DataType():
            return decode_schema(value)
        case bool() | int() | str():
            return value
        case _:
            return decode_options(value)
