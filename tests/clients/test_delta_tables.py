"""Delta tables in programs: what is read is what delta-rs has written, and the other way round."""

from __future__ import annotations

import datetime
import json
import os
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake
from pyspark.errors import AnalysisException, UnsupportedOperationException
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
    with pytest.raises(AnalysisException, match="DELTA_PATH_DOES_NOT_EXIST"):
        rows(spark, path)
    os.mkdir(path)
    with pytest.raises(AnalysisException, match="DELTA_MISSING_DELTA_TABLE"):
        rows(spark, path)


def test_what_is_not_there_is_refused_by_name(spark: SparkSession, path: str) -> None:
    write_deltalake(path, table_of(a=pa.array([1])))
    with pytest.raises(UnsupportedOperationException, match="readChangeFeed"):
        rows(spark, path, readChangeFeed="true")
    with pytest.raises(AnalysisException, match="DELTA_UNSUPPORTED_SCHEMA_DURING_READ"):
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
