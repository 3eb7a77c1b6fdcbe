"""Spark SQL text to unresolved plans: statements, expressions, sort orders. The only package that knows sqlglot.

`grammar` makes a tree (tokens and nodes are sqlglot's, the rules Spark's), the other modules translate it.
"""

from __future__ import annotations

from collections.abc import Mapping

from unbounded.plan.unresolved import Command, Expression, Relation, SortOrder

# The grammar loads with the first text: programs that use none start a tenth of a second earlier.


def parse_statement(
    text: str,
    named_arguments: Mapping[str, Expression] | None = None,
    positional_arguments: tuple[Expression, ...] = (),
) -> Relation | Command:
    """One statement: a query is a Relation, everything else a Command.

    Arguments replace `:name` and `?`. Raises a ParseException, UNBOUND_SQL_PARAMETER, or UNBOUNDED_NOT_SUPPORTED.
    """
    from unbounded.sql import parsing  # noqa: PLC0415  see above

    return parsing.parse_statement(text, named_arguments, positional_arguments)


def parse_expression(text: str) -> Expression:
    """One expression, as in `expr("…")`, `selectExpr` and `filter("…")`: also `a AS b`, `*` and window functions."""
    from unbounded.sql import parsing  # noqa: PLC0415  see above

    return parsing.parse_expression(text)


def parse_sort_order(text: str) -> tuple[SortOrder, ...]:
    """What stands behind ORDER BY: `a DESC NULLS LAST, b`."""
    from unbounded.sql import parsing  # noqa: PLC0415  see above

    return parsing.parse_sort_order(text)
