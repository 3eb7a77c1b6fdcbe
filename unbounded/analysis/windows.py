"""OVER clauses: the function, its ordering and the frame Spark gives it when none is written."""

from __future__ import annotations

from unbounded.analysis.context import Analysis, Scope
from unbounded.errors import analysis_error
from unbounded.functions.naming import pretty_name
from unbounded.plan import unresolved as u
from unbounded.plan.expressions import (
    AggregateCall,
    Cast,
    Expression,
    Frame,
    FrameEdge,
    FrameUnit,
    Literal,
    PythonCall,
    SortOrder,
    WindowCall,
    WindowFunctionCall,
)
from unbounded.plan.tree import children
from unbounded.types.datatypes import INTEGER

_WHOLE = Frame(FrameUnit.ROWS, FrameEdge.UNBOUNDED, FrameEdge.UNBOUNDED)
_UP_TO_ROW = Frame(FrameUnit.ROWS, FrameEdge.UNBOUNDED, FrameEdge.CURRENT_ROW)
_UP_TO_PEERS = Frame(FrameUnit.RANGE, FrameEdge.UNBOUNDED, FrameEdge.CURRENT_ROW)
_OFFSET_FUNCTIONS = frozenset({"lag", "lead"})
_FRAMED_FUNCTIONS = frozenset({"nth_value"})


def resolve_window(window: u.Window, scope: Scope, analysis: Analysis) -> Expression:
    """The typed OVER clause.

    Raises: SparkError UNSUPPORTED_EXPR_FOR_WINDOW, DISTINCT_WINDOW_FUNCTION_UNSUPPORTED,
        WINDOW_FUNCTION_AND_FRAME_MISMATCH, _LEGACY_ERROR for a ranking function without ORDER BY
    """
    function = analysis.expression(window.function, scope)
    if not isinstance(function, AggregateCall | WindowFunctionCall) and not _is_python_aggregate(function):
        raise analysis_error("UNSUPPORTED_EXPR_FOR_WINDOW", sqlExpr=f'"{pretty_name(function)}"')
    partition = tuple(analysis.expression(p, scope) for p in window.partition)
    order = tuple(
        SortOrder(analysis.expression(o.child, scope), o.is_ascending, o.has_nulls_first) for o in window.order
    )
    frame = _resolve_frame(window.frame, scope, analysis) if window.frame else None
    call = WindowCall(function, partition, order, _frame(function, order, frame))  # type: ignore[arg-type]
    if isinstance(function, AggregateCall) and function.is_distinct:
        raise analysis_error("DISTINCT_WINDOW_FUNCTION_UNSUPPORTED", windowExpr=f'"{pretty_name(call)}"')
    return call


def refuse_bare_window_functions(expression: Expression) -> None:
    """Raises: SparkError WINDOW_FUNCTION_WITHOUT_OVER_CLAUSE"""
    match expression:
        case WindowFunctionCall():
            raise analysis_error("WINDOW_FUNCTION_WITHOUT_OVER_CLAUSE", funcName=f'"{pretty_name(expression)}"')
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


def _frame(function: Expression, order: tuple[SortOrder, ...], written: Frame | None) -> Frame:
    """The frame in force: ranking functions and lag/lead have their own, others a default that depends on ORDER BY."""
    if isinstance(function, WindowFunctionCall) and function.function not in _FRAMED_FUNCTIONS:
        return _own_frame(function, order, written)
    return written or (_UP_TO_PEERS if order else _WHOLE)


def _own_frame(function: WindowFunctionCall, order: tuple[SortOrder, ...], written: Frame | None) -> Frame:
    own = _offset_frame(function) if function.function in _OFFSET_FUNCTIONS else _UP_TO_ROW
    if not order:
        raise analysis_error(
            "WINDOW_FUNCTION_AND_FRAME_MISMATCH" if written else "MISSING_WINDOW_ORDER",
            funcName=f'"{pretty_name(function)}"',
            windowExpr=f'"{pretty_name(function)}"',
        )
    return own


def _offset_frame(function: WindowFunctionCall) -> Frame:
    """lag(x, n) looks exactly n rows back: ROWS BETWEEN -n AND -n."""
    offset = function.arguments[1] if len(function.arguments) > 1 else Literal(1, INTEGER)
    value = offset.value if isinstance(offset, Literal) else 1
    edge = Literal(-value if function.function == "lag" else value, INTEGER)
    return Frame(FrameUnit.ROWS, edge, edge)


def _resolve_frame(frame: u.Frame, scope: Scope, analysis: Analysis) -> Frame:
    return Frame(
        FrameUnit(frame.unit.value), _edge(frame.lower, scope, analysis), _edge(frame.upper, scope, analysis)
    )


def _edge(edge: u.FrameEdge | u.Expression, scope: Scope, analysis: Analysis) -> FrameEdge | Literal:
    if isinstance(edge, u.FrameEdge):
        return FrameEdge(edge.value)
    resolved = analysis.expression(edge, scope)
    value = resolved.child if isinstance(resolved, Cast) else resolved
    if not isinstance(value, Literal):
        raise analysis_error("DATATYPE_MISMATCH.SPECIFIED_WINDOW_FRAME_WITHOUT_FOLDABLE", sqlExpr=f'"{pretty_name(resolved)}"', location="lower", expression=f'"{pretty_name(resolved)}"')
    return FrameEdge.CURRENT_ROW if value.value == 0 else value
