"""Calls by name with what surrounds them, casts, CASE, lambdas, rows and queries inside an expression."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from sqlglot import exp

from unbounded.errors import not_supported
from unbounded.plan.identifiers import parse_table_name
from unbounded.plan.unresolved import (
    Alias,
    Cast,
    CastMode,
    Expression,
    ExtractValue,
    Lambda,
    LambdaVariable,
    Literal,
    NamedArgument,
    Subquery,
    SubqueryKind,
    UnresolvedAttribute,
    UnresolvedFunction,
)
from unbounded.sql.expressions.identifier_clause import clause_text
from unbounded.sql.expressions.types import cast_type
from unbounded.sql.expressions.windows import sort_order
from unbounded.sql.scope import Scope, call
from unbounded.types.datatypes import STRING


def _function(node: exp.Anonymous, scope: Scope) -> Expression:
    """A call by name, arguments as written. `this` is a name, perhaps with dots, or our own plain string."""
    name = node.this if isinstance(node.this, str) else ".".join(_name_parts(node.this))
    if name.upper() == "IDENTIFIER" and len(node.expressions) == 1:
        return UnresolvedAttribute(parse_table_name(clause_text(node, scope)))
    arguments = node.expressions
    if arguments and isinstance(arguments[0], exp.Distinct):
        return UnresolvedFunction(name, scope.expressions(arguments[0].expressions), is_distinct=True)
    return UnresolvedFunction(name, scope.expressions(arguments))


def _name_parts(name: exp.Expr) -> list[str]:
    return [*_name_parts(name.this), name.expression.name] if isinstance(name, exp.Dot) else [name.name]


def _filter(node: exp.Filter, scope: Scope) -> Expression:
    return replace(_inner(node, scope), filter=scope.expression(node.expression.this))


def _within_group(node: exp.WithinGroup, scope: Scope) -> Expression:
    return replace(_inner(node, scope), order=tuple(sort_order(o, scope) for o in node.expression.expressions))


def _ignore_nulls(node: exp.IgnoreNulls, scope: Scope) -> Expression:
    return replace(_inner(node, scope), ignores_nulls=True)


def _respect_nulls(node: exp.RespectNulls, scope: Scope) -> Expression:
    return scope.expression(node.this)


def _inner(node: exp.Expr, scope: Scope) -> UnresolvedFunction:
    """The call that FILTER, WITHIN GROUP or IGNORE NULLS is written behind."""
    inner = scope.expression(node.this)
    if not isinstance(inner, UnresolvedFunction):
        raise not_supported(f"{node.key.upper()} behind {type(inner).__name__}", "Use it behind an aggregate.")
    return inner


def _named_argument(node: exp.Kwarg, scope: Scope) -> Expression:
    return NamedArgument(node.name, scope.expression(node.expression))


def _lambda(node: exp.Lambda, scope: Scope) -> Expression:
    names = tuple(name.name for name in node.expressions)
    return Lambda(scope.with_lambda_variables(names).expression(node.this), names)


def _cast(node: exp.Cast, scope: Scope) -> Expression:
    mode = CastMode.TRY if isinstance(node, exp.TryCast) else CastMode.DEFAULT
    return Cast(scope.expression(node.this), cast_type(node.args["to"], scope), mode, is_from_sql=True)


def _case(node: exp.Case, scope: Scope) -> Expression:
    """`when(condition, value, condition, value, otherwise)`; `CASE x WHEN v` compares x with v."""
    base = None if node.this is None else scope.expression(node.this)
    arguments: list[Expression] = []
    for branch in node.args["ifs"]:
        condition = scope.expression(branch.this)
        arguments.append(condition if base is None else call("==", base, condition))
        arguments.append(scope.expression(branch.args["true"]))
    if (default := node.args.get("default")) is not None:
        arguments.append(scope.expression(default))
    return call("when", *arguments)


def _tuple(node: exp.Tuple, scope: Scope) -> Expression:
    """`(a, b)`: a struct whose fields are named after the expressions, `col2` where there is no name."""
    arguments: list[Expression] = []
    for position, value in enumerate(scope.expressions(node.expressions), start=1):
        arguments += [Literal(_field_name(value, position), STRING), value]
    return call("named_struct", *arguments)


def _field_name(value: Expression, position: int) -> str:
    match value:
        case UnresolvedAttribute(parts=parts):
            return parts[-1]
        case Alias(names=(name,)):
            return name
        case LambdaVariable(name=name):
            return name
        case ExtractValue(extraction=Literal(value=str(name))):
            return name
        case _:
            return f"col{position}"


def _collate(node: exp.Collate, scope: Scope) -> Expression:
    return call("collate", scope.expression(node.this), Literal(node.expression.name, STRING))


def _subquery(node: exp.Subquery, scope: Scope) -> Expression:
    return Subquery(scope.query(node.this), SubqueryKind.SCALAR)


def _exists(node: exp.Exists, scope: Scope) -> Expression:
    return Subquery(scope.query(node.this), SubqueryKind.EXISTS)


TRANSLATORS: Mapping[type[exp.Expr], Callable[[Any, Scope], Expression]] = {
    exp.Anonymous: _function,
    exp.Case: _case,
    exp.Cast: _cast,
    exp.Collate: _collate,
    exp.Exists: _exists,
    exp.Filter: _filter,
    exp.IgnoreNulls: _ignore_nulls,
    exp.Kwarg: _named_argument,
    exp.Lambda: _lambda,
    exp.RespectNulls: _respect_nulls,
    exp.Subquery: _subquery,
    exp.TryCast: _cast,
    exp.Tuple: _tuple,
    exp.WithinGroup: _within_group,
}
