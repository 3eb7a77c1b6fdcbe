"""Upkeep of Delta tables in SQL and by streams: what it does to files and versions, and that no row changes."""

from __future__ import annotations

from pathlib import Path

import pytest
from deltalake import DeltaTable
from pyspark.errors import PySparkException
from pyspark.sql.connect.session import SparkSession


@pytest.fixture
def path(spark: SparkSession, tmp_path: Path) -> str:
    """Three files in three versions, then one row deleted."""
    path = f"{tmp_path}/t"
    for n in range(3):
        spark.sql(f"SELECT {n} AS n, 'x' AS p").write.format("delta").mode("append").save(path)
    spark.sql(f"DELETE FROM delta.`{path}` WHERE n = 1")
    return path


def rows(spark: SparkSession, path: str) -> list[int]:
    return sorted(row.n for row in spark.table(f"delta.`{path}`").collect())


def condition(spark: SparkSession, statement: str) -> str | None:
    with pytest.raises(PySparkException) as error:
        spark.sql(statement).collect()
    return error.value.getCondition()


def test_optimize_and_vacuum(spark: SparkSession, path: str) -> None:
    table = f"delta.`{path}`"
    done = spark.sql(f"OPTIMIZE {table}").collect()[0]
    assert (done.path, done.metrics.numFilesRemoved, done.metrics.numFilesAdded) == (f"file:{path}", 2, 1)
    assert done.metrics.filesRemoved.totalFiles == 2
    assert rows(spark, path) == [0, 2]
    assert spark.sql(f"OPTIMIZE {table} ZORDER BY (n)").collect()[0].metrics.numFilesAdded == 1
    with pytest.raises(PySparkException, match="low retention period"):
        spark.sql(f"VACUUM {table} RETAIN 0 HOURS")
    assert spark.sql(f"VACUUM {table} DRY RUN").collect() == []
    spark.conf.set("spark.databricks.delta.retentionDurationCheck.enabled", "false")
    unused = spark.sql(f"VACUUM {table} RETAIN 0 HOURS DRY RUN").collect()
    assert len(unused) == 4
    assert spark.sql(f"VACUUM {table} RETAIN 0 HOURS").collect() == [(f"file:{path}",)]
    assert len(list(Path(path).glob("*.parquet"))) == 1
    assert rows(spark, path) == [0, 2]


def test_restore(spark: SparkSession, path: str) -> None:
    answer = spark.sql(f"RESTORE TABLE delta.`{path}` TO VERSION AS OF 2").collect()[0]
    assert (answer.num_of_files_after_restore, answer.num_removed_files, answer.num_restored_files) == (3, 0, 1)
    assert rows(spark, path) == [0, 1, 2]
    spark.sql(f"RESTORE delta.`{path}` VERSION AS OF 0")
    assert rows(spark, path) == [0]
    assert condition(spark, f"RESTORE TABLE delta.`{path}` TO VERSION AS OF 9") == "DELTA_CANNOT_RESTORE_TABLE_VERSION"


def test_history_and_detail(spark: SparkSession, path: str) -> None:
    history = spark.sql(f"DESCRIBE HISTORY delta.`{path}`").collect()
    assert [(row.version, row.operation) for row in history] == [
        (3, "DELETE"),
        (2, "WRITE"),
        (1, "WRITE"),
        (0, "WRITE"),
    ]
    assert history[0].operationParameters == {"predicate": '["(n = 1)"]'}
    assert history[0].operationMetrics["numDeletedRows"] == "1"
    assert [row.version for row in spark.sql(f"DESCRIBE HISTORY delta.`{path}` LIMIT 2").collect()] == [3, 2]
    detail = spark.sql(f"DESCRIBE DETAIL delta.`{path}`").collect()[0]
    assert (detail.format, detail.location, detail.numFiles, detail.minWriterVersion) == ("delta", f"file:{path}", 2, 2)
    assert detail.tableFeatures == ["appendOnly", "invariants"]


