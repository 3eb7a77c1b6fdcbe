"""Sources and the file sink end to end: programs over a real socket, as users write them."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from pyspark.errors import AnalysisException, IllegalArgumentException, StreamingQueryException
from pyspark.sql.connect.dataframe import DataFrame
from pyspark.sql.connect.session import SparkSession
from pyspark.sql.streaming import DataStreamWriter

Rows = list[tuple[object, ...]]


@pytest.fixture
def run(spark: SparkSession, tmp_path: Path) -> Callable[..., None]:
    """Runs a stream over what there is now."""

    def start(stream: DataFrame, sink: str, checkpoint: str = "checkpoint", **options: str) -> None:
        writer: DataStreamWriter = stream.writeStream.format(sink).options(**options)
        partitions = options.pop("partitions", "").split()
        if partitions:
            writer = writer.partitionBy(*partitions)
        writer = writer.option("checkpointLocation", str(tmp_path / checkpoint))
        writer.trigger(availableNow=True).start().awaitTermination()

    return start


@pytest.fixture
def lines(spark: SparkSession, tmp_path: Path) -> DataFrame:
    """Three files, a batch each."""
    folder = tmp_path / "in"
    folder.mkdir()
    for i in range(3):
        (folder / f"{i}.csv").write_text(f"{i},{'even' if i % 2 == 0 else 'odd'}\n")
    return spark.readStream.schema("number int, kind string").option("maxFilesPerTrigger", 1).csv(str(folder))


def _rows(frame: DataFrame) -> Rows:
    return sorted(tuple(row) for row in frame.collect())


EXPECTED: Rows = [(0, "even"), (1, "odd"), (2, "even")]


@pytest.mark.parametrize("sink", ["csv", "json", "parquet"])
def test_what_a_stream_wrote_is_what_a_batch_reads(
    spark: SparkSession, lines: DataFrame, run: Callable[..., None], tmp_path: Path, sink: str
) -> None:
    output = str(tmp_path / "out")
    run(lines, sink, path=output)
    Path(output, f"half-written.{sink}").write_text("9,x")
    assert _rows(spark.read.schema("number int, kind string").format(sink).load(output)) == EXPECTED
    assert sorted(os.listdir(f"{output}/_spark_metadata")) == ["0", "1", "2"]
    assert not os.path.exists(f"{output}/_SUCCESS")


def test_a_partitioned_output_is_read_as_batch_and_as_stream(
    spark: SparkSession, lines: DataFrame, run: Callable[..., None], tmp_path: Path
) -> None:
    output = str(tmp_path / "out")
    run(lines, "json", path=output, partitions="kind")
    assert sorted(name for name in os.listdir(output) if "=" in name) == ["kind=even", "kind=odd"]
    assert _rows(spark.read.json(output)) == EXPECTED
    run(spark.readStream.schema("number int").json(output), "json", "second", path=str(tmp_path / "copy"))
    assert _rows(spark.read.json(str(tmp_path / "copy")).select("number", "kind")) == EXPECTED


def test_text_goes_out_as_lines(
    spark: SparkSession, lines: DataFrame, run: Callable[..., None], tmp_path: Path
) -> None:
    run(lines.select("kind"), "text", path=str(tmp_path / "out"))
    assert _rows(spark.read.text(str(tmp_path / "out"))) == [("even",), ("even",), ("odd",)]


def test_a_lost_commit_does_not_write_the_batch_again(
    spark: SparkSession, lines: DataFrame, run: Callable[..., None], tmp_path: Path
) -> None:
    output = str(tmp_path / "out")
    run(lines, "json", path=output)
    (tmp_path / "checkpoint/commits/2").unlink()
    run(lines, "json", path=output)
    assert _rows(spark.read.json(output).select("number", "kind")) == EXPECTED


def test_the_file_sink_refuses_what_spark_refuses(spark: SparkSession, lines: DataFrame, tmp_path: Path) -> None:
    writer = lines.writeStream.format("json").option("checkpointLocation", str(tmp_path / "c"))
    with pytest.raises(IllegalArgumentException, match="'path' is not specified"):
        writer.start()
    with pytest.raises(AnalysisException, match="Invalid streaming output mode: update. .* in Data Source json"):
        writer.outputMode("update").start(str(tmp_path / "out"))
    with pytest.raises(AnalysisException, match="Partition column x not found in existing columns"):
        writer.outputMode("append").partitionBy("x").start(str(tmp_path / "out"))
    with pytest.raises(AnalysisException, match="checkpointLocation must be specified .*checkpointLocation"):
        lines.writeStream.format("json").start(str(tmp_path / "out"))


def test_new_partitions_and_globs(spark: SparkSession, run: Callable[..., None], tmp_path: Path) -> None:
    for folder, value in (("a/day=1", 1), ("b/day=2", 2), ("c/day=3", 3)):
        (tmp_path / "in" / folder).mkdir(parents=True)
        (tmp_path / "in" / folder / "x.csv").write_text(f"{value}\n")
    stream = spark.readStream.schema("value int").csv(f"{tmp_path}/in/{{a,b}}")
    run(stream, "json", path=str(tmp_path / "out"))
    assert _rows(spark.read.json(str(tmp_path / "out")).select("value", "day")) == [(1, 1), (2, 2)]


def test_a_table_as_a_stream(spark: SparkSession, run: Callable[..., None], tmp_path: Path) -> None:
    location = str(tmp_path / "table")
    spark.sql(f"create table streamed (a int, k string) using parquet partitioned by (k) location '{location}'")
    try:
        spark.sql("insert into streamed values (1, 'x'), (2, 'y')")
        stream = spark.readStream.table("streamed")
        assert stream.isStreaming
        run(stream, "json", path=str(tmp_path / "out"))
        assert _rows(spark.read.json(str(tmp_path / "out"))) == [(1, "x"), (2, "y")]
    finally:
        spark.sql("drop table streamed")


def test_rate_micro_batch(spark: SparkSession, run: Callable[..., None], tmp_path: Path) -> None:
    stream = spark.readStream.format("rate-micro-batch").option("rowsPerBatch", 3).load()
    run(stream.select("value"), "json", path=str(tmp_path / "out"))
    assert _rows(spark.read.json(str(tmp_path / "out"))) == [(0,), (1,), (2,)]


def test_rate_begins_with_an_empty_batch(spark: SparkSession, run: Callable[..., None], tmp_path: Path) -> None:
    run(spark.readStream.format("rate").load().select("value"), "json", path=str(tmp_path / "out"))
    assert spark.read.schema("value long").json(str(tmp_path / "out")).count() == 0
    assert (tmp_path / "checkpoint/offsets/0").read_text().endswith("\n0")


def test_lines_from_a_socket(spark: SparkSession) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        stream = spark.readStream.format("socket").options(host="127.0.0.1", port=server.getsockname()[1]).load()
        query = stream.writeStream.format("memory").queryName("heard").start()
        connection, _ = server.accept()
        connection.sendall(b"one\ntwo\n")
        connection.close()
        while spark.table("heard").count() < 2:
            query.processAllAvailable()
        query.stop()
        assert _rows(spark.table("heard")) == [("one",), ("two",)]


def test_nobody_at_the_address_of_a_socket(spark: SparkSession) -> None:
    stream = spark.readStream.format("socket").options(host="127.0.0.1", port="1").load()
    query = stream.writeStream.format("noop").start()
    with pytest.raises(StreamingQueryException, match="cannot connect to 127.0.0.1:1: Connection refused"):
        query.awaitTermination()


def test_streams_that_do_not_exist_are_refused_at_load(spark: SparkSession, tmp_path: Path) -> None:
    with pytest.raises(AnalysisException, match="PATH_NOT_FOUND"):
        assert spark.readStream.schema("a int").csv(str(tmp_path / "nowhere")).isStreaming
    with pytest.raises(AnalysisException, match="rate is not a valid Spark SQL Data Source"):
        assert spark.read.format("rate").load().schema
    with pytest.raises(AnalysisException, match="is not a temp view of streaming logical plan"):
        spark.range(1).createOrReplaceTempView("still")
        assert spark.readStream.table("still").isStreaming
