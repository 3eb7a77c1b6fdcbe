"""`IDENTIFIER(…)`: a name given as a constant text, so that a parameter can be the name of a table or column."""

from __future__ import annotations

from sqlglot import exp

from unbounded.errors import analysis_error
from unbounded.plan.unresolved import Expression, Literal, UnresolvedFunction
from unbounded.sql.scope import Scope


def is_identifier_clause(node: exp.Expr) -> bool:
    return isinstance(node, exp.Anonymous) and node.name.upper() == "IDENTIFIER" and len(node.expressions) == 1


def clause_text(node: exp.Expr, scope: Scope) -> str:
    """The text inside the clause: a literal, a parameter, or several of them joined with `||` or `concat`.

    Raises: SparkError NOT_A_CONSTANT_STRING.*
    """
    (argument,) = node.expressions
    return _text_of(scope.expression(argument), scope.text_of(node) if "start" in node.meta else "")


def _text_of(expression: Expression, shown: str) -> str:
    match expression:
        case Literal(value=str(text)):
            return text
        case UnresolvedFunction(name="||" | "concat", arguments=arguments):
            return "".join(_text_of(argument, shown) for argument in arguments)
        case Literal(value=None):
            raise analysis_error("NOT_A_CONSTANT_STRING.NULL", name="IDENTIFIER", expr=f'"{shown}"')
        case _:
            raise analysis_error("NOT_A_CONSTANT_STRING.NOT_CONSTANT", name="IDENTIFIER", expr=f'"{shown}"')
