"""The three ways into the grammar: a statement, an expression, a sort order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from unbounded.errors import not_supported
from unbounded.plan.unresolved import Command, Expression, Relation, SortOrder
from unbounded.sql.dialect import read_tokens, statement_tokens
from unbounded.sql.errors import Source, UnexpectedToken
from unbounded.sql.expressions import translate_expression
from unbounded.sql.expressions.windows import sort_order
from unbounded.sql.grammar.statements import StatementGrammar
from unbounded.sql.parameters import Parameters
from unbounded.sql.queries import translate_query
from unbounded.sql.scope import Scope
from unbounded.sql.statements import read_setting, read_statement


def parse_statement(
    text: str,
    named_arguments: Mapping[str, Expression] | None = None,
    positional_arguments: tuple[Expression, ...] = (),
) -> Relation | Command:
    """One statement: a query is a Relation, everything else a Command.

    Arguments replace `:name` and `?`. Raises a ParseException, UNBOUND_SQL_PARAMETER, or UNBOUNDED_NOT_SUPPORTED.
    """
    source = Source(text)
    setting = read_setting(source)
    if setting is not None:
        return setting
    parser = StatementGrammar(source, statement_tokens(source))
    parameters = Parameters(named_arguments or {}, positional_arguments)
    with _errors_in(source):
        return read_statement(parser, Scope(source, translate_expression, translate_query, parameters))


def parse_expression(text: str) -> Expression:
    """One expression, as in `expr("…")`, `selectExpr` and `filter("…")`: also `a AS b`, `*` and window functions."""
    parser, scope = _opened(text)
    with _errors_in(scope.source):
        return scope.expression(parser.whole_expression())


def parse_sort_order(text: str) -> tuple[SortOrder, ...]:
    """What stands behind ORDER BY: `a DESC NULLS LAST, b`."""
    parser, scope = _opened(text)
    with _errors_in(scope.source):
        return tuple(sort_order(item, scope) for item in parser.whole_sort_order())


def _opened(text: str) -> tuple[StatementGrammar, Scope]:
    """A parser in front of an expression."""
    source = Source(text)
    return StatementGrammar(source, read_tokens(source)), Scope(source, translate_expression, translate_query)


@contextmanager
def _errors_in(source: Source) -> Iterator[None]:
    """Turns the grammar's own error into the ParseException a user sees."""
    try:
        yield
    except UnexpectedToken as error:
        raise source.syntax_error(error.start, error.end, error.hint) from None
    except RecursionError:
        raise not_supported("SQL nested this deeply", "Split the expression over several columns.") from None
