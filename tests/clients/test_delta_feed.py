"""The change data feed in programs: which rows each version is told by, in batches and in streams."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyspark.errors import PySparkException
from pyspark.sql.connect.session import SparkSession

SOURCE = "(SELECT * FROM VALUES (1, 'A', 'x'), (2, 'B', 'y'), (4, 'D', 'y') AS s(id, v, p)) AS s"


@pytest.fixture
def path(spark: SparkSession, tmp_path: Path) -> str:
    """A table with a feed: version 1 adds three rows, 2 merges, 3 deletes, 4 overwrites everything."""
    path = f"{tmp_path}/t"
    columns = "(id INT NOT NULL, v STRING, p STRING) USING delta PARTITIONED BY (p)"
    properties = "TBLPROPERTIES (delta.enableChangeDataFeed = true)"
    spark.sql(f"CREATE TABLE with_feed {columns} LOCATION '{path}' {properties}")
    spark.sql("INSERT INTO with_feed VALUES (1, 'a', 'x'), (2, 'b', 'y'), (3, 'c', NULL)")
    clauses = "WHEN MATCHED AND s.id = 1 THEN DELETE WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *"
    spark.sql(f"MERGE INTO with_feed AS t USING {SOURCE} ON t.id = s.id {clauses}")
    spark.sql("DELETE FROM with_feed WHERE id > 3")
    spark.sql("INSERT OVERWRITE with_feed VALUES (8, 'o', 'z')")
    spark.sql("DROP TABLE with_feed")
    return path


MERGED = [
    (2, "delete", 1, "a", "x"),
    (2, "insert", 4, "D", "y"),
    (2, "update_postimage", 2, "B", "y"),
    (2, "update_preimage", 2, "b", "y"),
]
DELETED = [(3, "delete", 4, "D", "y")]
OVERWRITTEN = [(4, "delete", 2, "B", "y"), (4, "delete", 3, "c", None), (4, "insert", 8, "o", "z")]
COLUMNS = ("_commit_version", "_change_type", "id", "v", "p")


def feed(spark: SparkSession, path: str, **options: object) -> list[tuple[object, ...]]:
    frame = spark.read.format("delta").options(readChangeFeed="true", **options).load(path)
    return sorted((tuple(row) for row in frame.select(*COLUMNS).collect()), key=repr)


def test_versions(spark: SparkSession, path: str) -> None:
    assert feed(spark, path, startingVersion=2) == [*MERGED, *DELETED, *OVERWRITTEN]
    assert feed(spark, path, startingVersion=2, endingVersion=2) == MERGED
    assert feed(spark, path, startingVersion=3, endingVersion=99) == [*DELETED, *OVERWRITTEN]
    assert feed(spark, path, startingTimestamp="2020-01-01", endingVersion=1) == [
        (1, "insert", 1, "a", "x"),
        (1, "insert", 2, "b", "y"),
        (1, "insert", 3, "c", None),
    ]
    frame = spark.read.format("delta").option("readChangeFeed", True).option("startingVersion", 1).load(path)
    assert frame.columns == ["id", "v", "p", "_change_type", "_commit_version", "_commit_timestamp"]
    assert frame.where("p = 'z' AND _change_type = 'insert'").select("id").collect() == [(8,)]
    times = frame.select("_commit_timestamp").distinct()
    assert times.count() == 4
    assert times.where(
        "_commit_timestamp BETWEEN current_timestamp() - INTERVAL 1 HOUR AND current_timestamp()"
    ).count()


@pytest.mark.parametrize(
    "options, expected",
    [
        ({}, "DELTA_NO_START_FOR_CDC_READ"),
        ({"startingVersion": 2, "endingVersion": 1}, "DELTA_INVALID_CDC_RANGE"),
        ({"startingVersion": 2, "startingTimestamp": "2020-01-01"}, "DELTA_MULTIPLE_CDC_BOUNDARY"),
        ({"startingTimestamp": "2099-01-01"}, "DELTA_TIMESTAMP_GREATER_THAN_COMMIT"),
        ({"startingVersion": "soon"}, "DELTA_VERSION_INVALID"),
        ({"startingVersion": 0, "versionAsOf": 1}, "DELTA_UNSUPPORTED_TIME_TRAVEL_VIEWS"),
        ({"startingVersion": 100}, "Start version cannot be greater than the latest version of the table\\(4\\)"),
    ],
)
def test_what_is_no_range(spark: SparkSession, path: str, options: dict[str, object], expected: str) -> None:
    with pytest.raises(PySparkException, match=expected):
        feed(spark, path, **options)


def test_a_value_of_chance_is_the_same_in_the_table_and_in_the_feed(spark: SparkSession, path: str) -> None:
    spark.sql(f"UPDATE delta.`{path}` SET v = uuid()")
    (stored,) = spark.table(f"delta.`{path}`").collect()
    assert feed(spark, path, startingVersion=5)[0] == (5, "update_postimage", 8, stored.v, "z")


def test_a_table_without_a_feed(spark: SparkSession, tmp_path: Path) -> None:
    spark.range(1).write.format("delta").save(f"{tmp_path}/t")
    with pytest.raises(PySparkException, match="DELTA_MISSING_CHANGE_DATA"):
        feed(spark, f"{tmp_path}/t", startingVersion=0)


def test_streams(spark: SparkSession, path: str, tmp_path: Path) -> None:
    def streamed(name: str, **options: object) -> list[tuple[object, ...]]:
        reader = spark.readStream.format("delta").options(readChangeFeed="true", **options).load(path)
        writer = reader.select(*COLUMNS).writeStream.format("delta").option("checkpointLocation", f"{tmp_path}/c{name}")
        writer.trigger(availableNow=True).start(f"{tmp_path}/{name}").awaitTermination()
        return sorted(map(tuple, spark.table(f"delta.`{tmp_path}/{name}`").collect()), key=repr)

    assert streamed("all") == [(4, "insert", 8, "o", "z")]
    assert streamed("changes", startingVersion=2, maxFilesPerTrigger=1) == [*MERGED, *DELETED, *OVERWRITTEN]
    spark.sql(f"UPDATE delta.`{path}` SET v = 'new'")
    changes = [(5, "update_postimage", 8, "new", "z"), (5, "update_preimage", 8, "o", "z")]
    assert streamed("all") == [(4, "insert", 8, "o", "z"), *changes]


def test_both_images_of_a_change_are_in_one_batch(spark: SparkSession, path: str, tmp_path: Path) -> None:
    reader = spark.readStream.format("delta").option("readChangeFeed", True).option("startingVersion", 2)
    writer = reader.option("maxFilesPerTrigger", 1).load(path).writeStream.format("memory").queryName("images")
    query = writer.trigger(availableNow=True).start()
    query.awaitTermination()
    assert [progress.numInputRows for progress in query.recentProgress] == [4, 1, 1, 1, 1]
