"""Operators and predicates: calls with the names that the DataFrame API uses (`+`, `==`, `and`, `isnull`, `in` …)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from sqlglot import exp

from unbounded.errors import Origin
from unbounded.plan.unresolved import Expression, Literal, Subquery, SubqueryKind, UnresolvedFunction
from unbounded.sql.grammar.tokens import string_value
from unbounded.sql.scope import Scope, call
from unbounded.types.datatypes import STRING

_BINARY: dict[type[exp.Expr], str] = {
    exp.Add: "+",
    exp.Sub: "-",
    exp.Mul: "*",
    exp.Div: "/",
    exp.IntDiv: "div",
    exp.Mod: "%",
    exp.BitwiseAnd: "&",
    exp.BitwiseOr: "|",
    exp.BitwiseXor: "^",
    exp.DPipe: "||",
    exp.EQ: "==",
    exp.NEQ: "!=",
    exp.NullSafeEQ: "<=>",
    exp.LT: "<",
    exp.LTE: "<=",
    exp.GT: ">",
    exp.GTE: ">=",
    exp.RegexpLike: "rlike",
}
_UNARY: dict[type[exp.Expr], str] = {exp.Neg: "-", exp.BitwiseNot: "~", exp.Not: "not"}
_CONNECTIVES: dict[type[exp.Expr], str] = {exp.And: "and", exp.Or: "or"}
_LIKE_NAMES: dict[type[exp.Expr], str] = {exp.Like: "like", exp.ILike: "ilike"}


def _binary(node: exp.Expr, scope: Scope) -> Expression:
    """A chain such as `a + b + c …`: walked down its left side in a loop, because chains can be long."""
    links: list[exp.Expr] = []
    while type(node) in _BINARY:
        links.append(node)
        node = node.this
    result = scope.expression(node)
    for link in reversed(links):
        result = _applied(_BINARY[type(link)], result, scope.expression(link.expression))
    return result


def _applied(name: str, left: Expression, right: Expression) -> Expression:
    """Spark has no `!=`: it is a negated `==`."""
    applied = _spanning(call("==" if name == "!=" else name, left, right))
    return call("not", applied) if name == "!=" else applied


def _spanning(operation: UnresolvedFunction) -> UnresolvedFunction:
    """`operation` placed in the text from its first to its last operand, if both have places."""
    places = [getattr(operand, "origin", None) for operand in operation.arguments]
    first, last = places[0], places[-1]
    if first is None or last is None:
        return operation
    return replace(operation, origin=Origin(first.text, first.start, last.end))


def _unary(node: exp.Expr, scope: Scope) -> Expression:
    return call(_UNARY[type(node)], scope.expression(node.this))


def _connective(node: exp.Expr, scope: Scope) -> Expression:
    """AND and OR chains become a balanced tree, exactly as Spark builds it."""
    kind = type(node)
    operands: list[exp.Expr] = []
    while type(node) is kind:
        operands.append(node.expression)
        node = node.this
    operands.append(node)
    return _balanced(_CONNECTIVES[kind], scope.expressions(operands[::-1]))


def _balanced(name: str, operands: tuple[Expression, ...]) -> Expression:
    if len(operands) == 1:
        return operands[0]
    middle = (len(operands) - 1) // 2 + 1
    return _spanning(call(name, _balanced(name, operands[:middle]), _balanced(name, operands[middle:])))


def _not(node: exp.Not, scope: Scope) -> Expression:
    """NOT; `NOT LIKE ANY` asks whether some pattern does not match, so the NOT goes inside."""
    is_quantified = isinstance(node.this, exp.Like | exp.ILike) and _is_quantified(node.this)
    return _quantified_like(node.this, scope, is_negated=True) if is_quantified else _unary(node, scope)


def _between(node: exp.Between, scope: Scope) -> Expression:
    return call("between", *scope.expressions([node.this, node.args["low"], node.args["high"]]))


def _is(node: exp.Is, scope: Scope) -> Expression:
    return call("isnotnull" if node.args.get("negate") else "isnull", scope.expression(node.this))


def _in(node: exp.In, scope: Scope) -> Expression:
    query = node.args.get("query")
    if query is None:
        return call("in", *scope.expressions([node.this, *node.expressions]))
    values = node.this.expressions if isinstance(node.this, exp.Tuple) else [node.this]
    return Subquery(scope.query(query), SubqueryKind.IN, scope.expressions(values))


def _like(node: exp.Like | exp.ILike, scope: Scope) -> Expression:
    if _is_quantified(node):
        return _quantified_like(node, scope, is_negated=False)
    return call(_LIKE_NAMES[type(node)], *scope.expressions([node.this, node.expression]))


def _is_quantified(node: exp.Expr) -> bool:
    return isinstance(node.expression, exp.Any | exp.All)


def _quantified_like(node: exp.Expr, scope: Scope, *, is_negated: bool) -> Expression:
    """Constant patterns go into one function; others become one LIKE each, joined by OR and AND."""
    value, patterns = scope.expression(node.this), scope.expressions(node.expression.this.expressions)
    is_any, name = isinstance(node.expression, exp.Any), _LIKE_NAMES[type(node)]
    constants = [p for p in patterns if isinstance(p, Literal) and isinstance(p.value, str)]
    if len(constants) == len(patterns):
        if name == "ilike":
            value, constants = call("lower", value), [replace(p, value=p.value.lower()) for p in constants]
        return call(f"{'not' if is_negated else ''}like{'any' if is_any else 'all'}", value, *constants)
    likes = [call(name, value, pattern) for pattern in patterns]
    operands = tuple(call("not", like) if is_negated else like for like in likes)
    return _balanced("or" if is_any else "and", operands)


def _escape(node: exp.Escape, scope: Scope) -> Expression:
    escape = string_value(node.expression)
    if len(escape) != 1:
        raise scope.error(node, "INVALID_ESC", invalidEscape=f"'{escape}'")
    like = node.this
    return call(_LIKE_NAMES[type(like)], *scope.expressions([like.this, like.expression]), Literal(escape, STRING))


TRANSLATORS: Mapping[type[exp.Expr], Callable[[Any, Scope], Expression]] = {
    **dict.fromkeys(_BINARY, _binary),
    **dict.fromkeys(_UNARY, _unary),
    **dict.fromkeys(_CONNECTIVES, _connective),
    **dict.fromkeys(_LIKE_NAMES, _like),
    exp.Between: _between,
    exp.Escape: _escape,
    exp.In: _in,
    exp.Is: _is,
    exp.Not: _not,
}
