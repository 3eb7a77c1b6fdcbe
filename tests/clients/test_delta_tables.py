"""Delta tables in programs: what is read is what delta-rs has written, and the other way round."""

from __future__ import annotations

import datetime
import json
import os
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake
from pyspark.errors import AnalysisException, ArithmeticException, UnsupportedOperationException
from pyspark.sql.connect.dataframe import DataFrame
from pyspark.sql.connect.session import SparkSession
from pyspark.sql.types import DecimalType, IntegerType, StringType, StructField, StructType, TimestampNTZType


def table_of(**columns: pa.Array) -> pa.Table:
    return pa.table(columns)


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "table")


def set_commit_time(path: str, version: int, seconds: int) -> None:
    os.utime(f"{path}/_delta_log/{version:020}.json", (seconds, seconds))


def rows(spark: SparkSession, path: str, **options: object) -> list[tuple[object, ...]]:
    frame = spark.read.format("delta").options(**options).load(path)
    return sorted(tuple(row) for row in frame.collect())


def test_types_order_and_nullability(spark: SparkSession, path: str) -> None:
    schema = pa.schema(
        [
            pa.field("part", pa.string()),
            pa.field("n", pa.int32(), nullable=False),
            pa.field("d", pa.decimal128(10, 2)),
            pa.field("at", pa.timestamp("us")),
        ]
    )
    moment = datetime.datetime(2026, 1, 2, 3, 4, 5)
    data = [["a/b c", None], [1, 2], [None, None], [moment, None]]
    arrays = [pa.array(values, field.type) for values, field in zip(data, schema, strict=True)]
    write_deltalake(path, pa.Table.from_arrays(arrays, schema=schema), partition_by=["part"])
    frame = spark.read.format("delta").load(path)
    assert frame.schema == StructType(
        [
            StructField("part", StringType()),
            StructField("n", IntegerType(), False),
            StructField("d", DecimalType(10, 2)),
            StructField("at", TimestampNTZType()),
        ]
    )
    assert sorted(map(tuple, frame.collect()), key=lambda row: row[1]) == [
        ("a/b c", 1, None, moment),
        (None, 2, None, None),
    ]
    assert frame.where("part = 'a/b c'").select("n").collect() == [(1,)]
    assert frame.where("part IS NULL").count() == 1


def test_columns_added_later_are_null_in_older_files(spark: SparkSession, path: str) -> None:
    write_deltalake(path, table_of(a=pa.array([1])))
    write_deltalake(path, table_of(a=pa.array([2]), b=pa.array(["x"])), mode="append", schema_mode="merge")
    assert rows(spark, path) == [(1, None), (2, "x")]


def test_removed_files_do_not_count(spark: SparkSession, path: str) -> None:
    write_deltalake(path, table_of(a=pa.array([1])))
    write_deltalake(path, table_of(a=pa.array([2])), mode="overwrite")
    assert rows(spark, path) == [(2,)]
    assert [tuple(row) for row in spark.sql(f"SELECT * FROM delta.`{path}`").collect()] == [(2,)]


def test_a_table_with_no_rows(spark: SparkSession, path: str) -> None:
    DeltaTable.create(path, pa.schema([("a", pa.int64())]))
    assert rows(spark, path) == []


def test_time_travel(spark: SparkSession, path: str) -> None:
    for version in range(3):
        write_deltalake(path, table_of(a=pa.array([version])), mode="append")
        set_commit_time(path, version, 1_000_000_000 + version * 100)
    assert rows(spark, path, versionAsOf=1) == [(0,), (1,)]
    assert rows(spark, path, timestampAsOf="2001-09-09T01:46:40Z") == [(0,)]
    assert rows(spark, path, timestampAsOf="2001-09-09T01:48:30Z") == [(0,), (1,)]
    for options, condition in (
        ({"versionAsOf": 7}, "DELTA_VERSION_NOT_FOUND"),
        ({"timestampAsOf": "2001-01-01"}, "DELTA_TIMESTAMP_EARLIER_THAN_COMMIT_RETENTION"),
        ({"timestampAsOf": "2021-01-01"}, "DELTA_TIMESTAMP_GREATER_THAN_COMMIT"),
        ({"timestampAsOf": "soon"}, "DELTA_TIMESTAMP_INVALID"),
    ):
        with pytest.raises(AnalysisException) as error:
            rows(spark, path, **options)
        assert error.value.getCondition() == condition


def test_what_is_no_table(spark: SparkSession, path: str) -> None:
    with pytest.raises(AnalysisException, match="PATH_NOT_FOUND"):
        rows(spark, path)
    os.mkdir(path)
    with pytest.raises(AnalysisException, match="DELTA_TABLE_NOT_FOUND"):
        rows(spark, path)


def test_what_is_not_there_is_refused_by_name(spark: SparkSession, path: str) -> None:
    write_deltalake(path, table_of(a=pa.array([1])))
    with pytest.raises(UnsupportedOperationException, match="does not support user-specified schema"):
        spark.read.format("delta").schema("a INT").load(path).collect()


