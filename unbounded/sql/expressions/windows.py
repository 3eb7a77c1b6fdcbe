"""OVER clauses and sort orders: named windows, partition and order, frames with signed offsets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlglot import exp

from unbounded.errors import analysis_error
from unbounded.plan.unresolved import Expression, Frame, FrameEdge, FrameUnit, Literal, SortOrder, Window
from unbounded.sql.scope import Scope, call
from unbounded.types.datatypes import DayTimeIntervalType, NumericType, YearMonthIntervalType

_SIGNED = (NumericType, DayTimeIntervalType, YearMonthIntervalType)
_DOCUMENTATION = "https://spark.apache.org/docs/latest"


def _window(node: exp.Window, scope: Scope) -> Window:
    specification = _specification(node, scope.windows)
    order = specification.args.get("order")
    return Window(
        scope.expression(node.this),
        scope.expressions(specification.args.get("partition_by") or []),
        tuple(sort_order(item, scope) for item in (order.expressions if order is not None else ())),
        _frame(specification.args.get("spec"), scope),
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


def _frame(node: exp.WindowSpec | None, scope: Scope) -> Frame | None:
    if node is None:
        return None
    lower = _edge(node.args["start"], node.args.get("start_side"), scope)
    upper = _edge(node.args["end"], node.args.get("end_side"), scope)
    return Frame(FrameUnit[node.args["kind"]], lower, upper)


def _edge(value: exp.Expr | str, side: str | None, scope: Scope) -> FrameEdge | Expression:
    """UNBOUNDED, CURRENT ROW, or an offset, negative before the current row."""
    if isinstance(value, str):
        return FrameEdge(value)
    offset = scope.expression(value)
    return _negated(offset) if side == "PRECEDING" else offset


def _negated(offset: Expression) -> Expression:
    if isinstance(offset, Literal) and isinstance(offset.data_type, _SIGNED):
        return Literal(-offset.value, offset.data_type)
    return call("-", offset)


def sort_order(node: exp.Ordered, scope: Scope) -> SortOrder:
    """`a DESC NULLS LAST`; the grammar has filled in the default place of nulls."""
    return SortOrder(scope.expression(node.this), not node.args["desc"], bool(node.args["nulls_first"]))


TRANSLATORS: Mapping[type[exp.Expr], Callable[[Any, Scope], Expression]] = {
    exp.Ordered: sort_order,
    exp.Window: _window,
}
