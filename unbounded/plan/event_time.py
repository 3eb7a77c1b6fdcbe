"""Event time: the mark that `withWatermark` leaves on a column, and who inherits it.

The mark is column metadata with the delay, as in Spark. Aliases of the column keep it, windows over it have it, and
`window_time` of such a window; a field of a window or arithmetic has not.
"""

from __future__ import annotations

from dataclasses import replace

from unbounded.plan.expressions import Alias, Attribute, Call, Expression, Metadata, NamedExpression

DELAY_KEY = "spark.watermarkDelayMs"
"""Milliseconds."""

WINDOW_KEYS = frozenset({"spark.timeWindow", "spark.sessionWindow"})


def marked(attribute: Attribute, delay_ms: int) -> Attribute:
    """`attribute` as event time with a delay."""
    rest = tuple(item for item in attribute.metadata if item[0] != DELAY_KEY)
    return replace(attribute, metadata=(*rest, (DELAY_KEY, delay_ms)))


def delay_ms_of(expression: Expression) -> int | None:
    """The delay of a marked column; None for any other expression."""
    if not isinstance(expression, Attribute):
        return None
    return next((int(value) for key, value in expression.metadata if key == DELAY_KEY), None)


def inherited_metadata(child: Expression) -> Metadata:
    """What an alias of `child` has."""
    if isinstance(child, Attribute):
        return child.metadata
    if isinstance(child, Call) and child.function == "window_time":
        return tuple(item for item in inherited_metadata(child.arguments[0]) if item[0] not in WINDOW_KEYS)
    return ()


def with_inherited_metadata(column: NamedExpression) -> NamedExpression:
    """`column`, whose expression may have become another column, with what it inherits of that one."""
    if isinstance(column, Alias) and not column.metadata:
        return replace(column, metadata=inherited_metadata(column.child))
    return column
