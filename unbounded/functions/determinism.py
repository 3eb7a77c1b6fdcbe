"""Which expressions give another value for the same arguments."""

from __future__ import annotations

from unbounded.functions.catalog import REGISTRY
from unbounded.plan.expressions import Call, PythonCall


def changes_from_call_to_call(node: object) -> bool:
    """Of the node itself, not of its arguments."""
    if isinstance(node, PythonCall):
        return not node.is_deterministic
    function = REGISTRY.find(node.function) if isinstance(node, Call) else None
    return function is not None and not function.is_deterministic
