"""Malformed text: the whole message, place and caret picture as Spark 4.2 prints them (`recorded/errors.json`)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from unbounded.errors import ErrorKind, SparkError
from unbounded.sql import parse_expression, parse_statement

RECORDED: dict[str, str] = json.loads((Path(__file__).parent / "recorded" / "errors.json").read_text("utf-8"))


@pytest.mark.parametrize("text", RECORDED)
def test_message_is_sparks(text: str) -> None:
    with pytest.raises(SparkError) as error:
        parse_statement(text)
    assert error.value.message == RECORDED[text]


EXPRESSIONS = {
    "": "PARSE_EMPTY_STATEMENT",
    "1 2": "PARSE_SYNTAX_ERROR",
    "a,b": "PARSE_SYNTAX_ERROR",
    "a;": "PARSE_SYNTAX_ERROR",
    "1 +": "PARSE_SYNTAX_ERROR",
    "sum(a) over w": "MISSING_WINDOW_SPECIFICATION",
    "date_add('day', 1, a)": "INVALID_PARAMETER_VALUE.DATETIME_UNIT",
    "cast(a as foo)": "UNSUPPORTED_DATATYPE",
    "a like 'b' escape 'xy'": "INVALID_ESC",
}


@pytest.mark.parametrize("text", EXPRESSIONS)
def test_condition(text: str) -> None:
    with pytest.raises(SparkError) as error:
        parse_expression(text)
    assert error.value.condition == EXPRESSIONS[text]


def test_the_place_is_part_of_the_message() -> None:
    with pytest.raises(SparkError) as error:
        parse_statement("select a\nfrom t\nwhere b = = 1")
    assert error.value.kind is ErrorKind.PARSE
    assert error.value.parameters == {"error": "'='", "hint": ""}
    assert error.value.message == (
        "\n[PARSE_SYNTAX_ERROR] Syntax error at or near '='. SQLSTATE: 42601 (line 3, pos 10)\n\n"
        "== SQL ==\nselect a\nfrom t\nwhere b = = 1\n----------^^^\n"
    )


def test_a_fragment_carries_its_context() -> None:
    with pytest.raises(SparkError) as error:
        parse_statement("select date'foo'")
    (context,) = error.value.contexts
    assert (context.fragment, context.start_index, context.stop_index) == ("date'foo'", 7, 15)


REFUSED = {
    "with recursive r as (select 1) select * from r": "WITH RECURSIVE",
    "select * from t |> where a": "SQL pipe syntax (|>)",
    "select transform(a) using 'cat' from t": "SELECT TRANSFORM with a script",
    "select * from t timestamp as of current_date()": "AS OF with a computed value",
    "select a:b from t": "A path into a VARIANT (value:field)",
    "select * from f(table(t))": "A table as an argument (TABLE(…))",
    "select * from t tablesample (100M)": "TABLESAMPLE by bytes",
    "create table t (a int default 1)": "DEFAULT in CREATE TABLE",
    "create table t (a int) partitioned by (days(a))": "PARTITIONED BY (days(…))",
    "create table t (a int) stored as parquet": "STORED in CREATE TABLE",
    "insert overwrite directory '/x' select 1": "INSERT OVERWRITE DIRECTORY",
    "create database d location '/x'": "CREATE DATABASE … LOCATION",
    "use a.b": "The catalog of `a`.`b`",
    "set time zone local": "SET TIME ZONE local",
    "select time'10:00'": "The type TIME",
}


@pytest.mark.parametrize("text", REFUSED)
def test_refused_by_name(text: str) -> None:
    with pytest.raises(SparkError) as error:
        parse_statement(text)
    assert error.value.condition == "UNBOUNDED_NOT_SUPPORTED"
    assert error.value.parameters["feature"] == REFUSED[text]


def test_deep_nesting_is_refused_not_a_crash() -> None:
    with pytest.raises(SparkError, match="nested this deeply"):
        parse_expression("(" * 2000 + "a" + ")" * 2000)