def edit_first_commit(path: str, old: str, new: str) -> None:
    log = Path(path, "_delta_log", f"{0:020}.json")
    text = log.read_text()
    assert old in text
    log.write_text(text.replace(old, new))


def test_column_mapping_is_refused(spark: SparkSession, path: str) -> None:
    DeltaTable.create(path, pa.schema([("a", pa.int64())]))
    mapping = {"delta.columnMapping.id": 1, "delta.columnMapping.physicalName": "c"}
    edit_first_commit(path, '"configuration":{}', '"configuration":{"delta.columnMapping.mode":"name"}')
    edit_first_commit(path, '\\"metadata\\":{}', '\\"metadata\\":' + json.dumps(mapping).replace('"', '\\"'))
    edit_first_commit(path, '"minReaderVersion":1,"minWriterVersion":2', '"minReaderVersion":2,"minWriterVersion":5')
    with pytest.raises(UnsupportedOperationException, match="column mapping"):
        rows(spark, path)


def test_deletion_vectors_are_refused(spark: SparkSession, path: str) -> None:
    write_deltalake(path, table_of(a=pa.array([1, 2, 3])))
    features = '"readerFeatures":["deletionVectors"],"writerFeatures":["deletionVectors"]'
    edit_first_commit(
        path, '"minReaderVersion":1,"minWriterVersion":2', f'"minReaderVersion":3,"minWriterVersion":7,{features}'
    )
    assert rows(spark, path) == [(1,), (2,), (3,)]
    vector = {
        "storageType": "i",
        "pathOrInlineDv": "wi5b=000010000siXQKl0rr91000f55c8Xg0@@D72lkbi5=-{L",
        "sizeInBytes": 40,
        "cardinality": 6,
    }
    edit_first_commit(path, '"dataChange":true', f'"deletionVector":{json.dumps(vector)},"dataChange":true')
    with pytest.raises(UnsupportedOperationException, match="deletion vectors"):
        rows(spark, path)


# ---------------------------------------------------------------------------------------------- writing


def save(frame: DataFrame, path: str, mode: str = "append", partitions: str = "", **options: str) -> None:
    frame.write.format("delta").mode(mode).options(**options).partitionBy(*partitions.split()).save(path)


def stored(path: str) -> list[tuple[object, ...]]:
    table = DeltaTable(path).to_pyarrow_table()
    return sorted((tuple(row.values()) for row in table.to_pylist()), key=str)


def test_save_modes(spark: SparkSession, path: str) -> None:
    one, two = spark.sql("SELECT 1 AS a"), spark.sql("SELECT 2 AS a")
    save(one, path, "error")
    with pytest.raises(AnalysisException, match="DELTA_PATH_EXISTS"):
        save(two, path, "error")
    save(two, path, "ignore")
    assert stored(path) == [(1,)]
    save(two, path, "append")
    assert stored(path) == [(1,), (2,)]
    save(two, path, "overwrite")
    assert stored(path) == [(2,)]
    assert rows(spark, path, versionAsOf=1) == [(1,), (2,)]


def test_types_survive(spark: SparkSession, path: str) -> None:
    spark.conf.set("spark.sql.session.timeZone", "Europe/Berlin")
    query = """SELECT 1Y AS b, 2S AS s, 3L AS l, 1.5F AS f, 1.25BD AS d, DATE'2026-01-02' AS day,
        TIMESTAMP'2026-01-02 03:04:05' AS at, TIMESTAMP_NTZ'2026-01-02 03:04:05' AS ntz, X'01' AS x,
        array(1, NULL) AS xs, map('k', named_struct('v', 1)) AS m, CAST(NULL AS STRING) AS none"""
    frame = spark.sql(query)
    save(frame, path)
    assert spark.read.format("delta").load(path).collect() == frame.collect()
    save(frame, path)
    assert len(stored(path)) == 2


def test_partitions(spark: SparkSession, path: str) -> None:
    save(spark.sql("SELECT 'x/y' AS p, 1 AS a"), path, partitions="p")
    save(spark.sql("SELECT 2 AS A, CAST(NULL AS STRING) AS P"), path)
    assert DeltaTable(path).metadata().partition_columns == ["p"]
    assert stored(path) == [("x/y", 1), (None, 2)]
    frame = spark.read.format("delta").load(path)
    assert [tuple(row) for row in frame.orderBy("a").collect()] == [("x/y", 1), (None, 2)]
    with pytest.raises(AnalysisException, match="(?s)Given: .`a`.*Table: .`p`"):
        save(spark.sql("SELECT 'x' AS p, 1 AS a"), path, partitions="a")
    with pytest.raises(AnalysisException, match="DELTA_PARTITION_COLUMN_NOT_FOUND"):
        save(spark.sql("SELECT 1 AS a"), path + "2", partitions="p")


