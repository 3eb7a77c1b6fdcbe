"""The functions of XPath 1.0, as a table: name → number of arguments and what to do with their values."""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass

from unbounded.functions.xml.nodes import Node
from unbounded.functions.xml.values import Value, to_number, to_text, to_truth

_ANY_NUMBER = sys.maxsize


@dataclass(frozen=True, slots=True)
class Context:
    """The node an expression is evaluated for, its place among its like (from 1) and their number."""

    node: Node
    position: int = 1
    size: int = 1


@dataclass(frozen=True, slots=True)
class PathFunction:
    """Takes `least` to `most` arguments; of none where it could take one, the context's node is the argument."""

    run: Callable[..., Value]
    least: int
    most: int
    uses_context: bool = False


def _first(nodes: Value) -> Node | None:
    return nodes[0] if isinstance(nodes, list) and nodes else None


def _name(nodes: Value) -> str:
    node = _first(nodes)
    return node.name if node is not None else ""


def _local_name(nodes: Value) -> str:
    node = _first(nodes)
    return node.local_name if node is not None else ""


def _substring(text: Value, start: Value, length: Value = math.inf) -> str:
    """By rounded positions from 1; what lies outside the text is left out."""
    first = _rounded(to_number(start))
    end = first + _rounded(to_number(length))
    return "".join(c for i, c in enumerate(to_text(text), 1) if i >= first and i < end)


def _before(text: Value, part: Value) -> str:
    return to_text(text)[: max(to_text(text).find(to_text(part)), 0)]


def _after(text: Value, part: Value) -> str:
    start = to_text(text).find(to_text(part))
    return to_text(text)[start + len(to_text(part)) :] if start >= 0 else ""


def _rounded(number: float) -> float:
    return float(math.floor(number + 0.5)) if math.isfinite(number) else number


def _whole(rounding: Callable[[float], int]) -> Callable[[Value], Value]:
    def run(value: Value) -> Value:
        number = to_number(value)
        return float(rounding(number)) if math.isfinite(number) else number

    return run


def _translate(text: Value, given: Value, replacements: Value) -> str:
    pairs = dict[int, str | None]()
    targets = to_text(replacements)
    for i, character in enumerate(to_text(given)):
        pairs.setdefault(ord(character), targets[i] if i < len(targets) else None)
    return to_text(text).translate(pairs)


def _sum(nodes: Value) -> float:
    return float(sum(to_number(node.text) for node in nodes)) if isinstance(nodes, list) else math.nan


def _single_spaced(text: Value) -> str:
    return " ".join(re.findall(r"[^ \t\r\n]+", to_text(text)))


FUNCTIONS: dict[str, PathFunction] = {
    "last": PathFunction(lambda context: float(context.size), 0, 0, uses_context=True),
    "position": PathFunction(lambda context: float(context.position), 0, 0, uses_context=True),
    "count": PathFunction(lambda nodes: float(len(nodes)), 1, 1),
    "sum": PathFunction(_sum, 1, 1),
    "name": PathFunction(_name, 0, 1),
    "local-name": PathFunction(_local_name, 0, 1),
    "namespace-uri": PathFunction(lambda nodes: "", 0, 1),
    "string": PathFunction(to_text, 0, 1),
    "number": PathFunction(to_number, 0, 1),
    "boolean": PathFunction(to_truth, 1, 1),
    "not": PathFunction(lambda value: not to_truth(value), 1, 1),
    "true": PathFunction(lambda: True, 0, 0),
    "false": PathFunction(lambda: False, 0, 0),
    "concat": PathFunction(lambda *values: "".join(map(to_text, values)), 2, _ANY_NUMBER),
    "contains": PathFunction(lambda text, part: to_text(part) in to_text(text), 2, 2),
    "starts-with": PathFunction(lambda text, part: to_text(text).startswith(to_text(part)), 2, 2),
    "substring-before": PathFunction(_before, 2, 2),
    "substring-after": PathFunction(_after, 2, 2),
    "substring": PathFunction(_substring, 2, 3),
    "string-length": PathFunction(lambda text: float(len(to_text(text))), 0, 1),
    "normalize-space": PathFunction(_single_spaced, 0, 1),
    "translate": PathFunction(_translate, 3, 3),
    "floor": PathFunction(_whole(math.floor), 1, 1),
    "ceiling": PathFunction(_whole(math.ceil), 1, 1),
    "round": PathFunction(lambda value: _rounded(to_number(value)), 1, 1),
}
