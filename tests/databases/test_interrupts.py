"""A query that waits for the database ends when it is interrupted."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from pyspark.errors import PySparkException
from pyspark.sql.connect.session import SparkSession

from tests.databases.conftest import Schema


@pytest.fixture
def signal(schema: Schema) -> Path:
    """Readable once a call of the function `wait()` has begun, which takes longer than any test."""
    path = schema.server.make_signal()
    body = f"BEGIN COPY (SELECT 1) TO '{path}'; PERFORM pg_sleep(600); RETURN 1; END"
    schema.execute(f"CREATE FUNCTION wait() RETURNS int LANGUAGE plpgsql AS $$ {body} $$")
    return path


def interrupted(spark: SparkSession, signal: Path, call: Callable[[], object]) -> str:
    """What `call` ends with if it is interrupted as soon as the database is at work."""
    failures: list[BaseException] = []

    def run() -> None:
        try:
            call()
        except BaseException as error:  # the thread's root
            failures.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    signal.read_bytes()
    spark.interruptAll()
    thread.join(timeout=60)
    assert not thread.is_alive()
    (failure,) = failures
    assert isinstance(failure, PySparkException)
    return str(failure.getCondition())


def test_a_read(spark: SparkSession, schema: Schema, signal: Path) -> None:
    frame = schema.read(spark, query="SELECT wait() AS a")
    assert interrupted(spark, signal, frame.collect) == "OPERATION_CANCELED"
    assert schema.rows(
        "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%wait() AS a%' AND state = 'active'"
    ) == [(1,)]


def test_a_write(spark: SparkSession, schema: Schema, signal: Path) -> None:
    schema.execute("CREATE TABLE t (id bigint, CHECK (wait() = 1))")
    frame = spark.range(3)
    assert interrupted(spark, signal, lambda: schema.write(frame, "t")) == "OPERATION_CANCELED"
    assert schema.rows("SELECT count(*) FROM t") == [(0,)]