def test_schemas_change_only_on_demand(spark: SparkSession, path: str) -> None:
    save(spark.sql("SELECT 1 AS a"), path)
    wider = spark.sql("SELECT 2 AS a, 'x' AS b")
    for mode in ("append", "overwrite"):
        with pytest.raises(AnalysisException, match="mergeSchema"):
            save(wider, path, mode)
    save(wider, path, mergeSchema="true")
    assert stored(path) == [(1, None), (2, "x")]
    with pytest.raises(AnalysisException, match="DELTA_FAILED_TO_MERGE_FIELDS"):
        save(spark.sql("SELECT 'text' AS a"), path)
    save(spark.sql("SELECT 'text' AS c, 1 AS p"), path, "overwrite", "p", overwriteSchema="true")
    assert stored(path) == [("text", 1)]
    assert DeltaTable(path).metadata().partition_columns == ["p"]


def test_replace_where(spark: SparkSession, path: str) -> None:
    save(spark.sql("SELECT * FROM VALUES (1, 'x'), (2, 'y') AS t(a, b)"), path)
    new = spark.sql("SELECT 1 AS a, 'new' AS b")
    save(new, path, "overwrite", replaceWhere="try_divide(a, 0) IS NULL AND int(a) <=> 1")
    assert stored(path) == [(1, "new"), (2, "y")]
    with pytest.raises(AnalysisException, match="DELTA_REPLACE_WHERE_MISMATCH"):
        save(spark.sql("SELECT 3 AS a, 'new' AS b"), path, "overwrite", replaceWhere="a = 1")
    assert stored(path) == [(1, "new"), (2, "y")]


def test_a_write_of_a_transaction_happens_once(spark: SparkSession, path: str) -> None:
    for _ in range(2):
        save(spark.sql("SELECT 1 AS a"), path, txnAppId="app", txnVersion="4")
    assert stored(path) == [(1,)]
    for number in (2, 3):
        new = spark.sql(f"SELECT {number} AS a")
        stamp = {"txnAppId": "app", "txnVersion": "5", "userMetadata": "why"}
        save(new, path, "overwrite", replaceWhere="a > 0", **stamp)
    assert stored(path) == [(2,)]
    assert DeltaTable(path).transaction_version("app") == 5
    assert DeltaTable(path).history(1)[0]["userMetadata"] == "why"


def test_a_failing_query_writes_nothing(spark: SparkSession, path: str) -> None:
    with pytest.raises(ArithmeticException, match="DIVIDE_BY_ZERO"):
        save(spark.sql("SELECT 1 / (id - 5) AS a FROM range(10)"), path)
    assert not os.path.exists(f"{path}/_delta_log")


def test_what_writers_refuse(spark: SparkSession, path: str) -> None:
    frame = spark.sql("SELECT 1 AS a")
    for option, value in (("dataChange", "false"), ("maxRecordsPerFile", "5")):
        with pytest.raises(UnsupportedOperationException, match=option):
            save(frame, path, "overwrite", **{option: value})


# ---------------------------------------------------------------------------------------------- streaming


def test_a_stream_into_a_table(spark: SparkSession, path: str, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "0.csv").write_text("1\n2\n")
    lines = spark.readStream.schema("n INT").csv(str(folder))
    writer = lines.writeStream.format("delta").option("checkpointLocation", str(tmp_path / "checkpoint"))
    for _ in range(2):
        query = writer.trigger(availableNow=True).start(path)
        query.awaitTermination()
    assert stored(path) == [(1,), (2,)]
    assert DeltaTable(path).transaction_version(query.id) == 0
    (tmp_path / "checkpoint/commits/0").unlink()
    writer.trigger(availableNow=True).start(path).awaitTermination()
    assert stored(path) == [(1,), (2,)]


def test_complete_mode_keeps_the_last_result(spark: SparkSession, path: str, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    counts = spark.readStream.schema("n INT").csv(str(folder)).groupBy("n").count()
    writer = counts.writeStream.format("delta").outputMode("complete")
    writer = writer.option("checkpointLocation", str(tmp_path / "checkpoint"))
    for i in range(2):
        (folder / f"{i}.csv").write_text("1\n")
        writer.trigger(availableNow=True).start(path).awaitTermination()
    assert stored(path) == [(1, 2)]
    with pytest.raises(AnalysisException, match="DELTA_UNSUPPORTED_OUTPUT_MODE"):
        writer.outputMode("update").start(path)


def test_a_table_as_a_stream(spark: SparkSession, path: str, tmp_path: Path) -> None:
    copy = str(tmp_path / "copy")
    stream = None
    for n in range(3):
        save(spark.sql(f"SELECT 'p{n % 2}' AS p, {n} AS a"), path, partitions="p")
        stream = stream or spark.readStream.format("delta").option("maxFilesPerTrigger", 1).load(path)
        assert stream.columns == ["p", "a"]
        writer = stream.writeStream.format("delta").option("checkpointLocation", str(tmp_path / "checkpoint"))
        writer.trigger(availableNow=True).start(copy).awaitTermination()
    assert stored(copy) == [("p0", 0), ("p0", 2), ("p1", 1)]
