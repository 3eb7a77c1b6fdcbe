"""mapInPandas, mapInArrow, applyInPandas, applyInArrow, cogroup: Python functions from tables to tables."""

from __future__ import annotations

from unbounded.analysis.context import Analysis
from unbounded.analysis.expressions import resolve_named
from unbounded.errors import analysis_error
from unbounded.plan import unresolved as u
from unbounded.plan.expressions import Attribute, PythonEvaluation, to_attribute
from unbounded.plan.logical import CoGroupMap, GroupMap, LogicalPlan, MapPartitions, Project, PythonTable
from unbounded.types.datatypes import StructType


def resolve_map_partitions(relation: u.MapPartitions, analysis: Analysis) -> LogicalPlan:
    child = analysis.relation(relation.child)
    return MapPartitions(child, _table(relation.function), _output(relation.function, analysis))


def resolve_group_map(relation: u.GroupMap, analysis: Analysis) -> LogicalPlan:
    child, keys, arguments = _keyed(relation.child, relation.grouping, analysis)
    return GroupMap(child, keys, arguments, _table(relation.function), _output(relation.function, analysis))


def resolve_cogroup_map(relation: u.CoGroupMap, analysis: Analysis) -> LogicalPlan:
    left, left_keys, left_arguments = _keyed(relation.left, relation.left_grouping, analysis)
    right, right_keys, right_arguments = _keyed(relation.right, relation.right_grouping, analysis)
    function = relation.function
    return CoGroupMap(
        left,
        left_keys,
        left_arguments,
        right,
        right_keys,
        right_arguments,
        _table(function),
        _output(function, analysis),
    )


def _keyed(
    relation: u.Relation, grouping: tuple[u.Expression, ...], analysis: Analysis
) -> tuple[LogicalPlan, tuple[Attribute, ...], tuple[Attribute, ...]]:
    """The input with its grouping expressions as columns; the keys; the columns the function sees."""
    child = analysis.relation(relation)
    named = tuple(resolve_named(g, analysis.scope(child), analysis) for g in grouping)
    computed = tuple(g for g in named if not isinstance(g, Attribute))
    keyed = Project(child, (*child.output, *computed)) if computed else child
    return keyed, tuple(to_attribute(g) for g in named), child.output


def _table(function: u.PythonFunction) -> PythonTable:
    return PythonTable(function.name, function.command, PythonEvaluation(function.eval_type))


def _output(function: u.PythonFunction, analysis: Analysis) -> tuple[Attribute, ...]:
    if not isinstance(function.output_type, StructType):
        raise analysis_error(
            "INVALID_COLUMN_OR_FIELD_DATA_TYPE",
            name=f"`{function.name}`",
            type=f'"{function.output_type.sql_name}"',
            expectedType='"STRUCT"',
        )
    return analysis.ids.attributes(function.output_type)
