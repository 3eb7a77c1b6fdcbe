"""Rows on their way to the client: none, many, and what comes beside them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from pyspark.sql import Observation, Row
from pyspark.sql import functions as F
from pyspark.sql.connect.client import SparkConnectClient
from pyspark.sql.connect.session import SparkSession


def test_no_rows_are_still_a_table(spark: SparkSession) -> None:
    nothing = spark.range(3).limit(0)
    assert nothing.collect() == []
    assert str(nothing.toPandas().dtypes["id"]) == "int64"
    assert nothing.toArrow().schema.names == ["id"]


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"allow_arrow_batch_chunking": False},
        {"preferred_arrow_chunk_size": 1024},
        {"use_reattachable_execute": False},
    ],
    ids=json.dumps,
)
def test_many_rows_arrive_in_order_however_they_are_cut(engine_url: str, options: dict[str, object]) -> None:
    spark = SparkSession.builder.remote(engine_url).create()
    spark._client.close()
    spark._client = SparkConnectClient(engine_url, **options)  # type: ignore[arg-type]
    assert spark.range(200_000).toArrow()["id"].to_pylist() == list(range(200_000))
    spark.stop()


def test_observed_metrics_come_with_the_rows(spark: SparkSession) -> None:
    observation = Observation("totals")
    rows = spark.range(5).observe(observation, F.count(F.lit(1)).alias("n"), F.max("id").alias("top")).collect()
    assert len(rows) == 5
    assert observation.get == {"n": 5, "top": 4}


def test_metrics_count_the_rows(spark: SparkSession) -> None:
    frame = spark.range(7)
    frame.collect()
    assert frame.executionInfo is not None
    (metric,) = frame.executionInfo.metrics._metrics[0].metrics
    assert (metric.name, metric.value) == ("numOutputRows", 7)


def test_a_loop_of_columns_may_be_long(spark: SparkSession) -> None:
    """Each turn nests the message one level deeper; protobuf alone would stop at 100."""
    frame = spark.range(2)
    for number in range(150):
        frame = frame.withColumn("turn", F.lit(number))
    assert frame.collect() == [Row(id=0, turn=149), Row(id=1, turn=149)]


def test_shown_text_ends_as_in_spark(spark: SparkSession) -> None:
    """A footer has no line break behind it, so that `show()` prints no empty line there; a whole table has one."""
    numbers = spark.range(2)
    assert numbers._show_string(1) == "+---+\n| id|\n+---+\n|  0|\n+---+\nonly showing top 1 row"
    assert numbers._show_string(1, vertical=True) == "-RECORD 0--\n id  | 0   \nonly showing top 1 row"
    assert numbers._show_string(2) == "+---+\n| id|\n+---+\n|  0|\n|  1|\n+---+\n"
    assert numbers.limit(0)._show_string(1, vertical=True) == "(0 rows)"


def test_a_function_sees_every_row(spark: SparkSession, tmp_path: Path) -> None:
    """Rows go to the function one by one, or those of a partition together; nothing comes back."""
    one_by_one, together = tmp_path / "rows", tmp_path / "partitions"

    def note(row: Row) -> None:
        with one_by_one.open("a") as out:
            out.write(f"{row.id} {row.text}\n")

    def note_all(rows: Iterator[Row]) -> None:
        with together.open("a") as out:
            out.writelines(f"{row.id}\n" for row in rows)

    numbers = spark.range(3).withColumn("text", F.lit("x"))
    numbers.foreach(note)
    numbers.foreachPartition(note_all)
    assert sorted(one_by_one.read_text().splitlines()) == ["0 x", "1 x", "2 x"]
    assert sorted(together.read_text().splitlines()) == ["0", "1", "2"]
