"""Columns, fields, stars and aliases. What a name means is for the analyser, except for lambda variables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlglot import exp

from unbounded.plan.unresolved import (
    Alias,
    Expression,
    ExtractValue,
    LambdaVariable,
    Literal,
    UnresolvedAttribute,
    UnresolvedStar,
)
from unbounded.sql.scope import Scope
from unbounded.types.datatypes import STRING


def _column(node: exp.Column, scope: Scope) -> Expression:
    return _attribute((node.name,), scope)


def _dot(node: exp.Dot, scope: Scope) -> Expression:
    """`a.b.c` is one name; behind anything else a dot takes a field; `t.*` keeps its target in a tuple."""
    if isinstance(node.expression, exp.Star):
        target = tuple(part.name for part in node.this.expressions)
        return UnresolvedStar(target, except_columns=_excluded(node.expression))
    fields: list[str] = []
    base: exp.Expr = node
    while isinstance(base, exp.Dot):
        fields.append(base.expression.name)
        base = base.this
    if isinstance(base, exp.Column):
        return _attribute((base.name, *reversed(fields)), scope)
    return _fields(scope.expression(base), tuple(reversed(fields)))


def _attribute(parts: tuple[str, ...], scope: Scope) -> Expression:
    variable = scope.lambda_variable(parts[0])
    return UnresolvedAttribute(parts) if variable is None else _fields(LambdaVariable(variable), parts[1:])


def _fields(child: Expression, names: tuple[str, ...]) -> Expression:
    for name in names:
        child = ExtractValue(child, Literal(name, STRING))
    return child


def _bracket(node: exp.Bracket, scope: Scope) -> Expression:
    return ExtractValue(scope.expression(node.this), scope.expression(node.expressions[0]))


def _star(node: exp.Star, scope: Scope) -> Expression:
    return UnresolvedStar(except_columns=_excluded(node))


def _excluded(star: exp.Expr) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(part.name for part in name.expressions) for name in star.args.get("except_") or ())


def _alias(node: exp.Alias, scope: Scope) -> Expression:
    return Alias(scope.expression(node.this), (node.alias,))


def _aliases(node: exp.Aliases, scope: Scope) -> Expression:
    return Alias(scope.expression(node.this), tuple(name.name for name in node.expressions))


TRANSLATORS: Mapping[type[exp.Expr], Callable[[Any, Scope], Expression]] = {
    exp.Alias: _alias,
    exp.Aliases: _aliases,
    exp.Bracket: _bracket,
    exp.Column: _column,
    exp.Dot: _dot,
    exp.Star: _star,
}
