"""Adding, renaming, dropping and casting columns by name."""

from __future__ import annotations

from collections.abc import Sequence

from unbounded.analysis import generators
from unbounded.analysis.context import Analysis
from unbounded.analysis.names import unresolved_column
from unbounded.analysis.time_windows import plan_time_windows
from unbounded.errors import analysis_error
from unbounded.plan import unresolved as u
from unbounded.plan.expressions import Alias, Attribute, Cast, Literal, NamedExpression
from unbounded.plan.logical import LogicalPlan, Project
from unbounded.plan.tree import walk
from unbounded.types.datatypes import StructField
from unbounded.types.storing import can_store


def resolve_with_columns(relation: u.WithColumns, analysis: Analysis) -> LogicalPlan:
    """Existing columns of a name are replaced where they stand, new ones go to the end."""
    child = analysis.relation(relation.child)
    _refuse_duplicates([c.names[0] for c in relation.columns], analysis)
    source, added = generators.resolve_select_list(relation.columns, child, analysis)
    source, added = plan_time_windows(source, added, analysis)
    result: list[NamedExpression] = []
    waiting = list(added)
    for attribute in child.output:
        match = next((a for a in added if analysis.same_name(a.name, attribute.name)), None)
        result.append(match or attribute)
        if match in waiting:
            waiting.remove(match)
    return Project(source, (*result, *waiting))


def _refuse_duplicates(given: Sequence[str], analysis: Analysis) -> None:
    seen = [name if analysis.environment.is_case_sensitive else name.lower() for name in given]
    for name in seen:
        if seen.count(name) > 1:
            raise analysis_error("COLUMN_ALREADY_EXISTS", columnName=f"`{name}`")


def resolve_renames(relation: u.RenameColumns, analysis: Analysis) -> LogicalPlan:
    """Renames apply one after the other, as Spark folds them."""
    child = analysis.relation(relation.child)
    current = [a.name for a in child.output]
    for old, new in relation.renames:
        current = [new if analysis.same_name(name, old) else name for name in current]
    return Project(child, renamed_output(child.output, current, analysis))


def renamed_output(
    attributes: Sequence[Attribute], new_names: Sequence[str], analysis: Analysis
) -> tuple[NamedExpression, ...]:
    return tuple(
        a if a.name == name else analysis.ids.alias(a, name, a.metadata)
        for a, name in zip(attributes, new_names, strict=True)
    )


def resolve_drop(relation: u.Drop, analysis: Analysis) -> LogicalPlan:
    """Unknown names and columns are ignored; nested fields cannot be dropped."""
    child = analysis.relation(relation.child)
    scope = analysis.scope(child)
    dropped = {a.id for a in child.output if any(analysis.same_name(a.name, name) for name in relation.names)}
    for column in relation.columns:
        dropped |= (
            _column_ids(column, child, analysis)
            if isinstance(column, u.UnresolvedAttribute)
            else {node.id for node in walk(analysis.expression(column, scope)) if isinstance(node, Attribute)}
        )
    return Project(child, tuple(a for a in child.output if a.id not in dropped))


def _column_ids(column: u.UnresolvedAttribute, child: LogicalPlan, analysis: Analysis) -> set[int]:
    if column.plan_id is not None:
        outputs = analysis.outputs_by_plan_id.get(column.plan_id, [])
        candidates = {a.id for output in outputs for a in output if analysis.same_name(a.name, column.parts[-1])}
        return candidates & {a.id for a in child.output}
    return {
        a.id
        for a in child.output
        if analysis.same_name(a.name, column.parts[-1])
        and tuple(map(str.lower, (*a.qualifier, a.name)))[-len(column.parts) :] == tuple(map(str.lower, column.parts))
    }


def resolve_to_df(relation: u.ToDF, analysis: Analysis) -> LogicalPlan:
    child = analysis.relation(relation.child)
    if len(relation.names) != len(child.output):
        raise analysis_error(
            "ASSIGNMENT_ARITY_MISMATCH", numExpr=str(len(relation.names)), numTarget=str(len(child.output))
        )
    return Project(child, renamed_output(child.output, relation.names, analysis))


def resolve_to_schema(relation: u.ToSchema, analysis: Analysis) -> LogicalPlan:
    """Columns are found by name, reordered and cast; a missing nullable column becomes NULL."""
    child = analysis.relation(relation.child)
    return Project(child, tuple(_field_of_schema(f, child, analysis) for f in relation.schema.fields))


def _field_of_schema(field: StructField, child: LogicalPlan, analysis: Analysis) -> NamedExpression:
    found = [a for a in child.output if analysis.same_name(a.name, field.name)]
    if len(found) > 1:
        raise analysis_error("AMBIGUOUS_COLUMN_OR_FIELD", name=f"`{field.name}`", n=str(len(found)))
    if not found and not field.nullable:
        raise unresolved_column((field.name,), child.output)
    if not found:
        return analysis.ids.alias(Literal(None, field.data_type), field.name, field.metadata)
    (column,) = found
    if column.nullable and not field.nullable:
        raise analysis_error("NULLABLE_COLUMN_OR_FIELD", name=f"`{field.name}`")
    if column.data_type == field.data_type and column.name == field.name:
        return column
    if not can_store(column.data_type, field.data_type):
        raise analysis_error(
            "INVALID_COLUMN_OR_FIELD_DATA_TYPE",
            name=f"`{field.name}`",
            type=f'"{column.data_type.sql_name}"',
            expectedType=f'"{field.data_type.sql_name}"',
        )
    return Alias(Cast(column, field.data_type), analysis.ids.take(), field.name, field.metadata)
