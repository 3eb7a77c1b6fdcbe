"""Delta tables of the warehouse: made in SQL, by writers and by streams; read by name, with the columns of the log."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake
from pyspark.errors import AnalysisException
from pyspark.sql.connect.session import SparkSession


@pytest.fixture
def name(spark: SparkSession) -> Iterator[str]:
    yield "delta_catalog"
    spark.sql("DROP TABLE IF EXISTS delta_catalog")


def rows(spark: SparkSession, query: str) -> list[tuple[object, ...]]:
    return sorted((tuple(row) for row in spark.sql(query).collect()), key=repr)


def refused(spark: SparkSession, statement: str) -> str | None:
    with pytest.raises(AnalysisException) as error:
        spark.sql(statement).collect()
    return error.value.getCondition()


def test_create_insert_describe_drop(spark: SparkSession, name: str) -> None:
    spark.sql(f"CREATE TABLE {name} (p STRING, a INT COMMENT 'n') USING delta PARTITIONED BY (p)")
    spark.sql(f"INSERT INTO {name} VALUES ('x', 1), (NULL, 2)")
    spark.sql(f"INSERT INTO {name} (a) VALUES ('3')")
    assert rows(spark, f"SELECT * FROM {name}") == [("x", 1), (None, 2), (None, 3)]
    assert spark.table(name).columns == ["p", "a"]
    shown = spark.sql(f"DESCRIBE {name}").collect()
    assert [row[0] for row in shown] == ["p", "a", "# Partition Information", "# col_name", "p"]
    assert shown[1][2] == "n"
    spark.sql(f"INSERT OVERWRITE {name} VALUES ('y', 9)")
    assert rows(spark, f"SELECT * FROM {name}") == [("y", 9)]
    assert refused(spark, f"INSERT INTO {name} VALUES (1)") == "DELTA_INSERT_COLUMN_ARITY_MISMATCH"
    assert refused(spark, f"INSERT INTO {name} SELECT 'x', array(1)") == "DATATYPE_MISMATCH.CAST_WITHOUT_SUGGESTION"
    assert refused(spark, f"SHOW CREATE TABLE {name}") == "DELTA_OPERATION_NOT_ALLOWED"
    assert refused(spark, f"TRUNCATE TABLE {name}") == "_LEGACY_ERROR_TEMP_1121"
    spark.sql(f"DROP TABLE {name}")
    assert refused(spark, f"SELECT * FROM {name}") == "TABLE_OR_VIEW_NOT_FOUND"


def test_replacing_keeps_the_history(spark: SparkSession, name: str) -> None:
    for columns in ("1 AS a", "2 AS a, 'x' AS b"):
        spark.sql(f"CREATE OR REPLACE TABLE {name} USING delta AS SELECT {columns}")
    assert rows(spark, f"SELECT * FROM {name}") == [(2, "x")]
    old = spark.read.option("versionAsOf", 0).table(name)
    assert old.collect() == [(1,)]
    spark.sql(f"CREATE OR REPLACE TABLE {name} (z INT) USING delta")
    assert spark.table(name).columns == ["z"]
    assert rows(spark, f"SELECT * FROM {name}") == []


def test_earlier_versions_in_sql(spark: SparkSession, name: str) -> None:
    spark.sql(f"CREATE TABLE {name} USING delta AS SELECT 1 AS a")
    spark.sql(f"INSERT INTO {name} VALUES (2)")
    assert rows(spark, f"SELECT * FROM {name} VERSION AS OF 0") == [(1,)]
    joined = (
        f"SELECT now.a FROM {name} FOR VERSION AS OF '0' AS old RIGHT JOIN {name} AS now USING (a) WHERE old.a IS NULL"
    )
    assert rows(spark, joined) == [(2,)]
    assert refused(spark, f"SELECT * FROM {name} VERSION AS OF 9") == "DELTA_VERSION_NOT_FOUND"
    earliest = "DELTA_TIMESTAMP_EARLIER_THAN_COMMIT_RETENTION"
    assert refused(spark, f"SELECT * FROM {name} TIMESTAMP AS OF '2001-01-01'") == earliest
    spark.sql("CREATE OR REPLACE TEMPORARY VIEW one AS SELECT 1 AS a")
    assert refused(spark, "SELECT * FROM one VERSION AS OF 0") == "UNSUPPORTED_FEATURE.TIME_TRAVEL"


def test_a_name_for_a_table_that_is_there(spark: SparkSession, name: str, tmp_path: Path) -> None:
    path = str(tmp_path / "t")
    write_deltalake(path, pa.table({"a": pa.array([1], pa.int32())}))
    for columns, condition in (
        ("(b INT)", "DELTA_CREATE_TABLE_SCHEME_MISMATCH"),
        ("(a INT, b INT)", "DELTA_CREATE_TABLE_SCHEME_MISMATCH"),
    ):
        assert refused(spark, f"CREATE TABLE {name} {columns} USING delta LOCATION '{path}'") == condition
    spark.sql(f"CREATE TABLE {name} USING delta LOCATION '{path}'")
    write_deltalake(path, pa.table({"a": pa.array([2], pa.int32()), "b": ["x"]}), mode="append", schema_mode="merge")
    assert rows(spark, f"SELECT * FROM {name}") == [(1, None), (2, "x")]
    spark.sql(f"DROP TABLE {name}")
    assert rows(spark, f"SELECT a FROM delta.`{path}`") == [(1,), (2,)]
    (tmp_path / "full").mkdir()
    (tmp_path / "full/file").touch()
    statement = f"CREATE TABLE {name} (a INT) USING delta LOCATION '{tmp_path}/full'"
    assert refused(spark, statement) == "DELTA_CREATE_TABLE_WITH_NON_EMPTY_LOCATION"


def test_properties_and_not_null(spark: SparkSession, name: str, tmp_path: Path) -> None:
    location = f"LOCATION '{tmp_path}/t' TBLPROPERTIES ('my.key' = 'v')"
    spark.sql(f"CREATE TABLE {name} (a INT NOT NULL) USING delta {location}")
    assert DeltaTable(str(tmp_path / "t")).metadata().configuration == {"my.key": "v"}
    assert not spark.table(name).schema["a"].nullable
    with pytest.raises(Exception, match="NOT_NULL_CONSTRAINT_VIOLATED"):
        spark.sql(f"INSERT INTO {name} VALUES (NULL)")


def test_writers_by_name(spark: SparkSession, name: str) -> None:
    spark.range(2).write.format("delta").saveAsTable(name)
    with pytest.raises(AnalysisException, match="TABLE_OR_VIEW_ALREADY_EXISTS"):
        spark.range(2).write.format("delta").saveAsTable(name)
    wider = spark.sql("SELECT 5L AS id, 'x' AS b")
    with pytest.raises(AnalysisException, match="mergeSchema"):
        wider.write.format("delta").mode("append").saveAsTable(name)
    wider.write.format("delta").mode("append").option("mergeSchema", "true").saveAsTable(name)
    wider.write.insertInto(name)
    wider.writeTo(name).append()
    assert rows(spark, f"SELECT * FROM {name}") == [(0, None), (1, None), (5, "x"), (5, "x"), (5, "x")]
    spark.range(1).writeTo(name).using("delta").createOrReplace()
    assert rows(spark, f"SELECT * FROM {name}") == [(0,)]


def test_streams_into_and_out_of_a_name(spark: SparkSession, name: str, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in/0.csv").write_text("1\n2\n")
    lines = spark.readStream.schema("n INT").csv(str(tmp_path / "in"))
    writer = lines.writeStream.format("delta").option("checkpointLocation", str(tmp_path / "checkpoint"))
    for _ in range(2):
        writer.trigger(availableNow=True).toTable(name).awaitTermination()
    assert rows(spark, f"SELECT * FROM {name}") == [(1,), (2,)]
    reader = spark.readStream.option("maxFilesPerTrigger", 1).table(name).writeStream.format("delta")
    reader = reader.option("checkpointLocation", str(tmp_path / "checkpoint2")).trigger(availableNow=True)
    reader.start(str(tmp_path / "copy")).awaitTermination()
    assert rows(spark, f"SELECT * FROM delta.`{tmp_path}/copy`") == [(1,), (2,)]
