"""OVER clauses: the function, its ordering and the frame Spark gives it when none is written."""

from __future__ import annotations

from unbounded.analysis.context import Analysis, Scope
from unbounded.analysis.frames import frame_in_force, resolve_frame
from unbounded.errors import analysis_error
from unbounded.functions.naming import pretty_name
from unbounded.plan import unresolved as u
from unbounded.plan.expressions import (
    AggregateCall,
    Expression,
    PythonCall,
    SortOrder,
    WindowCall,
    WindowFunctionCall,
)
from unbounded.plan.tree import children


def resolve_window(window: u.Window, scope: Scope, analysis: Analysis) -> Expression:
    """The typed OVER clause.

    Raises: SparkError UNSUPPORTED_EXPR_FOR_WINDOW, DISTINCT_WINDOW_FUNCTION_UNSUPPORTED,
        and those of `frame_in_force`
    """
    function = analysis.expression(window.function, scope)
    if not isinstance(function, AggregateCall | WindowFunctionCall) and not _is_python_aggregate(function):
        raise analysis_error("UNSUPPORTED_EXPR_FOR_WINDOW", sqlExpr=f'"{pretty_name(function)}"')
    partition = tuple(analysis.expression(p, scope) for p in window.partition)
    order = tuple(
        SortOrder(analysis.expression(o.child, scope), o.is_ascending, o.has_nulls_first) for o in window.order
    )
    frame = resolve_frame(window.frame, scope, analysis) if window.frame else None
    call = WindowCall(function, partition, order, frame_in_force(function, order, frame))  # type: ignore[arg-type]
    if isinstance(function, AggregateCall) and function.is_distinct:
        raise analysis_error("DISTINCT_WINDOW_FUNCTION_UNSUPPORTED", windowExpr=f'"{pretty_name(call)}"')
    return call


_SHOWN_IN_CAPITALS = frozenset({"rank", "dense_rank", "percent_rank"})
"""Window functions whose bare call Spark shows in its SQL form."""


def refuse_bare_window_functions(expression: Expression) -> None:
    """Raises: SparkError WINDOW_FUNCTION_WITHOUT_OVER_CLAUSE"""
    match expression:
        case WindowFunctionCall():
            shown = pretty_name(expression)
            shown = shown.upper() if expression.function in _SHOWN_IN_CAPITALS else shown
            raise analysis_error("WINDOW_FUNCTION_WITHOUT_OVER_CLAUSE", funcName=f'"{shown}"')
        case WindowCall(function=function):
            parts = [p for p in children(expression) if p is not function]
            parts += list(children(function))
        case _:
            parts = list(children(expression))
    for part in parts:
        if isinstance(part, Expression):
            refuse_bare_window_functions(part)


def _is_python_aggregate(function: Expression) -> bool:
    return isinstance(function, PythonCall) and function.is_aggregate
