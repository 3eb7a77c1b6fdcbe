"""`:name` and `?`: arguments take their place; a marker without one has Spark's error."""

from __future__ import annotations

import pytest

from unbounded.errors import ErrorKind, SparkError
from unbounded.plan.unresolved import Limit, Literal, Project, UnresolvedFunction
from unbounded.sql import parse_expression, parse_statement
from unbounded.types.datatypes import INTEGER, STRING

ONE, TWO = Literal(1, INTEGER), Literal(2, INTEGER)


def test_named_arguments_may_be_used_twice_and_not_at_all() -> None:
    query = parse_statement("select :x + :x limit :y", {"x": ONE, "y": TWO, "z": TWO})
    assert isinstance(query, Limit)
    assert isinstance(query.child, Project)
    assert query.count == TWO
    assert query.child.expressions == (UnresolvedFunction("+", (ONE, ONE)),)


def test_positional_arguments_are_taken_in_order_of_the_text() -> None:
    query = parse_statement("select ? , '?' -- ?\n, ?", {}, (ONE, TWO, TWO))
    assert isinstance(query, Project)
    assert query.expressions == (ONE, Literal("?", STRING), TWO)


@pytest.mark.parametrize(
    ("text", "named", "positional", "name"),
    [
        ("select :x", {}, (), "x"),
        ("select :X", {"x": ONE}, (), "X"),
        ("select :x", {}, (ONE,), "x"),
        ("select ?", {}, (), "_7"),
        ("select ?, ?", {}, (ONE,), "_10"),
        ("select ?", {"x": ONE}, (), "_7"),
    ],
)
def test_unbound_parameter(text: str, named: dict[str, Literal], positional: tuple[Literal, ...], name: str) -> None:
    with pytest.raises(SparkError) as error:
        parse_statement(text, named, positional)
    assert (error.value.kind, error.value.condition) == (ErrorKind.ANALYSIS, "UNBOUND_SQL_PARAMETER")
    assert error.value.parameters == {"name": name}


def test_no_arguments_in_expressions() -> None:
    with pytest.raises(SparkError, match="UNBOUND_SQL_PARAMETER"):
        parse_expression("a + :x")
