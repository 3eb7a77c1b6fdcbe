"""Draws a lineage as Spark does. Every node must have its id."""

from __future__ import annotations

import re
from collections.abc import Iterator

from unbounded.rdd.execution.lineage import Kept, Node, Shuffled


def debug_string(node: Node) -> str:
    """One line for each step, newest first; `+-` leads to the other side of a shuffle."""
    return "\n".join(_tree(node, first="", rest=""))


def _tree(node: Node, *, first: str, rest: str) -> Iterator[str]:
    count = f"({node.partition_count})"
    margin = (len(count) - 1) // 2
    below = f"{rest}{' ' * margin}|{' ' * (len(count) - margin)}"
    yield from _below(node, f"{first}{count} ", below)


def _below(node: Node, first: str, rest: str) -> Iterator[str]:
    if isinstance(node, Kept):
        yield from _below(node.parents[0], first, rest)
        return
    name = f"{node.name} " if node.name else ""
    yield f"{first}{name}{node.kind}[{node.rdd_id}] at {node.call_site} []"
    for place, parent in enumerate(node.parents, start=1):
        if isinstance(node, Shuffled):
            stem = re.sub(r"\|\s+$", "", rest)
            yield from _tree(parent, first=f"{stem}+-", rest=stem + ("  " if place == len(node.parents) else "| "))
        else:
            yield from _below(parent, rest, rest)
