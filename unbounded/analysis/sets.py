"""UNION, INTERSECT, EXCEPT: columns matched by position or by name, and brought to common types."""

from __future__ import annotations

from collections.abc import Sequence

from unbounded.analysis.context import Analysis
from unbounded.analysis.names import quoted
from unbounded.analysis.plans import cast_output, groups_of_equal_rows
from unbounded.errors import analysis_error
from unbounded.functions.signature import ORDINALS
from unbounded.plan import unresolved as u
from unbounded.plan.expressions import Attribute, Literal, NamedExpression
from unbounded.plan.logical import LogicalPlan, Project, SetOperation
from unbounded.plan.streaming import is_streaming
from unbounded.types.coercion import common_type
from unbounded.types.datatypes import NULL, DataType, MapType, contains_type


def resolve_set_operation(relation: u.SetOperation, analysis: Analysis) -> LogicalPlan:
    """Raises: SparkError NUM_COLUMNS_MISMATCH, INCOMPATIBLE_COLUMN_TYPE, UNRESOLVED_COLUMN (by name)"""
    left, right = analysis.relation(relation.left), analysis.relation(relation.right)
    if relation.is_by_name:
        left, right = _match_by_name(left, right, relation.allows_missing_columns, analysis)
    return set_operation(left, right, relation.operator, relation.is_all, analysis)


def set_operation(
    left: LogicalPlan, right: LogicalPlan, operator: u.SetOperator, is_all: bool, analysis: Analysis
) -> LogicalPlan:
    if len(left.output) != len(right.output):
        raise analysis_error(
            "NUM_COLUMNS_MISMATCH",
            operator=operator.value,
            firstNumColumns=str(len(left.output)),
            invalidOrdinalNum="second",
            invalidNumColumns=str(len(right.output)),
        )
    if not (operator is u.SetOperator.UNION and is_all):
        refuse_maps(left.output)
    types = [_common_column_type(i, left, right, operator) for i in range(len(left.output))]
    left, right = cast_output(left, types), cast_output(right, types)
    output = _output(left, right, operator, analysis)
    if operator is u.SetOperator.UNION and not is_all and (is_streaming(left) or is_streaming(right)):
        return groups_of_equal_rows(SetOperation(left, right, operator, True, output))
    return SetOperation(left, right, operator, is_all, output)


def refuse_maps(columns: Sequence[Attribute]) -> None:
    """Maps cannot be compared, so rows that hold one cannot be told apart."""
    for column in columns:
        if contains_type(column.data_type, MapType):
            raise analysis_error(
                "UNSUPPORTED_FEATURE.SET_OPERATION_ON_MAP_TYPE",
                colName=quoted((column.name,)),
                dataType=f'"{column.data_type.sql_name}"',
            )


def _output(
    left: LogicalPlan, right: LogicalPlan, operator: u.SetOperator, analysis: Analysis
) -> tuple[Attribute, ...]:
    is_union = operator is u.SetOperator.UNION
    return tuple(
        analysis.ids.attribute(a.name, a.data_type, a.nullable or (is_union and b.nullable), a.metadata)
        for a, b in zip(left.output, right.output, strict=True)
    )


def _common_column_type(position: int, left: LogicalPlan, right: LogicalPlan, operator: u.SetOperator) -> DataType:
    a, b = left.output[position].data_type, right.output[position].data_type
    common = common_type(a, b)
    if common is None:
        raise analysis_error(
            "INCOMPATIBLE_COLUMN_TYPE",
            operator=operator.value,
            columnOrdinalNumber=ORDINALS[position],
            tableOrdinalNumber="second",
            dataType1=f'"{b.sql_name}"',
            dataType2=f'"{a.sql_name}"',
            hint="",
        )
    return common


def _match_by_name(
    left: LogicalPlan, right: LogicalPlan, allows_missing: bool, analysis: Analysis
) -> tuple[LogicalPlan, LogicalPlan]:
    matched = [_column_called(a, right, allows_missing, analysis) for a in left.output]
    names = [a.name for a in left.output]
    extra = [b for b in right.output if not any(analysis.same_name(b.name, name) for name in names)]
    if extra and not allows_missing:
        return left, Project(right, (*matched, *extra))
    widened: tuple[NamedExpression, ...] = tuple(analysis.ids.alias(Literal(None, NULL), b.name) for b in extra)
    return (Project(left, (*left.output, *widened)) if extra else left), Project(right, (*matched, *extra))


def _column_called(column: Attribute, plan: LogicalPlan, allows_missing: bool, analysis: Analysis) -> NamedExpression:
    found = next((b for b in plan.output if analysis.same_name(b.name, column.name)), None)
    if found is not None:
        return found
    if allows_missing:
        return analysis.ids.alias(Literal(None, column.data_type), column.name)
    names = ", ".join(b.name for b in plan.output)
    raise analysis_error("UNRESOLVED_COLUMN_AMONG_FIELD_NAMES", colName=column.name, fieldNames=names)
