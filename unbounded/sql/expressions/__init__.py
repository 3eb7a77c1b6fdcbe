"""Expression trees to unresolved expressions: one table, node class to function. Types and names are found later."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from sqlglot import exp

from unbounded.errors import not_supported
from unbounded.plan.unresolved import (
    Cast,
    Expression,
    ExtractValue,
    Lambda,
    Literal,
    Subquery,
    UnresolvedAttribute,
    UnresolvedFunction,
    UnresolvedStar,
    Window,
)
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


_Located = (
    Literal
    | UnresolvedAttribute
    | UnresolvedStar
    | UnresolvedFunction
    | Cast
    | ExtractValue
    | Lambda
    | Window
    | Subquery
)


def _with_origin(expression: _Located, node: exp.Expr, scope: Scope) -> Expression:
    """`expression` with its place in the text, unless it has one or the grammar has marked none."""
    origin = scope.origin_of(node)
    return expression if expression.origin is not None or origin is None else replace(expression, origin=origin)


def translate_expression(node: exp.Expr, scope: Scope) -> Expression:
    """The unresolved expression `node` stands for. Raises a ParseException or a refusal."""
    translate = _TRANSLATORS.get(type(node))
    if translate is None:
        raise not_supported(f"The SQL expression {type(node).__name__}", "Write it with functions.")
    expression = translate(node, scope)
    return _with_origin(expression, node, scope) if isinstance(expression, _Located) else expression
