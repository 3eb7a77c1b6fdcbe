"""Every function keeps its name and the order of its arguments: sqlglot must not turn it into one of its own nodes."""

from __future__ import annotations

import inspect
import keyword

import pyspark.sql.functions as spark_functions
import pytest

from unbounded.plan.unresolved import UnresolvedAttribute, UnresolvedFunction
from unbounded.sql import parse_expression

PYTHON_ONLY = {
    # Not functions of SQL: they make columns, wrap Python code, or mark arguments.
    *("asc", "asc_nulls_first", "asc_nulls_last", "desc", "desc_nulls_first", "desc_nulls_last"),
    *(
        "broadcast",
        "call_function",
        "call_udf",
        "col",
        "column",
        "expr",
        "lit",
        "udf",
        "udtf",
        "pandas_udf",
        "arrow_udf",
    ),
    *("arrow_udtf", "unwrap_udt"),
}
NAMES = sorted(
    name
    for name, function in inspect.getmembers(spark_functions, inspect.isfunction)
    if name in spark_functions.__all__ and name not in PYTHON_ONLY and not keyword.iskeyword(name)
)
ARGUMENTS = ("b", "a", "d")


def test_the_list_is_long() -> None:
    assert len(NAMES) > 450


@pytest.mark.parametrize("name", NAMES)
def test_name_and_order_survive(name: str) -> None:
    for count in range(len(ARGUMENTS) + 1):
        text = f"{name.upper()}({', '.join(ARGUMENTS[:count])})"
        expected = tuple(UnresolvedAttribute((argument,)) for argument in ARGUMENTS[:count])
        assert parse_expression(text) == UnresolvedFunction(name.upper(), expected)
