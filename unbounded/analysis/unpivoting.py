"""Columns to rows: unpivot and melt, SQL's UNPIVOT; and transpose."""

from __future__ import annotations

from collections.abc import Sequence

from unbounded.analysis.context import Analysis
from unbounded.analysis.expressions import resolve_projection
from unbounded.errors import SparkError, analysis_error, not_supported
from unbounded.functions.signature import implicit_cast
from unbounded.plan import unresolved as u
from unbounded.plan.expressions import (
    AggregateCall,
    Alias,
    Attribute,
    Call,
    Expression,
    GeneratorCall,
    Literal,
    NamedExpression,
    SortOrder,
    to_attribute,
    unaliased,
)
from unbounded.plan.logical import Aggregate, Generate, LogicalPlan, Project, Sort
from unbounded.plan.tree import walk
from unbounded.types.coercion import common_type_of
from unbounded.types.datatypes import BOOLEAN, STRING, ArrayType, DataType, StructField, StructType

Group = tuple[Expression, ...]


def resolve_unpivot(relation: u.Unpivot, analysis: Analysis) -> LogicalPlan:
    """Each row becomes one row per value column. Raises: SparkError UNPIVOT_*"""
    child = analysis.relation(relation.child)
    ids = resolve_projection(relation.ids, analysis.scope(child), analysis)
    if relation.values is not None:
        values = resolve_projection(relation.values, analysis.scope(child), analysis)
    else:
        taken = {to_attribute(e).id for e in ids}
        values = tuple(a for a in child.output if a.id not in taken)
    if not values:
        raise analysis_error("UNPIVOT_REQUIRES_VALUE_COLUMNS")
    labels = [to_attribute(value).name for value in values]
    groups = [(unaliased(value),) for value in values]
    return _unpivot(child, ids, groups, labels, relation.variable_column, (relation.value_column,), analysis)


def resolve_unpivot_table(relation: u.UnpivotTable, analysis: Analysis) -> LogicalPlan:
    """Every column that no group mentions is kept."""
    child = analysis.relation(relation.child)
    scope = analysis.scope(child)
    groups = [tuple(analysis.expression(e, scope) for e in group) for group in relation.groups]
    read = {node.id for group in groups for e in group for node in walk(e) if isinstance(node, Attribute)}
    ids = tuple(a for a in child.output if a.id not in read)
    labels = [
        label if label is not None else "_".join(_name(e) for e in group)
        for label, group in zip(relation.labels, groups, strict=True)
    ]
    return _unpivot(child, ids, groups, labels, relation.variable_column, relation.value_columns, analysis)


def _unpivot(
    child: LogicalPlan,
    ids: Sequence[NamedExpression],
    groups: Sequence[Group],
    labels: Sequence[str],
    variable: str,
    names: Sequence[str],
    analysis: Analysis,
) -> LogicalPlan:
    """An array of structs (label, values…), one per group, made into rows."""
    types = [_common_type(position, groups, labels) for position in range(len(names))]
    fields = (StructField(variable, STRING, False), *(StructField(n, t) for n, t in zip(names, types, strict=True)))
    row = StructType(tuple(StructField(f"v{i}", f.data_type, f.nullable) for i, f in enumerate(fields)))
    rows = tuple(_row(label, group, types, row) for label, group in zip(labels, groups, strict=True))
    array = Call("array", rows, ArrayType(row, False), False)
    generated = tuple(analysis.ids.attribute(f.name, f.data_type, f.nullable) for f in fields)
    plan = Generate(child, GeneratorCall("inline", (array,), row.fields), False, generated)
    return Project(plan, (*ids, *generated))


def _row(label: str, group: Group, types: Sequence[DataType], row: StructType) -> Call:
    values = (Literal(label, STRING), *(implicit_cast(e, t) for e, t in zip(group, types, strict=True)))
    arguments = tuple(part for f, v in zip(row.fields, values, strict=True) for part in (Literal(f.name, STRING), v))
    return Call("named_struct", arguments, row, False)


def _common_type(position: int, groups: Sequence[Group], labels: Sequence[str]) -> DataType:
    found = common_type_of(group[position].data_type for group in groups)
    if found is None:
        raise _different_types(
            [(label, group[position].data_type) for label, group in zip(labels, groups, strict=True)]
        )
    return found


def _different_types(columns: Sequence[tuple[str, DataType]]) -> SparkError:
    """Spark lists the types, and at most three columns of each."""
    by_type: dict[str, list[str]] = {}
    for name, data_type in columns:
        by_type.setdefault(data_type.sql_name, []).append(f"`{name}`")
    shown = (
        f'"{name}" ({", ".join(members[:3])}{", ..." if len(members) > 3 else ""})' for name, members in by_type.items()
    )
    return analysis_error("UNPIVOT_VALUE_DATA_TYPE_MISMATCH", types=", ".join(shown))


def _name(expression: Expression) -> str:
    return expression.name if isinstance(expression, Attribute) else "value"


MAX_TRANSPOSED_ROWS = 500
"""Spark's `spark.sql.transposeMaxValues`."""


def resolve_transpose(relation: u.Transpose, analysis: Analysis) -> LogicalPlan:
    """Rows become columns named by the index column (the first one unless given); needs the values of that column.

    Raises: SparkError TRANSPOSE_NO_LEAST_COMMON_TYPE
    """
    child = analysis.relation(relation.child)
    chosen = resolve_projection(relation.index_columns, analysis.scope(child), analysis)
    index = to_attribute(chosen[0]) if chosen else child.output[0]
    rest = tuple(a for a in child.output if a.id != index.id)
    common = common_type_of(a.data_type for a in rest)
    if common is None:
        types = list(dict.fromkeys(f'"{a.data_type.sql_name}"' for a in rest))
        raise analysis_error("TRANSPOSE_NO_LEAST_COMMON_TYPE", dt1=types[0], dt2=types[1])
    keys = analysis.catalog.distinct_values(
        Project(child, (analysis.ids.alias(implicit_cast(index, STRING), "key"),)), MAX_TRANSPOSED_ROWS + 1
    )
    if len(keys) > MAX_TRANSPOSED_ROWS:
        raise not_supported(f"Transposing more than {MAX_TRANSPOSED_ROWS} rows", "Filter the rows first.")
    return _transposed(child, index, rest, common, [k for k in keys if isinstance(k, str)], analysis)


def _transposed(
    child: LogicalPlan,
    index: Attribute,
    rest: tuple[Attribute, ...],
    common: DataType,
    keys: Sequence[str],
    analysis: Analysis,
) -> LogicalPlan:
    """One row per column, in order of their names: unpivot, then one column per index value."""
    names = [a.name for a in rest]
    long = _unpivot(child, (index,), [(a,) for a in rest], names, "key", ("value",), analysis)
    position, key, value = long.output

    def picked(name: str) -> Alias:
        matches = Call("==", (implicit_cast(position, STRING), Literal(name, STRING)), BOOLEAN)
        return analysis.ids.alias(AggregateCall("any_value", (value,), common, filter=matches), name)

    pivoted = Aggregate(long, (key,), (key, *(picked(name) for name in keys)))
    return Sort(pivoted, (SortOrder(key),))
