"""XPath's four kinds of value, and how one becomes another: node sets, strings, numbers, truth values."""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Iterable
from decimal import Decimal

from unbounded.functions.xml.nodes import Node

Value = list[Node] | str | float | bool
"""A node set is in the order of the document, without repetition. Numbers are floats, never ints."""

_NUMBER = re.compile(r"[ \t\r\n]*(-?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+))[ \t\r\n]*")
_COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def in_order(nodes: Iterable[Node]) -> list[Node]:
    """A node set."""
    return sorted(set(nodes), key=lambda node: node.order)


def to_text(value: Value) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case float():
            return _number_text(value)
        case str():
            return value
        case _:
            return value[0].text if value else ""


def _number_text(value: float) -> str:
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return str(int(value)) if value == int(value) else f"{Decimal(repr(value)):f}"


def to_number(value: Value) -> float:
    if isinstance(value, float | bool):
        return float(value)
    match = _NUMBER.fullmatch(to_text(value))
    return float(match[1]) if match else math.nan


def to_truth(value: Value) -> bool:
    if isinstance(value, float):
        return not math.isnan(value) and value != 0
    return bool(value)


def equal(left: Value, right: Value, *, negated: bool) -> bool:
    """`=`, or `!=`, which is no negation of it: either asks whether there is such a pair of nodes."""
    if isinstance(left, bool) or isinstance(right, bool):
        return (to_truth(left) == to_truth(right)) is not negated
    if isinstance(left, float) or isinstance(right, float):
        return any((a == b) is not negated for a in _numbers(left) for b in _numbers(right))
    return any((a == b) is not negated for a in _texts(left) for b in _texts(right))


def compare(comparison: str, left: Value, right: Value) -> bool:
    holds = _COMPARISONS[comparison]
    if isinstance(left, bool) or isinstance(right, bool):
        return holds(float(to_truth(left)), float(to_truth(right)))
    return any(holds(a, b) for a in _numbers(left) for b in _numbers(right))


def _numbers(value: Value) -> list[float]:
    return [to_number(node.text) for node in value] if isinstance(value, list) else [to_number(value)]


def _texts(value: Value) -> list[str]:
    return [node.text for node in value] if isinstance(value, list) else [to_text(value)]
