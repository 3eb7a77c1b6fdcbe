"""No message of the protocol falls through: each is decoded, becomes an Unsupported node, or is refused by name."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from google.protobuf.message import Message
from pyspark.sql.connect import proto

from unbounded.connect.decode import EDGE_COMMANDS, DecodeContext, decode_command, decode_data_type, decode_plan_root
from unbounded.connect.decode.expressions import decode_expression
from unbounded.connect.decode.literals import decode_literal
from unbounded.errors import SparkError
from unbounded.plan.unresolved import Catalog, UnsupportedCommand, UnsupportedRelation

CONTEXT = DecodeContext(cached_bytes={}.__getitem__)

UNSUPPORTED_RELATIONS = {
    "apply_in_pandas_with_state",
    "as_of_join",
    "common_inline_user_defined_data_source",
    "common_inline_user_defined_table_function",
    "extension",
    "ml_relation",
    "nearest_by_join",
    "relation_changes",
    "unknown",
}
UNSUPPORTED_COMMANDS = {
    "create_resource_profile_command",
    "execute_external_command",
    "extension",
    "ml_command",
    "pipeline_command",
    "register_data_source",
    "register_table_function",
}
REFUSED_EXPRESSIONS = {"merge_action", "typed_aggregate_expression", "extension"}
REFUSED_TYPES = {"time", "udt", "geometry", "geography"}


def members(message_type: type[Message], oneof: str) -> list[str]:
    return [field.name for field in message_type.DESCRIPTOR.oneofs_by_name[oneof].fields]


def with_member(message_type: type[Message], name: str) -> Message:
    """A message with this member set and empty."""
    message = message_type()
    field = message_type.DESCRIPTOR.fields_by_name[name]
    if field.message_type is not None:
        getattr(message, name).SetInParent()
    else:
        setattr(message, name, field.default_value)
    return message


@pytest.mark.parametrize("name", members(proto.Relation, "rel_type"))
def test_relation(name: str) -> None:
    message = with_member(proto.Relation, name)
    if name in UNSUPPORTED_RELATIONS:
        assert decode_plan_root(message, CONTEXT) == UnsupportedRelation(name)
    else:
        assert is_understood(lambda: decode_plan_root(message, CONTEXT))


@pytest.mark.parametrize("name", members(proto.Command, "command_type"))
def test_command(name: str) -> None:
    message = with_member(proto.Command, name)
    if name in UNSUPPORTED_COMMANDS | EDGE_COMMANDS:
        assert decode_command(message, CONTEXT) == UnsupportedCommand(name)
    else:
        assert is_understood(lambda: decode_command(message, CONTEXT))


@pytest.mark.parametrize("name", members(proto.Expression, "expr_type"))
def test_expression(name: str) -> None:
    message = with_member(proto.Expression, name)
    assert is_understood(lambda: decode_expression(message, CONTEXT)) is (name not in REFUSED_EXPRESSIONS)


@pytest.mark.parametrize("name", members(proto.Expression.Literal, "literal_type"))
def test_literal(name: str) -> None:
    message = with_member(proto.Expression.Literal, name)
    assert is_understood(lambda: decode_literal(message)) is (name != "time")


@pytest.mark.parametrize("name", members(proto.DataType, "kind"))
def test_data_type(name: str) -> None:
    message = with_member(proto.DataType, name)
    assert is_understood(lambda: decode_data_type(message)) is (name not in REFUSED_TYPES)


@pytest.mark.parametrize("name", members(proto.Catalog, "cat_type"))
def test_catalog(name: str) -> None:
    message = proto.Relation(catalog=with_member(proto.Catalog, name))
    decoded = decode_plan_root(message, CONTEXT)
    assert isinstance(decoded, Catalog)
    assert decoded.operation == name


def is_understood(decode: Callable[[], object]) -> bool:
    """Whether the message is understood: decoded, or found incomplete because this one is empty."""
    try:
        decode()
    except SparkError as error:
        return error.condition != "UNBOUNDED_NOT_SUPPORTED"
    return True
