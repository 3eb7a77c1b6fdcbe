"""Stopping queries from outside: all, by tag, by id."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pyspark.errors.exceptions.connect import SparkConnectException
from pyspark.sql.connect.session import SparkSession

MANY_ROWS = 10_000_000_000


@pytest.fixture
def endless(spark: SparkSession) -> Iterator[Any]:
    """Rows of a query that is far from its end when the first one has come."""
    spark.addTag("endless")
    rows = spark.range(MANY_ROWS).toLocalIterator()
    next(rows)
    yield rows
    spark.interruptAll()


INTERRUPTS: dict[str, Callable[[SparkSession], list[str]]] = {
    "all": lambda spark: spark.interruptAll(),
    "its tag": lambda spark: spark.interruptTag("endless"),
}


@pytest.mark.parametrize("interrupt", INTERRUPTS.values(), ids=INTERRUPTS)
def test_an_interrupted_query_raises(
    spark: SparkSession, endless: Any, interrupt: Callable[[SparkSession], list[str]]
) -> None:
    (operation_id,) = interrupt(spark)
    with pytest.raises(SparkConnectException, match="OPERATION_CANCELED") as caught:
        for _ in endless:
            pass
    assert caught.value.getSqlState() == "HY008"
    assert spark.interruptOperation(operation_id) == []
    assert [row.id for row in spark.range(2).collect()] == [0, 1]


def test_another_tag_interrupts_nothing(spark: SparkSession, endless: Any) -> None:
    assert spark.interruptTag("other") == []
    assert next(endless).id == 1


def test_another_session_interrupts_nothing(spark: SparkSession, endless: Any, engine_url: str) -> None:
    other = SparkSession.builder.remote(engine_url).create()
    assert other.interruptAll() == []
    other.stop()
    assert next(endless).id == 1
