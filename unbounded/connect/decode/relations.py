"""Relations of the protocol as unresolved relations: decodes the inputs and lets the family decode the rest."""

from __future__ import annotations

from pyspark.sql.connect import proto

from unbounded.connect.decode.context import DecodeContext, invalid_plan, one_of_not_set
from unbounded.connect.decode.relation_columns import COLUMN_RELATIONS
from unbounded.connect.decode.relation_leaves import LEAVES
from unbounded.connect.decode.relation_pairs import MAP_RELATIONS, PAIR_RELATIONS
from unbounded.connect.decode.relation_rows import ROW_RELATIONS
from unbounded.plan.unresolved import PlanId, Relation, SubqueryAlias, UnsupportedRelation, WithCtes

UNARY_RELATIONS = {**COLUMN_RELATIONS, **ROW_RELATIONS, **MAP_RELATIONS}

UNSUPPORTED_RELATIONS = frozenset(
    {
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
)


def decode_relation(message: proto.Relation, context: DecodeContext) -> Relation:
    """The relation, inside a `PlanId` if the client numbered it."""
    relation = _decode_unnumbered(message, context)
    return PlanId(relation, message.common.plan_id) if message.common.HasField("plan_id") else relation


def _decode_unnumbered(message: proto.Relation, context: DecodeContext) -> Relation:
    kind = message.WhichOneof("rel_type")
    if kind is None:
        raise one_of_not_set(message, "rel_type")
    if kind == "with_relations":
        return _decode_with_relations(message.with_relations, context)
    if kind in UNSUPPORTED_RELATIONS:
        return UnsupportedRelation(kind)
    body = getattr(message, kind)
    if kind in LEAVES:
        return LEAVES[kind](body, context)
    if kind in UNARY_RELATIONS:
        return UNARY_RELATIONS[kind](body, decode_relation(body.input, context), context)
    left_field, right_field, decode_pair = PAIR_RELATIONS[kind]
    left = decode_relation(getattr(body, left_field), context)
    return decode_pair(body, left, decode_relation(getattr(body, right_field), context), context)


def _decode_with_relations(message: proto.WithRelations, context: DecodeContext) -> Relation:
    """Named DataFrames around SQL text are common table expressions; else they are subqueries of expressions.

    A subquery stands in place of each expression that points at it, so nothing of the list itself remains.
    """
    references = [decode_relation(reference, context) for reference in message.references]
    if message.root.WhichOneof("rel_type") == "sql":
        return WithCtes(tuple(map(_named_query, references)), decode_relation(message.root, context))
    by_plan_id = {reference.plan_id: reference for reference in references if isinstance(reference, PlanId)}
    return decode_relation(message.root, context.with_references(by_plan_id))


def _named_query(reference: Relation) -> SubqueryAlias:
    named = reference.child if isinstance(reference, PlanId) else reference
    if not isinstance(named, SubqueryAlias):
        raise invalid_plan("INVALID_WITH_RELATION_REFERENCE")
    return named
