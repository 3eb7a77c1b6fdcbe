"""Names as parts, against what Spark 4.2 answers for the same text."""

from __future__ import annotations

import pytest

from unbounded.errors import SparkError
from unbounded.plan.identifiers import parse_column_name, parse_table_name, quote_parts


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("a", ("a",)),
        ("a.b", ("a", "b")),
        ("`a.b`.c", ("a.b", "c")),
        ("`a``b`", ("a`b",)),
        ("a b.é", ("a b", "é")),
        ("1.2", ("1", "2")),
        ("a.``", ("a", "")),
        ("", ("",)),
    ],
)
def test_column_name(name: str, parts: tuple[str, ...]) -> None:
    assert parse_column_name(name) == parts


@pytest.mark.parametrize("name", ["a..b", ".a", "a.", "`a", "a`b", "`a`b", "a.`b", "."])
def test_refused_column_name(name: str) -> None:
    with pytest.raises(SparkError) as raised:
        parse_column_name(name)
    assert (raised.value.condition, raised.value.parameters) == ("INVALID_ATTRIBUTE_NAME_SYNTAX", {"name": name})


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("a", ("a",)),
        ("parquet.`/x/y`", ("parquet", "/x/y")),
        (" a . 1b ", ("a", "1b")),
        ("a.1b", ("a", "1b")),
        ("select", ("select",)),
        ("a /*c*/", ("a",)),
    ],
)
def test_table_name(name: str, parts: tuple[str, ...]) -> None:
    assert parse_table_name(name) == parts


@pytest.mark.parametrize(
    ("name", "condition"),
    [
        ("", "PARSE_EMPTY_STATEMENT"),
        ("a..b", "PARSE_SYNTAX_ERROR"),
        ("a.", "PARSE_SYNTAX_ERROR"),
        ("a b", "PARSE_SYNTAX_ERROR"),
        ("1", "PARSE_SYNTAX_ERROR"),
        ("1.2", "PARSE_SYNTAX_ERROR"),
        ("a;", "PARSE_SYNTAX_ERROR"),
        ("a-b", "INVALID_IDENTIFIER"),
        ("é", "INVALID_IDENTIFIER"),
    ],
)
def test_refused_table_name(name: str, condition: str) -> None:
    with pytest.raises(SparkError) as raised:
        parse_table_name(name)
    assert raised.value.condition == condition


def test_quoted_parts_parse_back() -> None:
    parts = ("a.b", "c`d", "e f")
    assert parse_column_name(quote_parts(parts)) == parse_table_name(quote_parts(parts)) == parts
