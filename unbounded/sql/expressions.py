"""Expression trees to unresolved expressions: one table, node class to function. Types and names are found later."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlglot import exp

from unbounded.errors import not_supported
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
    SortOrder,
    Subquery,
    SubqueryKind,
    UnresolvedAttribute,
    UnresolvedFunction,
    UnresolvedStar,
)
from unbounded.sql.intervals import interval_literal
from unbounded.sql.literals import hexadecimal_literal, number_literal, string_literal, string_value, typed_literal
from unbounded.sql.scope import Scope
from unbounded.sql.types import cast_type
from unbounded.sql.windows import translate_window
from unbounded.types.datatypes import BOOLEAN, NULL, STRING

_OPERATORS: dict[type[exp.Expr], str] = {
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
    exp.NullSafeEQ: "<=>",
    exp.LT: "<",
    exp.LTE: "<=",
    exp.GT: ">",
    exp.GTE: ">=",
    exp.RegexpLike: "rlike",
}
_UNARY: dict[type[exp.Expr], str] = {exp.Neg: "negative", exp.BitwiseNot: "~", exp.Not: "not"}
_CONNECTIVES: dict[type[exp.Expr], str] = {exp.And: "and", exp.Or: "or"}
_LIKE_NAMES: dict[type[exp.Expr], str] = {exp.Like: "like", exp.ILike: "ilike"}


def translate_expression(node: exp.Expr, scope: Scope) -> Expression:
    """The unresolved expression `node` stands for. Raises a ParseException or a refusal."""
    if type(node) in _LEFT_DEEP:
        return _operators(node, scope)
    translate = _TRANSLATORS.get(type(node))
    if translate is None:
        raise not_supported(f"The SQL expression {type(node).__name__}", "Write it with functions.")
    return translate(node, scope)


def translate_all(nodes: list[exp.Expr], scope: Scope) -> tuple[Expression, ...]:
    return tuple(translate_expression(node, scope) for node in nodes)


def call(name: str, *arguments: Expression) -> UnresolvedFunction:
    return UnresolvedFunction(name, arguments)


# ---------------------------------------------------------------------------------------------- operators


def _operators(node: exp.Expr, scope: Scope) -> Expression:
    """A chain such as `a + b + c …`: walked down its left side in a loop, because chains can be long."""
    links: list[exp.Expr] = []
    while type(node) in _LEFT_DEEP:
        links.append(node)
        node = node.this
    result = translate_expression(node, scope)
    for link in reversed(links):
        right = translate_expression(link.expression, scope)
        result = call("not", call("==", result, right)) if isinstance(link, exp.NEQ) else call(
            _OPERATORS[type(link)], result, right
        )
    return result


def _unary(node: exp.Expr, scope: Scope) -> Expression:
    return call(_UNARY[type(node)], translate_expression(node.this, scope))


def _connective(node: exp.Expr, scope: Scope) -> Expression:
    """AND and OR chains become a balanced tree, exactly as Spark builds it."""
    kind = type(node)
    operands: list[exp.Expr] = []
    while type(node) is kind:
        operands.append(node.expression)
        node = node.this
    operands.append(node)
    return _balanced(_CONNECTIVES[kind], translate_all(operands[::-1], scope))


def _balanced(name: str, operands: tuple[Expression, ...]) -> Expression:
    if len(operands) == 1:
        return operands[0]
    middle = (len(operands) - 1) // 2 + 1
    return call(name, _balanced(name, operands[:middle]), _balanced(name, operands[middle:]))


def _between(node: exp.Expr, scope: Scope) -> Expression:
    return call("between", *translate_all([node.this, node.args["low"], node.args["high"]], scope))


def _is(node: exp.Expr, scope: Scope) -> Expression:
    return call("isnotnull" if node.args.get("negate") else "isnull", translate_expression(node.this, scope))


def _in(node: exp.Expr, scope: Scope) -> Expression:
    query = node.args.get("query")
    if query is None:
        return call("in", *translate_all([node.this, *node.expressions], scope))
    values = node.this.expressions if isinstance(node.this, exp.Tuple) else [node.this]
    return Subquery(scope.query(query), SubqueryKind.IN, translate_all(values, scope))


def _like(node: exp.Expr, scope: Scope) -> Expression:
    name, pattern = _LIKE_NAMES[type(node)], node.expression
    if not isinstance(pattern, exp.Any | exp.All):
        return call(name, *translate_all([node.this, pattern], scope))
    value = translate_expression(node.this, scope)
    likes = tuple(call(name, value, translated) for translated in translate_all(pattern.this.expressions, scope))
    return _balanced("or" if isinstance(pattern, exp.Any) else "and", likes)


def _escape(node: exp.Expr, scope: Scope) -> Expression:
    escape = string_value(node.expression)
    if len(escape) != 1:
        raise scope.error(node, "INVALID_ESC", invalidEscape=f"'{escape}'")
    like = node.this
    return call(_LIKE_NAMES[type(like)], *translate_all([like.this, like.expression], scope), Literal(escape, STRING))


def _not(node: exp.Expr, scope: Scope) -> Expression:
    """NOT; `NOT LIKE ANY` asks whether some pattern does not match, so the NOT goes inside."""
    like = node.this
    if isinstance(like, exp.Like | exp.ILike) and isinstance(like.expression, exp.Any | exp.All):
        name, value = _LIKE_NAMES[type(like)], translate_expression(like.this, scope)
        patterns = translate_all(like.expression.this.expressions, scope)
        negated = tuple(call("not", call(name, value, pattern)) for pattern in patterns)
        return _balanced("or" if isinstance(like.expression, exp.Any) else "and", negated)
    return _unary(node, scope)


# ---------------------------------------------------------------------------------------------- names


def _column(node: exp.Expr, scope: Scope) -> Expression:
    return _attribute((node.name,), scope)


def _dot(node: exp.Expr, scope: Scope) -> Expression:
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
    return _fields(translate_expression(base, scope), tuple(reversed(fields)))


def _attribute(parts: tuple[str, ...], scope: Scope) -> Expression:
    variable = scope.lambda_variable(parts[0])
    return UnresolvedAttribute(parts) if variable is None else _fields(LambdaVariable(variable), parts[1:])


def _fields(child: Expression, names: tuple[str, ...]) -> Expression:
    for name in names:
        child = ExtractValue(child, Literal(name, STRING))
    return child


def _star(node: exp.Expr, scope: Scope) -> Expression:
    return UnresolvedStar(except_columns=_excluded(node))


def _excluded(star: exp.Expr) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(part.name for part in name.expressions) for name in star.args.get("except_") or ())


def _alias(node: exp.Expr, scope: Scope) -> Expression:
    return Alias(translate_expression(node.this, scope), (node.alias,))


def _aliases(node: exp.Expr, scope: Scope) -> Expression:
    return Alias(translate_expression(node.this, scope), tuple(name.name for name in node.expressions))


# ---------------------------------------------------------------------------------------------- calls


def _function(node: exp.Expr, scope: Scope) -> Expression:
    """A call by name, arguments as written. `this` is a name, perhaps with dots, or our own plain string."""
    name = node.this if isinstance(node.this, str) else ".".join(part.name for part in _name_parts(node.this))
    if name.upper() == "IDENTIFIER":
        raise not_supported("The IDENTIFIER clause", "Write the name itself.")
    arguments = node.expressions
    if arguments and isinstance(arguments[0], exp.Distinct):
        return UnresolvedFunction(name, translate_all(arguments[0].expressions, scope), is_distinct=True)
    return UnresolvedFunction(name, translate_all(arguments, scope))


def _name_parts(name: exp.Expr) -> list[exp.Expr]:
    return [*_name_parts(name.this), name.expression] if isinstance(name, exp.Dot) else [name]


def _changed(node: exp.Expr, scope: Scope, **changes: Any) -> Expression:
    """The call below `node` with some of its fields set."""
    inner = translate_expression(node.this, scope)
    assert isinstance(inner, UnresolvedFunction)
    fields = {name: getattr(inner, name) for name in UnresolvedFunction.__slots__}
    return UnresolvedFunction(**{**fields, **changes})


def _filter(node: exp.Expr, scope: Scope) -> Expression:
    return _changed(node, scope, filter=translate_expression(node.expression.this, scope))


def _within_group(node: exp.Expr, scope: Scope) -> Expression:
    return _changed(node, scope, order=tuple(sort_order(item, scope) for item in node.expression.expressions))


def _ignore_nulls(node: exp.Expr, scope: Scope) -> Expression:
    return _changed(node, scope, ignores_nulls=True)


def _respect_nulls(node: exp.Expr, scope: Scope) -> Expression:
    return translate_expression(node.this, scope)


def _named_argument(node: exp.Expr, scope: Scope) -> Expression:
    return NamedArgument(node.name, translate_expression(node.expression, scope))


def _lambda(node: exp.Expr, scope: Scope) -> Expression:
    names = tuple(name.name for name in node.expressions)
    return Lambda(translate_expression(node.this, scope.with_lambda_variables(names)), names)


def _cast(node: exp.Expr, scope: Scope) -> Expression:
    mode = CastMode.TRY if isinstance(node, exp.TryCast) else CastMode.DEFAULT
    data_type = cast_type(node.args["to"], scope)
    return Cast(translate_expression(node.this, scope), data_type, mode, is_from_sql=True)


def _case(node: exp.Expr, scope: Scope) -> Expression:
    """`when(condition, value, condition, value, otherwise)`; `CASE x WHEN v` compares x with v."""
    base = None if node.this is None else translate_expression(node.this, scope)
    arguments: list[Expression] = []
    for branch in node.args["ifs"]:
        condition = translate_expression(branch.this, scope)
        arguments.append(condition if base is None else call("==", base, condition))
        arguments.append(translate_expression(branch.args["true"], scope))
    if node.args.get("default") is not None:
        arguments.append(translate_expression(node.args["default"], scope))
    return call("when", *arguments)


def _tuple(node: exp.Expr, scope: Scope) -> Expression:
    """`(a, b)`: a struct whose fields are named after the expressions, `col2` where there is no name."""
    arguments: list[Expression] = []
    for position, value in enumerate(translate_all(node.expressions, scope), start=1):
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


def _bracket(node: exp.Expr, scope: Scope) -> Expression:
    return ExtractValue(translate_expression(node.this, scope), translate_expression(node.expressions[0], scope))


def _collate(node: exp.Expr, scope: Scope) -> Expression:
    return call("collate", translate_expression(node.this, scope), Literal(node.expression.name, STRING))


def _subquery(node: exp.Expr, scope: Scope) -> Expression:
    return Subquery(scope.query(node.this), SubqueryKind.SCALAR)


def _exists(node: exp.Expr, scope: Scope) -> Expression:
    return Subquery(scope.query(node.this), SubqueryKind.EXISTS)


def sort_order(node: exp.Expr, scope: Scope) -> SortOrder:
    """`a DESC NULLS LAST`; the grammar has filled in the default place of nulls."""
    child = translate_expression(node.this, scope)
    return SortOrder(child, not node.args.get("desc"), bool(node.args.get("nulls_first")))


_LEFT_DEEP = frozenset({*_OPERATORS, exp.NEQ})
_TRANSLATORS: dict[type[exp.Expr], Callable[[Any, Scope], Expression]] = {
    exp.Aliases: _aliases,
    exp.Alias: _alias,
    exp.And: _connective,
    exp.Anonymous: _function,
    exp.Between: _between,
    exp.BitwiseNot: _unary,
    exp.Boolean: lambda node, scope: Literal(bool(node.this), BOOLEAN),
    exp.Bracket: _bracket,
    exp.Case: _case,
    exp.Cast: _cast,
    exp.Collate: _collate,
    exp.Column: _column,
    exp.Concat: string_literal,
    exp.Dot: _dot,
    exp.Escape: _escape,
    exp.Exists: _exists,
    exp.Filter: _filter,
    exp.HexString: hexadecimal_literal,
    exp.IgnoreNulls: _ignore_nulls,
    exp.ILike: _like,
    exp.In: _in,
    exp.Interval: interval_literal,
    exp.Introducer: typed_literal,
    exp.Is: _is,
    exp.Kwarg: _named_argument,
    exp.Lambda: _lambda,
    exp.Like: _like,
    exp.Literal: number_literal,
    exp.National: lambda node, scope: Literal(node.name, STRING),
    exp.Neg: _unary,
    exp.Not: _not,
    exp.Null: lambda node, scope: Literal(None, NULL),
    exp.Or: _connective,
    exp.Ordered: sort_order,
    exp.Paren: lambda node, scope: translate_expression(node.this, scope),
    exp.Placeholder: lambda node, scope: scope.parameters.bound_to(node),
    exp.RespectNulls: _respect_nulls,
    exp.Star: _star,
    exp.Subquery: _subquery,
    exp.TryCast: _cast,
    exp.Tuple: _tuple,
    exp.Window: lambda node, scope: translate_window(node, scope, translate_expression, sort_order),
    exp.WithinGroup: _within_group,
}
