"""`df.mergeInto(…)` as the command MERGE."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pyspark.sql.connect import proto

from unbounded.connect.decode.context import DecodeContext, invalid_enum
from unbounded.connect.decode.expressions import decode_expression
from unbounded.connect.decode.relations import decode_relation
from unbounded.errors import not_supported
from unbounded.plan.identifiers import parse_table_name
from unbounded.plan.unresolved import (
    Assignment,
    Expression,
    ExpressionText,
    MergeAction,
    MergeClause,
    MergeInto,
    MergeMatch,
    UnresolvedAttribute,
)

_ACTIONS = {
    proto.MergeAction.ACTION_TYPE_DELETE: MergeAction.DELETE,
    proto.MergeAction.ACTION_TYPE_INSERT: MergeAction.INSERT,
    proto.MergeAction.ACTION_TYPE_INSERT_STAR: MergeAction.INSERT_ALL,
    proto.MergeAction.ACTION_TYPE_UPDATE: MergeAction.UPDATE,
    proto.MergeAction.ACTION_TYPE_UPDATE_STAR: MergeAction.UPDATE_ALL,
}


def decode_merge(message: proto.MergeIntoTableCommand, context: DecodeContext) -> MergeInto:
    return MergeInto(
        parse_table_name(message.target_table_name),
        decode_relation(message.source_table_plan, context),
        decode_expression(message.merge_condition, context),
        (
            *_clauses(MergeMatch.MATCHED, message.match_actions, context),
            *_clauses(MergeMatch.NOT_MATCHED, message.not_matched_actions, context),
            *_clauses(MergeMatch.NOT_MATCHED_BY_SOURCE, message.not_matched_by_source_actions, context),
        ),
        evolves_schema=message.with_schema_evolution,
    )


def _clauses(match: MergeMatch, actions: Sequence[proto.Expression], context: DecodeContext) -> Iterator[MergeClause]:
    for expression in actions:
        action = expression.merge_action
        if action.action_type not in _ACTIONS:
            raise invalid_enum(action, "action_type", action.action_type)
        condition = decode_expression(action.condition, context) if action.HasField("condition") else None
        assignments = tuple(
            Assignment(_column(decode_expression(a.key, context)), decode_expression(a.value, context))
            for a in action.assignments
        )
        yield MergeClause(match, _ACTIONS[action.action_type], condition, assignments)


def _column(key: Expression) -> tuple[str, ...]:
    """PySpark sends the names of columns as texts of expressions."""
    if isinstance(key, ExpressionText):
        return parse_table_name(key.text)
    if not isinstance(key, UnresolvedAttribute):
        raise not_supported("An assignment to anything but a column", "Name a column of the table.")
    return key.parts
