"""Joins: conditions over both sides, USING and NATURAL with one copy of the shared columns."""

from __future__ import annotations

from dataclasses import replace

from unbounded.analysis.context import Analysis, Scope
from unbounded.analysis.names import quoted
from unbounded.errors import SparkError, analysis_error
from unbounded.functions.naming import pretty_name
from unbounded.functions.operators import FUNCTIONS as OPERATORS
from unbounded.functions.signature import implicit_cast
from unbounded.plan import unresolved as u
from unbounded.plan.expressions import Alias, Attribute, Call, Expression, NamedExpression
from unbounded.plan.logical import Join, LogicalPlan, Project
from unbounded.types.coercion import common_type
from unbounded.types.datatypes import BOOLEAN

_LEFT_ONLY = (u.JoinKind.LEFT_SEMI, u.JoinKind.LEFT_ANTI)


def resolve_join(relation: u.Join, analysis: Analysis) -> LogicalPlan:
    """Raises: SparkError UNRESOLVED_USING_COLUMN_FOR_JOIN, DATATYPE_MISMATCH.JOIN_CONDITION…"""
    left = analysis.relation(relation.left)
    right = _resolve_right(relation, left, analysis)
    using = _natural_columns(left, right, analysis) if relation.is_natural else relation.using
    if using:
        return _join_using(left, right, relation.kind, using, analysis)
    return Join(left, right, relation.kind, _condition(relation, left, right, analysis), relation.is_lateral)


def _resolve_right(relation: u.Join, left: LogicalPlan, analysis: Analysis) -> LogicalPlan:
    if not relation.is_lateral:
        return analysis.relation(relation.right)
    return analysis.subquery(relation.right, Scope(left.output, analysis.outer, plans=(left,)))


def _condition(relation: u.Join, left: LogicalPlan, right: LogicalPlan, analysis: Analysis) -> Expression | None:
    if relation.condition is None:
        return None
    condition = analysis.expression(relation.condition, analysis.scope(left, right))
    if condition.data_type != BOOLEAN:
        raise analysis_error(
            "JOIN_CONDITION_IS_NOT_BOOLEAN_TYPE",
            joinCondition=f'"{pretty_name(condition)}"',
            conditionType=f'"{condition.data_type.sql_name}"',
        )
    return condition


def _natural_columns(left: LogicalPlan, right: LogicalPlan, analysis: Analysis) -> tuple[str, ...]:
    return tuple(a.name for a in left.output if any(analysis.same_name(a.name, b.name) for b in right.output))


def _join_using(
    left: LogicalPlan, right: LogicalPlan, kind: u.JoinKind, using: tuple[str, ...], analysis: Analysis
) -> LogicalPlan:
    pairs = [
        (_using_column(name, left, "left", analysis), _using_column(name, right, "right", analysis)) for name in using
    ]
    joined = Join(left, right, u.JoinKind.INNER if kind is u.JoinKind.CROSS else kind, _all_equal(pairs))
    if kind in _LEFT_ONLY:
        return Project(joined, (*(a for a, _ in pairs), *_others(left, [a for a, _ in pairs])))
    keys = tuple(_key(a, b, kind, analysis) for a, b in pairs)
    rest = (*_others(left, [a for a, _ in pairs]), *_others(right, [b for _, b in pairs]))
    nullable = {a.id: a for a in joined.output}
    hidden = tuple(nullable[a.id] for pair in pairs for a in pair)
    return Project(joined, (*keys, *(nullable[a.id] for a in rest)), hidden)


def _using_column(name: str, plan: LogicalPlan, side: str, analysis: Analysis) -> Attribute:
    found = [a for a in plan.output if analysis.same_name(a.name, name)]
    if len(found) == 1:
        return found[0]
    if found:
        raise analysis_error(
            "AMBIGUOUS_REFERENCE", name=f"`{name}`", referenceNames=f"[{', '.join(f'`{a.name}`' for a in found)}]"
        )
    suggestion = ", ".join(sorted(quoted((a.name,)) for a in plan.output))
    unknown = {"colName": f"`{name}`", "side": side, "suggestion": suggestion}
    raise analysis_error("UNRESOLVED_USING_COLUMN_FOR_JOIN", **unknown).without_place()


def _all_equal(pairs: list[tuple[Attribute, Attribute]]) -> Expression:
    conditions = [_equal(a, b) for a, b in pairs]
    result = conditions[0]
    for condition in conditions[1:]:
        result = Call("and", (result, condition), BOOLEAN)
    return result


def _equal(a: Attribute, b: Attribute) -> Call:
    target = common_type(a.data_type, b.data_type)
    if target is None:
        raise _different_keys(a, b)
    arguments = (implicit_cast(a, target), implicit_cast(b, target))
    return Call("==", arguments, BOOLEAN, OPERATORS["=="].is_nullable(arguments))


def _different_keys(a: Attribute, b: Attribute) -> SparkError:
    return analysis_error(
        "DATATYPE_MISMATCH.BINARY_OP_DIFF_TYPES",
        sqlExpr=f'"({a.name} = {b.name})"',
        left=f'"{a.data_type.sql_name}"',
        right=f'"{b.data_type.sql_name}"',
    )


def _key(a: Attribute, b: Attribute, kind: u.JoinKind, analysis: Analysis) -> NamedExpression:
    if kind is u.JoinKind.RIGHT_OUTER:
        return b
    if kind is not u.JoinKind.FULL_OUTER:
        return a
    target = common_type(a.data_type, b.data_type) or a.data_type
    sides = (replace(a, nullable=True), replace(b, nullable=True))
    merged = Call("coalesce", tuple(implicit_cast(s, target) for s in sides), target)
    return Alias(merged, analysis.ids.take(), a.name)


def _others(plan: LogicalPlan, keys: list[Attribute]) -> tuple[Attribute, ...]:
    taken = {a.id for a in keys}
    return tuple(a for a in plan.output if a.id not in taken)
