"""Expressions of the protocol as unresolved expressions."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from pyspark.sql.connect import proto

from unbounded.connect.decode.context import DecodeContext, invalid_enum, invalid_plan, one_of_not_set
from unbounded.connect.decode.literals import decode_literal
from unbounded.connect.decode.python_functions import decode_python_function
from unbounded.connect.decode.types import decode_data_type
from unbounded.errors import not_supported
from unbounded.plan.identifiers import parse_column_name, parse_table_name
from unbounded.plan.unresolved import (
    Alias,
    Cast,
    CastMode,
    Expression,
    ExpressionText,
    ExtractValue,
    Frame,
    FrameEdge,
    FrameUnit,
    Lambda,
    LambdaVariable,
    Literal,
    NamedArgument,
    SortOrder,
    Subquery,
    SubqueryKind,
    UnresolvedAttribute,
    UnresolvedFunction,
    UnresolvedRegex,
    UnresolvedStar,
    UpdateFields,
    Window,
)
from unbounded.types.datatypes import STRING
from unbounded.types.ddl import parse_data_type

_Message = proto.Expression

REFUSED_EXPRESSIONS: dict[str, tuple[str, str]] = {
    "merge_action": ("MERGE INTO", "Write the merged rows with overwrite."),
    "typed_aggregate_expression": ("A typed Scala aggregate", "Use functions of columns."),
    "extension": ("An expression of a Spark Connect plugin", "Use built-in functions."),
}
_CAST_MODES = {
    _Message.Cast.EVAL_MODE_UNSPECIFIED: CastMode.DEFAULT,
    _Message.Cast.EVAL_MODE_LEGACY: CastMode.LEGACY,
    _Message.Cast.EVAL_MODE_ANSI: CastMode.ANSI,
    _Message.Cast.EVAL_MODE_TRY: CastMode.TRY,
}
_FRAME_UNITS = {
    _Message.Window.WindowFrame.FRAME_TYPE_ROW: FrameUnit.ROWS,
    _Message.Window.WindowFrame.FRAME_TYPE_RANGE: FrameUnit.RANGE,
}
_SUBQUERY_KINDS = {
    proto.SubqueryExpression.SUBQUERY_TYPE_SCALAR: SubqueryKind.SCALAR,
    proto.SubqueryExpression.SUBQUERY_TYPE_EXISTS: SubqueryKind.EXISTS,
    proto.SubqueryExpression.SUBQUERY_TYPE_IN: SubqueryKind.IN,
    proto.SubqueryExpression.SUBQUERY_TYPE_TABLE_ARG: SubqueryKind.TABLE_ARGUMENT,
}
_QUOTED_REGEX = re.compile(r"`(.+)`", re.DOTALL)
_QUALIFIED_REGEX = re.compile(r".+\.`.+`", re.DOTALL)


def decode_expression(message: proto.Expression, context: DecodeContext) -> Expression:
    kind = message.WhichOneof("expr_type")
    if kind is None:
        raise one_of_not_set(message, "expr_type")
    if kind in REFUSED_EXPRESSIONS:
        raise not_supported(*REFUSED_EXPRESSIONS[kind])
    return _DECODERS[kind](getattr(message, kind), context)


def decode_expressions(messages: Iterable[proto.Expression], context: DecodeContext) -> tuple[Expression, ...]:
    return tuple(decode_expression(message, context) for message in messages)


def decode_sort_order(message: proto.Expression.SortOrder, context: DecodeContext) -> SortOrder:
    """Without a null ordering, nulls come first in ascending order and last in descending order."""
    is_ascending = message.direction != _Message.SortOrder.SORT_DIRECTION_DESCENDING
    has_nulls_first = is_ascending
    if message.null_ordering != _Message.SortOrder.SORT_NULLS_UNSPECIFIED:
        has_nulls_first = message.null_ordering == _Message.SortOrder.SORT_NULLS_FIRST
    return SortOrder(decode_expression(message.child, context), is_ascending, has_nulls_first)


def decode_sort_orders(messages: Iterable[proto.Expression.SortOrder], context: DecodeContext) -> tuple[SortOrder, ...]:
    return tuple(decode_sort_order(message, context) for message in messages)


def decode_alias(message: proto.Expression.Alias, context: DecodeContext) -> Alias:
    metadata = message.metadata if message.HasField("metadata") else None
    return Alias(decode_expression(message.expr, context), tuple(message.name), metadata)


def _decode_attribute(message: proto.Expression.UnresolvedAttribute, context: DecodeContext) -> Expression:
    parts = parse_column_name(message.unparsed_identifier)
    return UnresolvedAttribute(parts, _plan_id(message), message.is_metadata_column)


def _decode_function(message: proto.Expression.UnresolvedFunction, context: DecodeContext) -> Expression:
    return UnresolvedFunction(
        name=message.function_name,
        arguments=decode_expressions(message.arguments, context),
        is_distinct=message.is_distinct,
        is_internal=message.is_internal,
    )


def _decode_call(message: proto.CallFunction, context: DecodeContext) -> Expression:
    name = ".".join(parse_table_name(message.function_name))
    return UnresolvedFunction(name, decode_expressions(message.arguments, context))


def _decode_star(message: proto.Expression.UnresolvedStar, context: DecodeContext) -> Expression:
    if not message.HasField("unparsed_target"):
        return UnresolvedStar((), _plan_id(message))
    target = message.unparsed_target
    if not target.endswith(".*"):
        raise invalid_plan("UNRESOLVED_STAR_TARGET_INVALID", target=target)
    return UnresolvedStar(parse_column_name(target[:-2]), _plan_id(message))


def _decode_regex(message: proto.Expression.UnresolvedRegex, context: DecodeContext) -> Expression:
    """A pattern stands in backticks; without them the text is a plain column name."""
    if match := _QUOTED_REGEX.fullmatch(message.col_name):
        return UnresolvedRegex(match[1], _plan_id(message))
    if _QUALIFIED_REGEX.fullmatch(message.col_name):
        raise not_supported("A qualified column pattern", "Use the pattern alone: colRegex('`pattern`').")
    return UnresolvedAttribute(parse_column_name(message.col_name), _plan_id(message))


def _decode_cast(message: proto.Expression.Cast, context: DecodeContext) -> Expression:
    is_text = message.WhichOneof("cast_to_type") == "type_str"
    data_type = parse_data_type(message.type_str) if is_text else decode_data_type(message.type)
    if message.eval_mode not in _CAST_MODES:
        raise invalid_enum(message, "eval_mode", message.eval_mode)
    return Cast(decode_expression(message.expr, context), data_type, _CAST_MODES[message.eval_mode])


def _decode_lambda(message: proto.Expression.LambdaFunction, context: DecodeContext) -> Expression:
    parameters = tuple(".".join(argument.name_parts) for argument in message.arguments)
    return Lambda(decode_expression(message.function, context), parameters)


def _decode_lambda_variable(
    message: proto.Expression.UnresolvedNamedLambdaVariable, context: DecodeContext
) -> Expression:
    """Parts after the first are fields of a struct parameter."""
    if not message.name_parts:
        raise invalid_plan("UNRESOLVED_NAMED_LAMBDA_VARIABLE_REQUIRES_NAME_PART")
    variable: Expression = LambdaVariable(message.name_parts[0])
    for field in message.name_parts[1:]:
        variable = ExtractValue(variable, Literal(field, STRING))
    return variable


def _decode_window(message: proto.Expression.Window, context: DecodeContext) -> Expression:
    return Window(
        function=decode_expression(message.window_function, context),
        partition=decode_expressions(message.partition_spec, context),
        order=decode_sort_orders(message.order_spec, context),
        frame=_decode_frame(message.frame_spec, context) if message.HasField("frame_spec") else None,
    )


def _decode_frame(message: proto.Expression.Window.WindowFrame, context: DecodeContext) -> Frame:
    if message.frame_type not in _FRAME_UNITS:
        raise invalid_enum(message, "frame_type", message.frame_type)
    if not message.HasField("lower"):
        raise invalid_plan("LOWER_BOUND_REQUIRED_IN_WINDOW_FRAME")
    if not message.HasField("upper"):
        raise invalid_plan("UPPER_BOUND_REQUIRED_IN_WINDOW_FRAME")
    lower, upper = _decode_edge(message.lower, context), _decode_edge(message.upper, context)
    return Frame(_FRAME_UNITS[message.frame_type], lower, upper)


def _decode_edge(
    message: proto.Expression.Window.WindowFrame.FrameBoundary, context: DecodeContext
) -> FrameEdge | Expression:
    match message.WhichOneof("boundary"):
        case "current_row":
            return FrameEdge.CURRENT_ROW
        case "unbounded":
            return FrameEdge.UNBOUNDED
        case "value":
            return decode_expression(message.value, context)
        case _:
            raise one_of_not_set(message, "boundary")


def _decode_extract_value(message: proto.Expression.UnresolvedExtractValue, context: DecodeContext) -> Expression:
    return ExtractValue(decode_expression(message.child, context), decode_expression(message.extraction, context))


def _decode_update_fields(message: proto.Expression.UpdateFields, context: DecodeContext) -> Expression:
    has_value = message.HasField("value_expression")
    value = decode_expression(message.value_expression, context) if has_value else None
    return UpdateFields(decode_expression(message.struct_expression, context), message.field_name, value)


def _decode_udf(message: proto.CommonInlineUserDefinedFunction, context: DecodeContext) -> Expression:
    return decode_python_function(message, decode_expressions(message.arguments, context))


def _decode_subquery(message: proto.SubqueryExpression, context: DecodeContext) -> Expression:
    if message.subquery_type not in _SUBQUERY_KINDS:
        raise invalid_enum(message, "subquery_type", message.subquery_type)
    if message.plan_id not in context.references:
        raise invalid_plan("INVALID_WITH_RELATION_REFERENCE")
    if message.HasField("table_arg_options") and message.table_arg_options.ByteSize():
        raise not_supported("PARTITION BY or ORDER BY of a table argument", "Sort and group the DataFrame first.")
    return Subquery(
        query=context.references[message.plan_id],
        kind=_SUBQUERY_KINDS[message.subquery_type],
        values=decode_expressions(message.in_subquery_values, context),
    )


def _plan_id(
    message: proto.Expression.UnresolvedAttribute | proto.Expression.UnresolvedStar | proto.Expression.UnresolvedRegex,
) -> int | None:
    return message.plan_id if message.HasField("plan_id") else None


_DECODERS: dict[str, Callable[[Any, DecodeContext], Expression]] = {
    "literal": lambda message, context: decode_literal(message),
    "unresolved_attribute": _decode_attribute,
    "unresolved_function": _decode_function,
    "expression_string": lambda message, context: ExpressionText(message.expression),
    "unresolved_star": _decode_star,
    "alias": decode_alias,
    "cast": _decode_cast,
    "unresolved_regex": _decode_regex,
    "sort_order": decode_sort_order,
    "lambda_function": _decode_lambda,
    "window": _decode_window,
    "unresolved_extract_value": _decode_extract_value,
    "update_fields": _decode_update_fields,
    "unresolved_named_lambda_variable": _decode_lambda_variable,
    "common_inline_user_defined_function": _decode_udf,
    "call_function": _decode_call,
    "named_argument_expression": lambda message, context: NamedArgument(
        message.key, decode_expression(message.value, context)
    ),
    "subquery_expression": _decode_subquery,
    "direct_shuffle_partition_id": lambda message, context: decode_expression(message.child, context),
}
