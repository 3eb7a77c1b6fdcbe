"""`unbounded bench jdbc`: rows a second into a database and out of it, by a program with the real client."""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable

from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from unbounded.embed.notebook import local_session

RUNS = 3
_COLUMNS = (
    "id",
    "CAST(id % 1000 AS INT) AS sensor",
    "CONCAT('name', id) AS name",
    "id * 0.5D AS value",
    "CAST(id AS DECIMAL(12,2)) AS amount",
    "timestamp_seconds(id + 1000000000) AS at",
)


def measure_database(url: str, table: str, row_count: int) -> int:
    """Prints the median of `RUNS` runs of each step; `table` is replaced. Exit code 1 if the database refuses."""
    spark = local_session({})
    try:
        _measure(spark, url, table, row_count)
    except PySparkException as error:
        sys.stderr.write(f"{error}\n")
        return 1
    finally:
        spark.stop()
    return 0


def _measure(spark: SparkSession, url: str, table: str, row_count: int) -> None:
    rows = spark.range(row_count).selectExpr(*_COLUMNS)
    options = {"url": url, "dbtable": table}
    stored = spark.read.format("jdbc").options(**options)
    write = rows.write.format("jdbc").options(**options)
    steps: dict[str, Callable[[], object]] = {
        "write a new table": lambda: write.mode("overwrite").save(),
        "truncate and write": lambda: write.option("truncate", "true").mode("overwrite").save(),
        "read all columns": lambda: stored.load().write.format("noop").mode("append").save(),
        "read one column": lambda: stored.load().selectExpr("SUM(value)").collect(),
    }
    for name, step in steps.items():
        seconds = statistics.median(_seconds(step) for _ in range(RUNS))
        sys.stdout.write(f"{name:20} {seconds:7.2f} s {row_count / seconds:12,.0f} rows/s\n")
        sys.stdout.flush()


def _seconds(step: Callable[[], object]) -> float:
    started = time.monotonic()
    step()
    return time.monotonic() - started
