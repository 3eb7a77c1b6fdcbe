"""Relations that keep their input's shape or compute columns from one row: select, filter, alias, CTEs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeGuard

from unbounded.analysis import generators
from unbounded.analysis.columns import renamed_output
from unbounded.analysis.context import Analysis
from unbounded.analysis.names import qualified
from unbounded.analysis.ordering import with_missing_columns
from unbounded.analysis.over_groups import GROUPING_FUNCTIONS
from unbounded.analysis.time_windows import plan_time_windows
from unbounded.errors import ErrorKind, Origin, SparkError, analysis_error, requirement_failed
from unbounded.functions.catalog import REGISTRY
from unbounded.functions.determinism import changes_from_call_to_call
from unbounded.functions.naming import pretty_name
from unbounded.functions.registry import FunctionKind
from unbounded.plan import unresolved as u
from unbounded.plan.expressions import (
    AggregateCall,
    Attribute,
    Call,
    Expression,
    PythonCall,
    WindowCall,
    WindowFunctionCall,
)
from unbounded.plan.logical import Aggregate, Filter, LogicalPlan, Project, Sample, SubqueryAlias
from unbounded.plan.tree import children, contains, walk, walk_expression
from unbounded.types.datatypes import BOOLEAN


def resolve_project(relation: u.Project, analysis: Analysis) -> LogicalPlan:
    """A select; with aggregates and no GROUP BY it is an aggregate over all rows."""
    child = analysis.relation(relation.child)
    child, expressions = generators.resolve_select_list(relation.expressions, child, analysis)
    child, expressions = plan_time_windows(child, expressions, analysis)
    refuse_grouping_functions(expressions)
    if any(has_aggregate(e) for e in expressions):
        _check_global(expressions, relation.expressions)
        return Aggregate(child, (), expressions)
    return Project(child, expressions)


def has_aggregate(expression: Expression) -> bool:
    """Whether an aggregate call occurs outside an OVER clause (inside one: as an argument of the window function)."""
    match expression:
        case WindowCall(function=function, partition=partition, order=order):
            inner = (*function.arguments, *partition, *(o.child for o in order))
            return any(has_aggregate(e) for e in inner)
        case AggregateCall():
            return True
        case PythonCall() if expression.is_aggregate:
            return True
        case _:
            return any(isinstance(child, Expression) and has_aggregate(child) for child in children(expression))


def refuse_grouping_functions(outputs: Sequence[Expression]) -> None:
    """Raises: SparkError UNSUPPORTED_GROUPING_EXPRESSION"""
    if any(isinstance(node, Call) and node.function in GROUPING_FUNCTIONS for e in outputs for node in walk(e)):
        raise analysis_error("UNSUPPORTED_GROUPING_EXPRESSION")


def _check_global(expressions: tuple[Expression, ...], written: tuple[u.Expression, ...]) -> None:
    for expression in expressions:
        refuse_nested_aggregates(expression, written)
        refuse_changing_arguments(expression)
    from_rows = [e for e in expressions if not has_aggregate(e) and _reads_columns(e)]
    if from_rows:
        raise analysis_error("MISSING_GROUP_BY")


def refuse_nested_aggregates(expression: Expression, written: tuple[u.Expression, ...]) -> None:
    """Raises: SparkError NESTED_AGGREGATE_FUNCTION"""
    for call in walk_expression(expression):
        if isinstance(call, AggregateCall) and any(has_aggregate(a) for a in call.arguments):
            error = analysis_error("NESTED_AGGREGATE_FUNCTION")
            error.locate(_nested_origin(written))
            raise error


def refuse_changing_arguments(expression: Expression) -> None:
    """Aggregates, but for those over windows, read what is the same from call to call.

    Raises: SparkError AGGREGATE_FUNCTION_WITH_NONDETERMINISTIC_EXPRESSION, INVALID_AGGREGATE_FILTER.NON_DETERMINISTIC
    """
    match expression:
        case WindowCall():
            return
        case AggregateCall(arguments=arguments, filter=condition):
            if any(contains(argument, changes_from_call_to_call) for argument in arguments):
                shown = f'"{pretty_name(expression)}"'
                raise analysis_error("AGGREGATE_FUNCTION_WITH_NONDETERMINISTIC_EXPRESSION", sqlExpr=shown)
            if condition is not None and contains(condition, changes_from_call_to_call):
                shown = f'"{pretty_name(condition)}"'
                raise analysis_error("INVALID_AGGREGATE_FILTER.NON_DETERMINISTIC", filterExpr=shown)
        case _:
            for child in children(expression):
                if isinstance(child, Expression):
                    refuse_changing_arguments(child)


def _nested_origin(written: tuple[u.Expression, ...]) -> Origin | None:
    """Where in the text an aggregate stands in the arguments of another."""
    calls = [node for e in written for node in walk(e) if is_aggregate_call(node)]
    return next(
        (inner.origin for call in calls for a in call.arguments for inner in walk(a) if is_aggregate_call(inner)), None
    )


def is_aggregate_call(node: object) -> TypeGuard[u.UnresolvedFunction]:
    """Whether `node` calls an aggregate of the registry."""
    if not isinstance(node, u.UnresolvedFunction):
        return False
    function = REGISTRY.find(node.name.lower())
    return function is not None and function.kind is FunctionKind.AGGREGATE


def _reads_columns(expression: Expression) -> bool:
    return any(isinstance(node, Attribute) for node in walk(expression))


def resolve_filter(relation: u.Filter, analysis: Analysis) -> LogicalPlan:
    child = analysis.relation(relation.child)
    plan, (condition,) = with_missing_columns(
        child, lambda scope: (analysis.expression(relation.condition, scope),), analysis
    )
    filtered = Filter(plan, checked_condition(condition))
    return filtered if plan is child else Project(filtered, child.output)


def checked_condition(condition: Expression) -> Expression:
    """Raises: SparkError DATATYPE_MISMATCH.FILTER_NOT_BOOLEAN, INVALID_WHERE_CONDITION"""
    if condition.data_type != BOOLEAN:
        raise analysis_error(
            "DATATYPE_MISMATCH.FILTER_NOT_BOOLEAN",
            sqlExpr=f'"{pretty_name(condition)}"',
            filter=f'"{pretty_name(condition)}"',
            type=f'"{condition.data_type.sql_name}"',
        )
    parts = list(walk_expression(condition))
    if any(isinstance(e, WindowCall) for e in parts):
        raise analysis_error("WINDOW_FUNCTION_NOT_ALLOWED_IN_CLAUSE", clauseName="WHERE").without_place()
    refused = [e for e in parts if isinstance(e, AggregateCall | WindowFunctionCall)]
    if refused:
        raise analysis_error(
            "INVALID_WHERE_CONDITION",
            condition=f'"{pretty_name(condition)}"',
            expressionList=", ".join(pretty_name(qualified(e)) for e in refused[:1]),
        )
    return condition


def resolve_sample(relation: u.Sample, analysis: Analysis) -> LogicalPlan:
    child = analysis.relation(relation.child)
    fraction = relation.upper_bound - relation.lower_bound
    if not relation.with_replacement and not 0 <= fraction <= 1:
        raise requirement_failed(f"Sampling fraction ({fraction}) must be on interval [0, 1] without replacement")
    seed = relation.seed if relation.seed is not None else 0
    return Sample(child, relation.lower_bound, relation.upper_bound, relation.with_replacement, seed)


def resolve_alias(relation: u.SubqueryAlias, analysis: Analysis) -> LogicalPlan:
    child = analysis.relation(relation.child)
    if relation.columns:
        if len(relation.columns) != len(child.output):
            raise analysis_error(
                "NUM_TABLE_VALUE_ALIASES_MISMATCH",
                funcName=relation.name,
                aliasNum=str(len(relation.columns)),
                outColNum=str(len(child.output)),
            )
        child = Project(child, renamed_output(child.output, relation.columns, analysis))
    return SubqueryAlias(child, (relation.name,))


def resolve_ctes(relation: u.WithCtes, analysis: Analysis) -> LogicalPlan:
    """Each query sees the ones before it; a use takes a copy with fresh columns (see `sources`)."""
    known = dict(analysis.ctes)
    names = [cte.name.lower() for cte in relation.ctes]
    repeated = [name for name in dict.fromkeys(names) if names.count(name) > 1]
    if repeated:
        shown = ", ".join(f"`{name}`" for name in repeated)
        raise SparkError(ErrorKind.PARSE, "DUPLICATED_CTE_NAMES", {"duplicateNames": shown})
    for cte in relation.ctes:
        known[cte.name.lower()] = replace(analysis, ctes=dict(known)).relation(cte)
    return replace(analysis, ctes=known).relation(relation.body)


def resolve_repartition(relation: u.Repartition, analysis: Analysis) -> LogicalPlan:
    child = analysis.relation(relation.child)
    for expression in relation.expressions:
        analysis.expression(
            expression.child if isinstance(expression, u.SortOrder) else expression, analysis.scope(child)
        )
    return child


def resolve_hint(relation: u.Hint, analysis: Analysis) -> LogicalPlan:
    return analysis.relation(relation.child)
