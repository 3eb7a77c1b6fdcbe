"""Relations of two inputs: joins, set operations, co-grouped maps; and the maps over one input."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pyspark.sql.connect import proto

from unbounded.connect.decode.context import DecodeContext, invalid_enum, invalid_plan
from unbounded.connect.decode.expressions import decode_expression, decode_expressions
from unbounded.connect.decode.python_functions import decode_python_function
from unbounded.errors import not_supported
from unbounded.plan.unresolved import (
    CoGroupMap,
    GroupMap,
    Join,
    JoinKind,
    MapPartitions,
    PythonFunction,
    Relation,
    SetOperation,
    SetOperator,
)

_JOIN_KINDS = {
    proto.Join.JOIN_TYPE_INNER: JoinKind.INNER,
    proto.Join.JOIN_TYPE_CROSS: JoinKind.CROSS,
    proto.Join.JOIN_TYPE_LEFT_OUTER: JoinKind.LEFT_OUTER,
    proto.Join.JOIN_TYPE_RIGHT_OUTER: JoinKind.RIGHT_OUTER,
    proto.Join.JOIN_TYPE_FULL_OUTER: JoinKind.FULL_OUTER,
    proto.Join.JOIN_TYPE_LEFT_SEMI: JoinKind.LEFT_SEMI,
    proto.Join.JOIN_TYPE_LEFT_ANTI: JoinKind.LEFT_ANTI,
}
_SET_OPERATORS = {
    proto.SetOperation.SET_OP_TYPE_UNION: SetOperator.UNION,
    proto.SetOperation.SET_OP_TYPE_INTERSECT: SetOperator.INTERSECT,
    proto.SetOperation.SET_OP_TYPE_EXCEPT: SetOperator.EXCEPT,
}


def _decode_join(message: proto.Join, left: Relation, right: Relation, context: DecodeContext) -> Relation:
    has_condition = message.HasField("join_condition")
    if has_condition and message.using_columns:
        raise invalid_plan("USING_COLUMNS_OR_JOIN_CONDITION_SET_IN_JOIN")
    if message.HasField("join_data_type"):
        raise not_supported("joinWith of the Scala client", "Use join.")
    condition = decode_expression(message.join_condition, context) if has_condition else None
    return Join(left, right, _join_kind(message), condition, tuple(message.using_columns))


def _decode_lateral_join(
    message: proto.LateralJoin, left: Relation, right: Relation, context: DecodeContext
) -> Relation:
    has_condition = message.HasField("join_condition")
    condition = decode_expression(message.join_condition, context) if has_condition else None
    return Join(left, right, _join_kind(message), condition, is_lateral=True)


def _join_kind(message: proto.Join | proto.LateralJoin) -> JoinKind:
    if message.join_type not in _JOIN_KINDS:
        raise invalid_enum(message, "join_type", message.join_type)
    return _JOIN_KINDS[message.join_type]


def _decode_set_operation(
    message: proto.SetOperation, left: Relation, right: Relation, context: DecodeContext
) -> Relation:
    if message.set_op_type not in _SET_OPERATORS:
        raise invalid_enum(message, "set_op_type", message.set_op_type)
    if message.allow_missing_columns and not message.by_name:
        raise invalid_plan("UNION_BY_NAME_ALLOW_MISSING_COL_REQUIRES_BY_NAME")
    return SetOperation(
        left,
        right,
        operator=_SET_OPERATORS[message.set_op_type],
        is_all=message.is_all,
        is_by_name=message.by_name,
        allows_missing_columns=message.allow_missing_columns,
    )


def _decode_map_partitions(message: proto.MapPartitions, child: Relation, context: DecodeContext) -> Relation:
    return MapPartitions(child, _function(message.func, context), message.is_barrier)


def _decode_group_map(message: proto.GroupMap, child: Relation, context: DecodeContext) -> Relation:
    has_state = message.HasField("transform_with_state_info") or message.HasField("state_schema")
    if has_state or message.is_map_groups_with_state:
        raise not_supported("A stateful map over groups (transformWithState)", "Use aggregations with a watermark.")
    if message.sorting_expressions:
        raise not_supported("A sorted map over groups", "Sort inside the function.")
    return GroupMap(child, decode_expressions(message.grouping_expressions, context), _function(message.func, context))


def _decode_co_group_map(
    message: proto.CoGroupMap, left: Relation, right: Relation, context: DecodeContext
) -> Relation:
    if message.input_sorting_expressions or message.other_sorting_expressions:
        raise not_supported("A sorted map over co-groups", "Sort inside the function.")
    return CoGroupMap(
        left,
        left_grouping=decode_expressions(message.input_grouping_expressions, context),
        right=right,
        right_grouping=decode_expressions(message.other_grouping_expressions, context),
        function=_function(message.func, context),
    )


def _function(message: proto.CommonInlineUserDefinedFunction, context: DecodeContext) -> PythonFunction:
    return decode_python_function(message, decode_expressions(message.arguments, context))


MAP_RELATIONS: dict[str, Callable[[Any, Relation, DecodeContext], Relation]] = {
    "map_partitions": _decode_map_partitions,
    "group_map": _decode_group_map,
}

PAIR_RELATIONS: dict[str, tuple[str, str, Callable[[Any, Relation, Relation, DecodeContext], Relation]]] = {
    "join": ("left", "right", _decode_join),
    "lateral_join": ("left", "right", _decode_lateral_join),
    "set_op": ("left_input", "right_input", _decode_set_operation),
    "co_group_map": ("input", "other", _decode_co_group_map),
}
"""The names of the two input fields and the decoder of the rest."""
