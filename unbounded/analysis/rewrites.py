"""Calls that mean other calls: `between` is two comparisons, and so on. Unresolved in, unresolved out."""

from __future__ import annotations

from collections.abc import Callable

from unbounded.analysis.context import Analysis
from unbounded.plan import unresolved as u


def rewrite_call(call: u.UnresolvedFunction, analysis: Analysis) -> u.Expression | None:
    """What `call` stands for; None if it stands for itself."""
    rule = _RULES.get(call.name.lower())
    return rule(call) if rule is not None else None


def _between(call: u.UnresolvedFunction) -> u.Expression:
    value, lower, upper = call.arguments
    return _call("and", _call(">=", value, lower), _call("<=", value, upper))


def _not_equal(call: u.UnresolvedFunction) -> u.Expression:
    return _call("not", _call("==", *call.arguments))


def _count_distinct(call: u.UnresolvedFunction) -> u.Expression:
    return u.UnresolvedFunction("count", call.arguments, is_distinct=True, filter=call.filter)


def _call(name: str, *arguments: u.Expression) -> u.UnresolvedFunction:
    return u.UnresolvedFunction(name, arguments)


_RULES: dict[str, Callable[[u.UnresolvedFunction], u.Expression]] = {
    "!=": _not_equal,
    "<>": _not_equal,
    "!": lambda call: _call("not", *call.arguments),
    "count_distinct": _count_distinct,
}


def rewritten_names() -> frozenset[str]:
    """Functions that exist as other calls only."""
    return frozenset(_RULES)
