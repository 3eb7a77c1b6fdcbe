"""Calls that mean other calls: `between` is two comparisons, and so on. Unresolved in, unresolved out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from unbounded.analysis.context import Analysis
from unbounded.errors import analysis_error
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

Rule = Callable[[u.UnresolvedFunction], u.Expression | None]


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


def _ignoring_nulls(position: int) -> Rule:
    """The flag at the end of `first(x, true)` is the same as IGNORE NULLS."""

    def rule(call: u.UnresolvedFunction) -> u.Expression | None:
        if len(call.arguments) != position + 1:
            return None
        flag = call.arguments[position]
        if not isinstance(flag, u.Literal) or not isinstance(flag.value, bool):
            raise analysis_error(
                "_LEGACY_ERROR_TEMP_3102", msg=f"The second argument in {call.name} should be a boolean literal."
            )
        return replace(call, arguments=call.arguments[:position], ignores_nulls=flag.value)

    return rule


def _ordered_percentile(call: u.UnresolvedFunction) -> u.Expression | None:
    """`percentile_cont(p) WITHIN GROUP (ORDER BY x)` takes x, and whether it goes downwards, as arguments."""
    if len(call.order) != 1 or len(call.arguments) != 1:
        return None
    order = call.order[0]
    is_descending = u.Literal(not order.is_ascending, BOOLEAN)
    return replace(call, arguments=(*call.arguments, order.child, is_descending), order=())


def _ordered_mode(call: u.UnresolvedFunction) -> u.Expression | None:
    if len(call.order) != 1 or call.arguments:
        return None
    order = call.order[0]
    flags = (u.Literal(True, BOOLEAN), u.Literal(not order.is_ascending, BOOLEAN))
    return replace(call, arguments=(order.child, *flags), order=())


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
        return u.Cast(call.arguments[0], data_type, is_shown=False)

    return rule


_RULES: dict[str, Rule] = {
    "!=": _not_equal,
    "<>": _not_equal,
    "!": lambda call: _call("not", *call.arguments),
    "count_distinct": _count_distinct,
    "curdate": lambda call: _call("current_date", *call.arguments),
    "dateadd": lambda call: _call("date_add", *call.arguments),
    "array_agg": lambda call: replace(call, name="collect_list"),
    **dict.fromkeys(("first", "last", "any_value", "first_value", "last_value"), _ignoring_nulls(1)),
    "nth_value": _ignoring_nulls(2),
    "percentile_cont": _ordered_percentile,
    "percentile_disc": _ordered_percentile,
    "mode": _ordered_mode,
    **{name: _cast_to(data_type) for name, data_type in _CAST_FUNCTIONS.items()},
}


def rewritten_names() -> frozenset[str]:
    """Functions that exist as other calls only."""
    return frozenset(_RULES)
