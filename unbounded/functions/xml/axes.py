"""XPath's axes: the nodes that are seen from a node in one direction, the nearest first."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from unbounded.functions.xml.nodes import Node


def _ancestors(node: Node) -> Iterator[Node]:
    current = node.parent
    while current is not None:
        yield current
        current = current.parent


def _siblings(node: Node) -> list[Node]:
    return node.parent.children if node.parent is not None else []


def _following_siblings(node: Node) -> Iterator[Node]:
    return (other for other in _siblings(node) if other.order > node.order and node in _siblings(node))


def _preceding_siblings(node: Node) -> Iterator[Node]:
    return (other for other in reversed(_siblings(node)) if other.order < node.order and node in _siblings(node))


def _following(node: Node) -> Iterator[Node]:
    for start in (node, *_ancestors(node)):
        for sibling in _following_siblings(start):
            yield sibling
            yield from sibling.descendants()


def _preceding(node: Node) -> Iterator[Node]:
    for start in (node, *_ancestors(node)):
        for sibling in _preceding_siblings(start):
            yield from reversed([sibling, *sibling.descendants()])


AXES: dict[str, Callable[[Node], Iterator[Node]]] = {
    "self": lambda node: iter((node,)),
    "child": lambda node: iter(node.children),
    "parent": lambda node: iter((node.parent,) if node.parent is not None else ()),
    "attribute": lambda node: iter(node.attributes),
    "descendant": lambda node: node.descendants(),
    "descendant-or-self": lambda node: iter((node, *node.descendants())),
    "ancestor": _ancestors,
    "ancestor-or-self": lambda node: iter((node, *_ancestors(node))),
    "following-sibling": _following_siblings,
    "preceding-sibling": _preceding_siblings,
    "following": _following,
    "preceding": _preceding,
    "namespace": lambda node: iter(()),
}
