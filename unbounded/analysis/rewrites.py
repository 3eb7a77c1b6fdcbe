"""Calls that mean other calls: `between` is two comparisons, and so on. Unresolved in, unresolved out."""

from __future__ import annotations

from collections.abc import Callable

from unbounded.analysis.context import Analysis
from unbounded.functions.signature import wrong_argument_count
from unbounded.plan import unresolved as u
from unbounded.types.datatypes import (
    BINARY,
    BOOLEAN,
    BYTE,
    DATE,
    DOUBLE,
    FLOAT,
    INTEGER,
    LONG,
    SHORT,
    STRING,
    TIMESTAMP,
    DataType,
    DecimalType,
)


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


_CAST_FUNCTIONS: dict[str, DataType] = {
    "boolean": BOOLEAN,
    "tinyint": BYTE,
    "smallint": SHORT,
    "int": INTEGER,
    "bigint": LONG,
    "float": FLOAT,
    "double": DOUBLE,
    "decimal": DecimalType(10, 0),
    "date": DATE,
    "timestamp": TIMESTAMP,
    "string": STRING,
    "binary": BINARY,
}
"""Functions that are casts by another name: `int("7")`."""


def _cast_to(data_type: DataType) -> Callable[[u.UnresolvedFunction], u.Expression]:
    def rule(call: u.UnresolvedFunction) -> u.Expression:
        if len(call.arguments) != 1:
            raise wrong_argument_count(call.name, len(call.arguments), "1")
        return u.Cast(call.arguments[0], data_type)

    return rule


_RULES: dict[str, Callable[[u.UnresolvedFunction], u.Expression]] = {
    "!=": _not_equal,
    "<>": _not_equal,
    "!": lambda call: _call("not", *call.arguments),
    "count_distinct": _count_distinct,
    **{name: _cast_to(data_type) for name, data_type in _CAST_FUNCTIONS.items()},
}


def rewritten_names() -> frozenset[str]:
    """Functions that exist as other calls only."""
    return frozenset(_RULES)
