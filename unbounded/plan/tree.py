"""The only traversals over plans and expressions: children, rewriting bottom-up, collecting. Nodes are dataclasses.

A child is any field value (or member of a tuple field) that is a node; nothing else needs to be declared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from typing import Any, TypeVar

from unbounded.plan import unresolved
from unbounded.plan.expressions import Expression, Frame, SortOrder
from unbounded.plan.logical import LogicalPlan

Node = Any
N = TypeVar("N")

_NODE_TYPES = (
    Expression,
    SortOrder,
    Frame,
    LogicalPlan,
    unresolved.Expression,
    unresolved.Relation,
    unresolved.Frame,
    unresolved.Pivot,
)


def children(node: Node) -> Iterator[Node]:
    """Direct child nodes, in field order."""
    for name in _FIELD_NAMES[type(node)]:
        yield from _nodes_in(getattr(node, name))


def walk(node: Node) -> Iterator[Node]:
    """`node` and everything below it, parents first."""
    yield node
    for child in children(node):
        yield from walk(child)


def walk_expression(expression: Node) -> Iterator[Node]:
    """`expression` and its parts, parents first; the plans of subqueries in it are not entered."""
    yield expression
    for child in children(expression):
        if not isinstance(child, LogicalPlan):
            yield from walk_expression(child)


def collect(node: Node, kind: type[N] | tuple[type[N], ...]) -> list[N]:
    """All nodes of a kind below and including `node`, parents first."""
    return [found for found in walk(node) if isinstance(found, kind)]


def contains(node: Node, predicate: Callable[[Node], bool]) -> bool:
    return any(predicate(found) for found in walk(node))


def map_children(node: N, change: Callable[[Node], Node]) -> N:
    """`node` with each direct child replaced by `change(child)`; the same object if nothing changed."""
    changes: dict[str, Any] = {}
    for name in _FIELD_NAMES[type(node)]:
        before = getattr(node, name)
        after = _map_value(before, change)
        if after is not before:
            changes[name] = after
    return replace(node, **changes) if changes else node  # type: ignore[type-var]


def rewrite(node: Node, change: Callable[[Node], Node]) -> Node:
    """Applies `change` to every node, children first."""
    return change(map_children(node, lambda child: rewrite(child, change)))


def rewrite_down(node: Node, change: Callable[[Node], Node | None]) -> Node:
    """Applies `change` parents first; a node it answers with something else than None is not entered."""
    changed = change(node)
    if changed is not None:
        return changed
    return map_children(node, lambda child: rewrite_down(child, change))


class _FieldNames(dict[type[Any], tuple[str, ...]]):
    """The fields of each class of nodes, read once per class."""

    def __missing__(self, kind: type[Any]) -> tuple[str, ...]:
        names = self[kind] = tuple(f.name for f in fields(kind) if f.init)
        return names


_FIELD_NAMES = _FieldNames()


def _nodes_in(value: Any) -> Iterator[Node]:
    if isinstance(value, _NODE_TYPES):
        yield value
    elif isinstance(value, tuple):
        for member in value:
            yield from _nodes_in(member)


def _map_value(value: Any, change: Callable[[Node], Node]) -> Any:
    if isinstance(value, _NODE_TYPES):
        return change(value)
    if isinstance(value, tuple) and value:
        changed = tuple(_map_value(member, change) for member in value)
        return changed if any(a is not b for a, b in zip(changed, value, strict=True)) else value
    return value
