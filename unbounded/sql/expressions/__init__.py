"""Expression trees to unresolved expressions: one table, node class to function. Types and names are found later."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlglot import exp

from unbounded.errors import not_supported
from unbounded.plan.unresolved import Expression
from unbounded.sql.expressions import calls, intervals, literals, names, operators, windows
from unbounded.sql.scope import Scope

_TRANSLATORS: Mapping[type[exp.Expr], Callable[[Any, Scope], Expression]] = {
    **literals.TRANSLATORS,
    **intervals.TRANSLATORS,
    **names.TRANSLATORS,
    **operators.TRANSLATORS,
    **calls.TRANSLATORS,
    **windows.TRANSLATORS,
    exp.Paren: lambda node, scope: scope.expression(node.this),
    exp.Placeholder: lambda node, scope: scope.parameters.bound_to(node),
}


def translate_expression(node: exp.Expr, scope: Scope) -> Expression:
    """The unresolved expression `node` stands for. Raises a ParseException or a refusal."""
    translate = _TRANSLATORS.get(type(node))
    if translate is None:
        raise not_supported(f"The SQL expression {type(node).__name__}", "Write it with functions.")
    return translate(node, scope)
