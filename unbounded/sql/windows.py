"""OVER clauses to window expressions: named windows, partition and order, frames with signed offsets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sqlglot import exp

from unbounded.errors import analysis_error
from unbounded.plan.unresolved import (
    Expression,
    Frame,
    FrameEdge,
    FrameUnit,
    Literal,
    SortOrder,
    UnresolvedFunction,
    Window,
)
from unbounded.sql.scope import Scope
from unbounded.types.datatypes import DayTimeIntervalType, NumericType, YearMonthIntervalType

Translate = Callable[[exp.Expr, Scope], Expression]
TranslateOrder = Callable[[exp.Expr, Scope], SortOrder]


def translate_window(node: exp.Window, scope: Scope, translate: Translate, order: TranslateOrder) -> Window:
    """`function OVER …`; `translate` and `order` are handed in because they call this."""
    specification = _specification(node, scope.windows)
    ordering = specification.args.get("order")
    return Window(
        translate(node.this, scope),
        tuple(translate(item, scope) for item in specification.args.get("partition_by") or ()),
        tuple(order(item, scope) for item in (ordering.expressions if ordering is not None else ())),
        _frame(specification.args.get("spec"), scope, translate),
    )


def named_windows(clause: list[exp.Expr] | None) -> Mapping[str, exp.Window]:
    """WINDOW name AS (…), …; a name may stand for another one. Names ignore case."""
    definitions = {alias.alias.lower(): alias.this for alias in clause or ()}
    return {name: _specification(window, definitions) for name, window in definitions.items()}


def _specification(window: exp.Window, windows: Mapping[str, exp.Window]) -> exp.Window:
    reference = window.args.get("alias")
    if reference is None:
        return window
    definition = windows.get(reference.name.lower())
    if definition is None or definition.args.get("alias") is not None:
        raise analysis_error("MISSING_WINDOW_SPECIFICATION", windowName=reference.name, docroot=_DOCUMENTATION)
    return definition


_DOCUMENTATION = "https://spark.apache.org/docs/latest"


@dataclass(frozen=True, slots=True)
class _Edge:
    value: exp.Expr | str
    side: str | None


def _frame(node: exp.Expr | None, scope: Scope, translate: Translate) -> Frame | None:
    if node is None:
        return None
    lower = _Edge(node.args["start"], node.args.get("start_side"))
    upper = _Edge(node.args["end"], node.args.get("end_side"))
    unit = FrameUnit[node.args["kind"]]
    return Frame(unit, _edge(lower, scope, translate), _edge(upper, scope, translate))


def _edge(edge: _Edge, scope: Scope, translate: Translate) -> FrameEdge | Expression:
    """UNBOUNDED, CURRENT ROW, or an offset, negative before the current row."""
    if isinstance(edge.value, str):
        return FrameEdge(edge.value)
    offset = translate(edge.value, scope)
    return _negated(offset) if edge.side == "PRECEDING" else offset


def _negated(offset: Expression) -> Expression:
    match offset:
        case Literal(value=value, data_type=NumericType() | DayTimeIntervalType() | YearMonthIntervalType() as data_type):
            return Literal(-value, data_type)
        case _:
            return UnresolvedFunction("negative", (offset,))
