"""Window frames: what is written, what a function prescribes, what is the default; and Spark's refusals."""

from __future__ import annotations

from unbounded.analysis.context import Analysis, Scope
from unbounded.analysis.names import qualified
from unbounded.errors import analysis_error
from unbounded.functions.naming import edge_name, frame_name, pretty_name, sort_order_name
from unbounded.plan import unresolved as u
from unbounded.plan.expressions import (
    Call,
    Cast,
    Expression,
    Frame,
    FrameEdge,
    FrameUnit,
    Literal,
    SortOrder,
    WindowFunctionCall,
)
from unbounded.types.datatypes import (
    INTEGER,
    DataType,
    DatetimeType,
    DateType,
    DayTimeIntervalType,
    IntegerType,
    IntegralType,
    IntervalType,
    NumericType,
    YearMonthIntervalType,
)

_WHOLE = Frame(FrameUnit.ROWS, FrameEdge.UNBOUNDED, FrameEdge.UNBOUNDED)
_UP_TO_ROW = Frame(FrameUnit.ROWS, FrameEdge.UNBOUNDED, FrameEdge.CURRENT_ROW)
_UP_TO_PEERS = Frame(FrameUnit.RANGE, FrameEdge.UNBOUNDED, FrameEdge.CURRENT_ROW)
_OFFSET_FUNCTIONS = frozenset({"lag", "lead"})
_FRAMED_FUNCTIONS = frozenset({"nth_value"})
_OWN_FRAMES = {"cume_dist": _UP_TO_PEERS}

_OFFSET_TYPES = '("NUMERIC" or "INTERVAL DAY TO SECOND" or "INTERVAL YEAR TO MONTH" or "INTERVAL")'


def frame_in_force(function: Expression, order: tuple[SortOrder, ...], written: Frame | None) -> Frame:
    """Ranking functions and lag/lead have their own frame, others a default that depends on ORDER BY.

    Raises: SparkError WINDOW_FUNCTION_FRAME_NOT_ORDERED, DATATYPE_MISMATCH.*, _LEGACY_ERROR_TEMP_1036
    """
    if isinstance(function, WindowFunctionCall) and not order:
        shown = pretty_name(qualified(function))
        unordered = analysis_error("WINDOW_FUNCTION_FRAME_NOT_ORDERED", wf_name=function.function, wf_expr=shown)
        raise unordered.without_place()
    if isinstance(function, WindowFunctionCall) and function.function not in _FRAMED_FUNCTIONS:
        return _own_frame(function, written)
    if written is not None:
        _check(written, order)
    return written or (_UP_TO_PEERS if order else _WHOLE)


def _own_frame(function: WindowFunctionCall, written: Frame | None) -> Frame:
    if function.function in _OFFSET_FUNCTIONS:
        if written is not None:
            raise analysis_error(
                "_LEGACY_ERROR_TEMP_3102", msg=f"Cannot specify window frame for {function.function} function."
            )
        return _offset_frame(function)
    own = _OWN_FRAMES.get(function.function, _UP_TO_ROW)
    if written is not None and written != own:
        differs = analysis_error("_LEGACY_ERROR_TEMP_1036", wf=_internal_name(written), required=_internal_name(own))
        raise differs.without_place()
    return own


def _offset_frame(function: WindowFunctionCall) -> Frame:
    """lag(x, n) looks exactly n rows back: ROWS BETWEEN -n AND -n."""
    offset = function.arguments[1]
    value = offset.value if isinstance(offset, Literal) else 1
    edge = Literal(-value if function.function == "lag" else value, INTEGER)
    return Frame(FrameUnit.ROWS, edge, edge)


def _internal_name(frame: Frame) -> str:
    """As Spark prints a frame in this one message."""
    kind = "RowFrame" if frame.unit is FrameUnit.ROWS else "RangeFrame"
    lower, upper = (
        "currentrow$()"
        if e is FrameEdge.CURRENT_ROW
        else f"unbounded{side}$()"
        if isinstance(e, FrameEdge)
        else str(e.value)
        for e, side in ((frame.lower, "preceding"), (frame.upper, "following"))
    )
    return f"specifiedwindowframe({kind}, {lower}, {upper})"


# ------------------------------------------------------------------------------------------------ written frames


def resolve_frame(frame: u.Frame, scope: Scope, analysis: Analysis) -> Frame:
    return Frame(
        FrameUnit(frame.unit.value),
        _edge(frame.lower, "lower", scope, analysis),
        _edge(frame.upper, "upper", scope, analysis),
    )


