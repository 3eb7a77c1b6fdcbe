"""na.fill, na.drop, na.replace. NaN of a floating column counts as missing for fill and drop, as in Spark."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

from unbounded.analysis.context import Analysis
from unbounded.analysis.names import quoted
from unbounded.errors import analysis_error
from unbounded.plan import unresolved as u
from unbounded.plan.expressions import Attribute, Call, Cast, CastMode, Expression, Literal, NamedExpression
from unbounded.plan.logical import Filter, LogicalPlan, Project
from unbounded.types.coercion import is_string_like
from unbounded.types.datatypes import (
    BOOLEAN,
    INTEGER,
    BooleanType,
    DataType,
    DoubleType,
    FloatType,
    NumericType,
)


def resolve_fill(relation: u.FillNa, analysis: Analysis) -> LogicalPlan:
    """A value fills the columns of its kind (numbers, strings, booleans) and is cast to their type."""
    child = analysis.relation(relation.child)
    values = _fill_values(relation, child, analysis)

    def filled(column: Attribute) -> NamedExpression:
        value = values.get(column.id)
        if value is None or not _same_kind(column.data_type, value.data_type):
            return column
        arguments = (_without_nan(column), Cast(value, column.data_type, is_implicit=True))
        return analysis.ids.alias(Call("coalesce", arguments, column.data_type, False), column.name, column.metadata)

    return Project(child, tuple(map(filled, child.output)))


def _fill_values(relation: u.FillNa, child: LogicalPlan, analysis: Analysis) -> dict[int, Literal]:
    columns = _columns(relation.columns, child, analysis) if relation.columns else child.output
    literals = [Literal(v.value, v.data_type) for v in relation.values]
    if len(literals) == 1:
        return {column.id: literals[0] for column in columns}
    return {column.id: value for column, value in zip(columns, literals, strict=True)}


def resolve_drop(relation: u.DropNa, analysis: Analysis) -> LogicalPlan:
    """Keeps rows with at least `minimum_non_nulls` present values among the columns (all of them if None)."""
    child = analysis.relation(relation.child)
    columns = _columns(relation.columns, child, analysis) if relation.columns else child.output
    least = len(columns) if relation.minimum_non_nulls is None else relation.minimum_non_nulls
    return Filter(child, _at_least(least, list(map(_is_present, columns))))


def _is_present(column: Attribute) -> Expression:
    is_set = Call("isnotnull", (column,), BOOLEAN, False)
    if not isinstance(column.data_type, FloatType | DoubleType):
        return is_set
    is_number = Call("not", (Call("isnan", (column,), BOOLEAN, False),), BOOLEAN, False)
    return Call("and", (is_set, is_number), BOOLEAN, False)


def _at_least(least: int, conditions: Sequence[Expression]) -> Expression:
    """Whether `least` of the conditions hold; one value, no conjunction, as Spark's readers take no part of it."""
    if least <= 0:
        return Literal(True, BOOLEAN)
    if least > len(conditions):
        return Literal(False, BOOLEAN)
    if least == len(conditions):
        every = reduce(lambda a, b: Call("and", (a, b), BOOLEAN, False), conditions)
        return Call("if", (every, Literal(True, BOOLEAN), Literal(False, BOOLEAN)), BOOLEAN, False)
    one, zero = Literal(1, INTEGER), Literal(0, INTEGER)
    ones: list[Expression] = [Call("if", (condition, one, zero), INTEGER, False) for condition in conditions]
    total = reduce(lambda a, b: Call("+", (a, b), INTEGER, False), [zero, *ones])
    return Call(">=", (total, Literal(least, INTEGER)), BOOLEAN, False)


def resolve_replace(relation: u.ReplaceNa, analysis: Analysis) -> LogicalPlan:
    """Replaces equal values in columns of the replaced values' kind; a NULL replacement keeps the column's type."""
    child = analysis.relation(relation.child)
    chosen = {a.id for a in (_columns(relation.columns, child, analysis) if relation.columns else child.output)}
    pairs = [(Literal(a.value, a.data_type), Literal(b.value, b.data_type)) for a, b in relation.replacements]

    def replaced(column: Attribute) -> NamedExpression:
        if column.id not in chosen or not pairs or not _same_kind(column.data_type, pairs[0][0].data_type):
            return column
        branches = tuple(part for old, new in pairs for part in _branch(column, old, new))
        case = Call("when", (*branches, column), column.data_type)
        return analysis.ids.alias(case, column.name, column.metadata)

    return Project(child, tuple(map(replaced, child.output)))


def _branch(column: Attribute, old: Literal, new: Literal) -> tuple[Expression, Expression]:
    """Numbers are compared in the column's type, as Spark casts them; one that cannot be (NaN) equals nothing."""
    wanted = Cast(old, column.data_type, CastMode.TRY)
    return Call("==", (column, wanted), BOOLEAN, True), Cast(new, column.data_type, CastMode.TRY)


def _columns(names: Sequence[str], child: LogicalPlan, analysis: Analysis) -> tuple[Attribute, ...]:
    """Raises: SparkError UNRESOLVED_COLUMN.*"""
    result = []
    for name in names:
        found = [a for a in child.output if analysis.same_name(a.name, name)]
        if not found:
            proposal = ", ".join(quoted((a.name,)) for a in child.output)
            raise analysis_error("UNRESOLVED_COLUMN.WITH_SUGGESTION", objectName=quoted((name,)), proposal=proposal)
        result.extend(found)
    return tuple(result)


def _without_nan(column: Attribute) -> Expression:
    if not isinstance(column.data_type, FloatType | DoubleType):
        return column
    return Call("nanvl", (column, Literal(None, column.data_type)), column.data_type)


def _same_kind(column: DataType, value: DataType) -> bool:
    if isinstance(value, NumericType):
        return isinstance(column, NumericType)
    if isinstance(value, BooleanType):
        return isinstance(column, BooleanType)
    return is_string_like(value) and is_string_like(column)