def test_properties_and_columns(spark: SparkSession, path: str) -> None:
    table = f"delta.`{path}`"
    spark.sql(f"ALTER TABLE {table} SET TBLPROPERTIES (delta.enableChangeDataFeed = true, 'my.key' = 'v')")
    assert DeltaTable(path).metadata().configuration == {"delta.enableChangeDataFeed": "true", "my.key": "v"}
    spark.sql(f"UPDATE {table} SET n = 5 WHERE n = 2")
    feed = spark.read.format("delta").option("readChangeFeed", True).option("startingVersion", 4).load(path)
    assert sorted(row._change_type for row in feed.collect()) == ["update_postimage", "update_preimage"]
    detail = spark.sql(f"DESCRIBE DETAIL {table}").collect()[0]
    assert (detail.minReaderVersion, detail.minWriterVersion) == (1, 4)
    spark.sql(f"ALTER TABLE {table} ADD COLUMNS (m BIGINT, s STRUCT<a: INT>)")
    assert spark.table(table).where("m IS NULL AND s IS NULL").count() == 2
    assert condition(spark, f"ALTER TABLE {table} ADD COLUMN N INT") == "FIELD_ALREADY_EXISTS"
    with pytest.raises(PySparkException, match="delta.enableDeletionVectors"):
        spark.sql(f"ALTER TABLE {table} SET TBLPROPERTIES (delta.enableDeletionVectors = true)")


def test_a_table_with_features_keeps_them_and_names_no_others(spark: SparkSession, tmp_path: Path) -> None:
    spark.sql(f"CREATE TABLE delta.`{tmp_path}/f` (t TIMESTAMP_NTZ, n INT NOT NULL) USING delta")
    spark.sql(f"INSERT INTO delta.`{tmp_path}/f` VALUES (NULL, 1)")
    spark.sql(f"ALTER TABLE delta.`{tmp_path}/f` SET TBLPROPERTIES (delta.enableChangeDataFeed = true)")
    detail = spark.sql(f"DESCRIBE DETAIL delta.`{tmp_path}/f`").collect()[0]
    assert detail.tableFeatures == ["appendOnly", "changeDataFeed", "invariants", "timestampNtz"]
    assert spark.sql(f"UPDATE delta.`{tmp_path}/f` SET n = 2").collect() == [(1,)]


def test_only_delta_tables(spark: SparkSession) -> None:
    spark.sql("CREATE TABLE not_delta (a INT) USING parquet")
    for statement in ("OPTIMIZE", "VACUUM", "DESCRIBE HISTORY", "DESCRIBE DETAIL"):
        assert condition(spark, f"{statement} not_delta") == "DELTA_ONLY_OPERATION"
    spark.sql("DROP TABLE not_delta")


def test_a_stream_that_compacts(spark: SparkSession, tmp_path: Path) -> None:
    path, folder = f"{tmp_path}/s", tmp_path / "in"
    folder.mkdir()
    spark.conf.set("unbounded.delta.optimizeEvery", "3")
    for n in range(7):
        (folder / f"{n}.csv").write_text(f"{n}\n")
    lines = spark.readStream.schema("n INT").option("maxFilesPerTrigger", 1).csv(str(folder))
    writer = lines.writeStream.format("delta").option("checkpointLocation", f"{tmp_path}/checkpoint")
    writer.trigger(availableNow=True).start(path).awaitTermination()
    assert rows(spark, path) == list(range(7))
    table = DeltaTable(path)
    assert len(table.file_uris()) == 2
    assert [entry["operation"] for entry in table.history()].count("OPTIMIZE") == 2
    reader = spark.readStream.format("delta").load(path).writeStream.format("delta")
    copy = reader.option("checkpointLocation", f"{tmp_path}/c").trigger(availableNow=True)
    for n in range(7, 10):
        copy.start(f"{tmp_path}/copy").awaitTermination()
        (folder / f"{n}.csv").write_text(f"{n}\n")
        writer.trigger(availableNow=True).start(path).awaitTermination()
    copy.start(f"{tmp_path}/copy").awaitTermination()
    assert rows(spark, f"{tmp_path}/copy") == list(range(10))