def _edge(edge: u.FrameEdge | u.Expression, location: str, scope: Scope, analysis: Analysis) -> FrameEdge | Literal:
    if isinstance(edge, u.FrameEdge):
        return FrameEdge(edge.value)
    resolved = analysis.expression(edge, scope)
    value = _constant(resolved)
    if value is None:
        shown = f'"{pretty_name(resolved)}"'
        raise analysis_error(
            "DATATYPE_MISMATCH.SPECIFIED_WINDOW_FRAME_WITHOUT_FOLDABLE",
            sqlExpr=shown,
            location=location,
            expression=shown,
        )
    return FrameEdge.CURRENT_ROW if value.value == 0 else value


def _constant(expression: Expression) -> Literal | None:
    match expression:
        case Literal(value=value) if value is not None:
            return expression
        case Cast(child=child):
            return _constant(child)
        case Call(function="-" | "negative", arguments=(argument,)):
            literal = _constant(argument)
            return None if literal is None else Literal(-literal.value, literal.data_type)
        case _:
            return None


def _check(frame: Frame, order: tuple[SortOrder, ...]) -> None:
    offsets = [edge for edge in (frame.lower, frame.upper) if isinstance(edge, Literal)]
    if frame.unit is FrameUnit.ROWS:
        _check_rows(frame)
    elif not order and frame != Frame(FrameUnit.RANGE, FrameEdge.UNBOUNDED, FrameEdge.UNBOUNDED):
        raise analysis_error("DATATYPE_MISMATCH.RANGE_FRAME_WITHOUT_ORDER", sqlExpr=_specification(frame, order))
    elif offsets and len(order) > 1:
        raise analysis_error(
            "DATATYPE_MISMATCH.RANGE_FRAME_MULTI_ORDER",
            sqlExpr=_specification(frame, order),
            orderSpec=",".join(map(sort_order_name, order)),
        )
    else:
        _check_range(frame, order, offsets)
    _check_direction(frame)


def _specification(frame: Frame, order: tuple[SortOrder, ...]) -> str:
    ordered = f"ORDER BY {', '.join(map(sort_order_name, order))} " if order else ""
    return f'"({ordered}{frame_name(frame)})"'


def _check_rows(frame: Frame) -> None:
    for edge, location in ((frame.lower, "lower"), (frame.upper, "upper")):
        if isinstance(edge, Literal) and not isinstance(edge.data_type, IntegerType):
            raise _unaccepted(frame, location, edge.data_type, '"INT"')


def _check_range(frame: Frame, order: tuple[SortOrder, ...], offsets: list[Literal]) -> None:
    if not offsets:
        return
    ordered = order[0].child.data_type
    if not isinstance(ordered, NumericType | DatetimeType | IntervalType):
        raise _unaccepted(frame, "lower" if isinstance(frame.lower, Literal) else "upper", ordered, _OFFSET_TYPES)
    for offset in offsets:
        if not _fits(ordered, offset.data_type):
            raise analysis_error(
                "DATATYPE_MISMATCH.RANGE_FRAME_INVALID_TYPE",
                sqlExpr=_specification(frame, order),
                orderSpecType=f'"{ordered.sql_name}"',
                valueBoundaryType=f'"{offset.data_type.sql_name}"',
            )


def _fits(ordered: DataType, offset: DataType) -> bool:
    match ordered:
        case DateType():
            return isinstance(offset, IntegralType | DayTimeIntervalType | YearMonthIntervalType)
        case DatetimeType():
            return isinstance(offset, DayTimeIntervalType | YearMonthIntervalType)
        case NumericType():
            return isinstance(offset, NumericType)
        case _:
            return type(ordered) is type(offset)


def _unaccepted(frame: Frame, location: str, given: DataType, expected: str) -> Exception:
    return analysis_error(
        "DATATYPE_MISMATCH.SPECIFIED_WINDOW_FRAME_UNACCEPTED_TYPE",
        sqlExpr=f'"{frame_name(frame)}"',
        location=location,
        exprType=f'"{given.sql_name}"',
        expectedType=expected,
    )


def _check_direction(frame: Frame) -> None:
    lower, upper = (_position(edge, sign) for edge, sign in ((frame.lower, -1), (frame.upper, 1)))
    if isinstance(frame.lower, Literal) and isinstance(frame.upper, Literal) and lower > upper:
        first, last = edge_name(frame.lower, "PRECEDING"), edge_name(frame.upper, "FOLLOWING")
        raise analysis_error(
            "DATATYPE_MISMATCH.SPECIFIED_WINDOW_FRAME_WRONG_COMPARISON",
            sqlExpr=f'"{frame.unit.value} BETWEEN {first} AND {last}"',
            comparison="less than or equal",
        )


def _position(edge: FrameEdge | Literal, sign: int) -> float:
    if isinstance(edge, Literal):
        return float(edge.value)
    return 0 if edge is FrameEdge.CURRENT_ROW else sign * float("inf")
