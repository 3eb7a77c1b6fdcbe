"""Of which file a row is, where golden cases do not reach: stored rows, Delta tables, sinks, compression, order."""

from __future__ import annotations

import bz2
import datetime
import os
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import write_deltalake
from pyspark.errors import AnalysisException, UnsupportedOperationException
from pyspark.sql import functions as F
from pyspark.sql.connect.dataframe import DataFrame
from pyspark.sql.connect.session import SparkSession


@pytest.fixture
def folder(tmp_path: Path) -> str:
    path = tmp_path / "in"
    path.mkdir()
    (path / "a.json").write_text('{"n":1}\n{"n":2}\n')
    (path / "b.json").write_text('{"n":3}\n')
    return str(path)


def rows(frame: DataFrame) -> list[tuple[object, ...]]:
    return sorted(tuple(row) for row in frame.collect())


NAMES = [(1, "a.json"), (2, "a.json"), (3, "b.json")]


def test_rows_that_are_kept(spark: SparkSession, folder: str) -> None:
    plain = spark.read.schema("n int").json(folder).cache()
    assert plain.count() == 3
    assert rows(plain.select("n", "_metadata.file_name")) == NAMES
    assert {row[0] for row in plain.select(F.input_file_name()).collect()} == {""}
    plain.unpersist()
    named = spark.read.schema("n int").json(folder).select("n", "_metadata.file_name").persist()
    assert rows(named) == rows(named) == NAMES
    called = spark.read.schema("n int").json(folder).select("n", F.input_file_block_length()).cache()
    assert rows(called) == rows(called) == [(1, 16), (2, 16), (3, 8)]


def test_the_time_is_that_of_the_file(spark: SparkSession, folder: str) -> None:
    for name in os.listdir(folder):
        os.utime(f"{folder}/{name}", (0, 86400))
    times = spark.read.schema("n int").json(folder).select("_metadata.file_modification_time").distinct().collect()
    assert [row[0] for row in times] == [datetime.datetime(1970, 1, 2)]


def test_rows_keep_their_order(spark: SparkSession, folder: str) -> None:
    Path(folder, "c.json").write_text("".join(f'{{"n":{n}}}\n' for n in range(10, 20_010)))
    read = spark.read.schema("n int").json(folder)
    assert [r[0] for r in read.select("n", "_metadata").collect()] == [r[0] for r in read.collect()]


def test_compressed_files_and_files_named_twice(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "x.csv.bz2").write_bytes(bz2.compress(b"1\n"))
    (tmp_path / "y.csv").write_text("2\n")
    paths = [str(tmp_path / name) for name in ("x.csv.bz2", "y.csv", "y.csv")]
    read = spark.read.schema("n int").csv(paths).select("n", "_metadata.file_name")
    assert rows(read) == [(1, "x.csv.bz2"), (2, "y.csv"), (2, "y.csv")]


def test_a_corrupt_record_alone_is_refused_with_it_too(spark: SparkSession, folder: str) -> None:
    read = spark.read.schema("n int, _corrupt_record string").json(folder)
    with pytest.raises(AnalysisException, match="QUERY_ONLY_CORRUPT_RECORD_COLUMN"):
        read.select("_corrupt_record", "_metadata.file_name").collect()


def test_a_function_of_batches_hides_the_file(spark: SparkSession, folder: str) -> None:
    mapped = spark.read.schema("n int").json(folder).mapInArrow(lambda batches: batches, "n int")
    with pytest.raises(UnsupportedOperationException, match="Call it before"):
        mapped.select(F.input_file_name()).collect()


def test_a_delta_table_in_batches_and_streams(spark: SparkSession, tmp_path: Path) -> None:
    path = str(tmp_path / "table")
    write_deltalake(path, pa.table({"k": ["x", "y"], "n": [1, 2]}), partition_by=["k"])
    of_file = (F.element_at(F.split("_metadata.file_path", "/"), -2), "_metadata.row_index")
    of_call = F.element_at(F.split(F.input_file_name(), "/"), -2)
    expected = [("x", 1, "k=x", 0, "k=x"), ("y", 2, "k=y", 0, "k=y")]
    batch = spark.read.format("delta").load(path)
    assert rows(batch.select("*", *of_file, of_call)) == expected
    stream = spark.readStream.format("delta").load(path).select("*", *of_file, of_call)
    query = stream.writeStream.format("memory").queryName("delta_files").trigger(availableNow=True).start()
    query.awaitTermination()
    assert rows(spark.table("delta_files")) == expected


def test_a_stream_writes_it_into_files_and_tables(spark: SparkSession, folder: str, tmp_path: Path) -> None:
    stream = spark.readStream.schema("n int").json(folder).select("n", "_metadata")
    output, checkpoint = str(tmp_path / "out"), str(tmp_path / "checkpoint")
    writer = stream.writeStream.format("parquet").option("checkpointLocation", checkpoint).trigger(availableNow=True)
    writer.start(output).awaitTermination()
    written = spark.read.parquet(output)
    assert written.schema["_metadata"].metadata == {}
    assert rows(written.select("n", "_metadata.file_name")) == NAMES
