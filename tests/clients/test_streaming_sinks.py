"""foreachBatch, foreach and toTable end to end: functions that run in the engine, with the real client."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest
from pyspark.errors import AnalysisException, PySparkException, StreamingQueryException, UnsupportedOperationException
from pyspark.sql import Row
from pyspark.sql.connect.dataframe import DataFrame
from pyspark.sql.connect.session import SparkSession
from pyspark.sql.streaming import DataStreamWriter

from tests.clients.program import Program

Rows = list[tuple[object, ...]]


@pytest.fixture
def numbers(spark: SparkSession, tmp_path: Path) -> DataFrame:
    """Three files of two rows, a batch each."""
    folder = tmp_path / "in"
    folder.mkdir()
    for i in range(3):
        (folder / f"{i}.csv").write_text(f"{i},a\n{i + 10},b\n")
    return spark.readStream.schema("number int, kind string").option("maxFilesPerTrigger", 1).csv(str(folder))


def _run(writer: DataStreamWriter) -> None:
    writer.trigger(availableNow=True).start().awaitTermination()


def _rows(frame: DataFrame) -> Rows:
    return sorted(tuple(row) for row in frame.collect())


EXPECTED: Rows = [(0, "a"), (1, "a"), (2, "a"), (10, "b"), (11, "b"), (12, "b")]


# ---------------------------------------------------------------------------------------------- foreachBatch


def test_a_checkpoint_that_cannot_be_written_is_named(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    writer = spark.readStream.format("rate").load().writeStream.format("noop")
    with pytest.raises(PySparkException, match="The checkpoint file:.*/file/inside cannot be written: Not a directory"):
        writer.option("checkpointLocation", str(tmp_path / "file" / "inside")).start()


def test_several_writes_of_one_batch(spark: SparkSession, numbers: DataFrame, tmp_path: Path) -> None:
    output = str(tmp_path / "out")

    def write(batch: DataFrame, batch_id: int) -> None:
        from pyspark.sql import functions as F  # noqa: PLC0415  the function is sent by itself

        batch.persist()
        batch.write.mode("append").parquet(f"{output}/all")
        batch.where(F.col("kind") == "a").withColumn("batch", F.lit(batch_id)).write.mode("append").json(f"{output}/a")
        batch.unpersist()

    _run(numbers.writeStream.foreachBatch(write))
    assert _rows(spark.read.parquet(f"{output}/all")) == EXPECTED
    assert _rows(spark.read.json(f"{output}/a").select("batch", "number")) == [(0, 0), (1, 1), (2, 2)]


def test_the_session_of_the_batch_is_the_program_s(spark: SparkSession, numbers: DataFrame, tmp_path: Path) -> None:
    spark.createDataFrame([("a", "first"), ("b", "second")], "kind string, title string").createTempView("titles")
    output = str(tmp_path / "out")

    def write(batch: DataFrame, batch_id: int) -> None:
        from pyspark.sql import SparkSession as Session  # noqa: PLC0415  the function is sent by itself

        batch.createOrReplaceTempView("batch")
        session = batch.sparkSession
        assert session.session_id == spark.session_id
        assert Session.builder.getOrCreate() is session
        assert Session.getActiveSession() is session
        titled = session.sql("select number, title from batch join titles using (kind)")
        titled.write.mode("append").json(output)

    _run(numbers.writeStream.foreachBatch(write))
    assert _rows(spark.read.json(output).where("title = 'first'").select("number")) == [(0,), (1,), (2,)]
    assert _rows(spark.table("batch")) == [(2, "a"), (12, "b")]


def test_an_aggregate_in_update_mode(spark: SparkSession, numbers: DataFrame, tmp_path: Path) -> None:
    output = str(tmp_path / "out")

    def write(batch: DataFrame, batch_id: int) -> None:
        batch.selectExpr(f"{batch_id} as batch", "*").write.mode("append").json(output)

    counts = numbers.where("number < 11").groupBy("kind").count()
    _run(counts.writeStream.outputMode("update").foreachBatch(write))
    expected = [(0, "a", 1), (0, "b", 1), (1, "a", 2), (2, "a", 3)]
    assert _rows(spark.read.json(output).select("batch", "kind", "count")) == expected


def test_a_lost_commit_calls_again_with_the_same_batch(spark: SparkSession, numbers: DataFrame, tmp_path: Path) -> None:
    output = str(tmp_path / "out")

    def write(batch: DataFrame, batch_id: int) -> None:
        batch.selectExpr(f"{batch_id} as batch", "number").write.mode("append").json(output)

    writer = numbers.writeStream.foreachBatch(write).option("checkpointLocation", str(tmp_path / "checkpoint"))
    _run(writer)
    (tmp_path / "checkpoint/commits/2").unlink()
    _run(writer)
    assert _rows(spark.read.json(output).where("batch = 2")) == [(2, 2), (2, 2), (2, 12), (2, 12)]


def test_the_failure_of_the_function_ends_the_query_with_its_traceback(numbers: DataFrame) -> None:
    def fail(batch: DataFrame, batch_id: int) -> None:
        raise ValueError(f"batch {batch_id} is not good")

    query = numbers.writeStream.foreachBatch(fail).start()
    with pytest.raises(StreamingQueryException) as caught:
        query.awaitTermination()
    text = str(caught.value)
    assert "[STREAM_FAILED]" in text
    assert (
        "[FOREACH_BATCH_USER_FUNCTION_ERROR] An error occurred in the user provided function in foreach batch" in text
    )
    assert "in fail\n" in text
    assert "ValueError: batch 0 is not good" in text
    assert "/connect/" not in text.split("Reason:")[1]
    assert not query.isActive


def test_an_error_of_the_engine_inside_the_function(numbers: DataFrame) -> None:
    query = numbers.writeStream.foreachBatch(lambda batch, _: batch.select("nothing").collect()).start()
    with pytest.raises(StreamingQueryException, match="UNRESOLVED_COLUMN.WITH_SUGGESTION.*`nothing`"):
        query.awaitTermination()


def test_a_function_may_stop_its_query(spark: SparkSession, numbers: DataFrame) -> None:
    def stop(batch: DataFrame, batch_id: int) -> None:
        for query in batch.sparkSession.streams.active:
            query.stop()

    query = numbers.writeStream.foreachBatch(stop).start()
    assert query.awaitTermination() is None
    assert query.exception() is None
    assert spark.streams.active == []


def test_two_queries_two_functions(spark: SparkSession, numbers: DataFrame, tmp_path: Path) -> None:
    def into(name: str) -> Callable[[DataFrame, int], None]:
        return lambda batch, _: batch.write.mode("append").json(str(tmp_path / name))

    queries = [numbers.writeStream.foreachBatch(into(name)).start() for name in ("one", "two")]
    for query in queries:
        query.processAllAvailable()
        query.stop()
    for name in ("one", "two"):
        assert _rows(spark.read.json(str(tmp_path / name)).select("number", "kind")) == EXPECTED


PROGRAM = """
from pyspark.sql import SparkSession
import names

spark = SparkSession.builder.master("local[*]").getOrCreate()
seen = []

def show(batch, batch_id):
    seen.append(batch_id)
    print(names.TITLE, batch_id, len(seen))
    batch.show()

stream = spark.readStream.schema("a int").option("maxFilesPerTrigger", 1).csv("in")
stream.writeStream.foreachBatch(show).trigger(availableNow=True).start().awaitTermination()
print("seen here", seen)
"""

PRINTED = """\
batch 0 1
+---+
|  a|
+---+
|  0|
+---+

batch 1 2
+---+
|  a|
+---+
|  1|
+---+

seen here []
"""


def test_what_the_function_prints_is_seen_and_its_variables_are_copies(program: Program, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for i in range(2):
        (tmp_path / f"in/{i}.csv").write_text(f"{i}\n")
    (tmp_path / "names.py").write_text("TITLE = 'batch'\n")
    result = program.run(PROGRAM)
    assert result.output == PRINTED, result.errors


# ---------------------------------------------------------------------------------------------- foreach


def test_each_row_goes_through_the_function(spark: SparkSession, tmp_path: Path) -> None:
    spark.conf.set("spark.sql.session.timeZone", "Asia/Tokyo")
    (tmp_path / "in").mkdir()
    (tmp_path / "in/a.json").write_text('{"a": {"b": [1, 2]}, "at": "2026-01-01T00:00:00Z"}\n{"a": null}\n')
    output = str(tmp_path / "out")

    def note(row: Row) -> None:
        with open(output, "a", encoding="utf-8") as file:
            file.write(f"{row.a and row.a.b} {row['at'] and row['at'].astimezone(UTC)}\n")

    stream = spark.readStream.schema("a struct<b: array<int>>, at timestamp").json(str(tmp_path / "in"))
    query = stream.writeStream.foreach(note).trigger(availableNow=True).start()
    query.awaitTermination()
    assert Path(output).read_text() == "[1, 2] 2026-01-01 00:00:00+00:00\nNone None\n"
    assert query.lastProgress is not None
    assert query.lastProgress.sink.numOutputRows == 2


def test_a_failing_row_ends_the_query(numbers: DataFrame) -> None:
    def fail(row: Row) -> None:
        raise ValueError(f"not {row.number}")

    query = numbers.writeStream.foreach(fail).start()
    with pytest.raises(StreamingQueryException) as caught:
        query.awaitTermination()
    assert "[FOREACH_USER_FUNCTION_ERROR]" in str(caught.value)
    assert "ValueError: not 0" in str(caught.value)
    with pytest.raises(AnalysisException, match="'foreach' does not support partitioning"):
        numbers.writeStream.foreach(fail).partitionBy("kind").start()


# ---------------------------------------------------------------------------------------------- toTable


@pytest.fixture
def into(numbers: DataFrame, tmp_path: Path) -> Callable[..., None]:
    """Streams `numbers`, or what it is given, into a table."""

    def run(name: str, stream: DataFrame = numbers, checkpoint: str = "checkpoint", **options: Any) -> None:
        writer = stream.writeStream.option("checkpointLocation", str(tmp_path / checkpoint)).trigger(availableNow=True)
        writer.toTable(name, **options).awaitTermination()

    return run


@pytest.fixture
def database(spark: SparkSession) -> Iterator[str]:
    spark.sql("create database streamed")
    spark.sql("use streamed")
    yield "streamed"
    spark.sql("drop database streamed cascade")


def test_a_table_is_made_and_appended_to(
    spark: SparkSession, into: Callable[..., None], database: str, tmp_path: Path
) -> None:
    into("t")
    assert _rows(spark.table("t")) == EXPECTED
    (tmp_path / "in/3.csv").write_text("3,a\n")
    into("t")
    assert _rows(spark.table("streamed.t")) == sorted([*EXPECTED, (3, "a")])
    assert spark.catalog.getTable("t").tableType == "MANAGED"
    described = {row[0]: row[1] for row in spark.sql("describe extended t").collect()}
    assert described["Provider"] == "parquet"


def test_a_lost_commit_adds_nothing_to_the_table(
    spark: SparkSession, into: Callable[..., None], database: str, tmp_path: Path
) -> None:
    into("t")
    (tmp_path / "checkpoint/commits/2").unlink()
    into("t")
    assert _rows(spark.table("t")) == EXPECTED


def test_a_table_with_partitions_and_another_format(
    spark: SparkSession, into: Callable[..., None], database: str
) -> None:
    into("t", format="csv", partitionBy="kind", header=True)
    assert spark.table("t").columns == ["number", "kind"]
    assert _rows(spark.table("t")) == EXPECTED
    assert [row[0] for row in spark.sql("show partitions t").collect()] == ["kind=a", "kind=b"]
    stream = spark.readStream.table("t")
    query = stream.writeStream.format("memory").queryName("copied").trigger(availableNow=True).start()
    query.awaitTermination()
    assert _rows(spark.table("copied")) == EXPECTED


def test_columns_go_by_name_into_a_table_that_is_there(
    spark: SparkSession, into: Callable[..., None], database: str, numbers: DataFrame
) -> None:
    spark.sql("create table t (kind string, extra int, number long)")
    into("t")
    assert _rows(spark.table("t").select("number", "kind", "extra")) == [(*row, None) for row in EXPECTED]
    with pytest.raises(AnalysisException, match="INCOMPATIBLE_DATA_FOR_TABLE.EXTRA_COLUMNS.*`other`"):
        into("t", numbers.selectExpr("number", "kind as other"), "second")


def test_rows_of_before_the_stream_stay(spark: SparkSession, into: Callable[..., None], database: str) -> None:
    spark.sql("create table t (number int, kind string)")
    spark.sql("insert into t values (-1, 'z')")
    into("t")
    assert _rows(spark.table("t")) == [(-1, "z"), *EXPECTED]
    with pytest.raises(UnsupportedOperationException, match="streamed`.`t`, which a stream writes"):
        spark.sql("insert into t values (-2, 'z')")


def test_a_second_stream_goes_on_where_the_first_one_ended(
    spark: SparkSession, into: Callable[..., None], database: str, numbers: DataFrame
) -> None:
    into("t", numbers.where("kind = 'a'"))
    into("t", numbers.where("kind = 'b'"), "second")
    assert _rows(spark.table("t")) == EXPECTED
    with pytest.raises(UnsupportedOperationException, match="a table that a later stream writes"):
        into("t", numbers.where("kind = 'a'"))


def test_what_a_stream_cannot_write_into(
    spark: SparkSession, into: Callable[..., None], database: str, numbers: DataFrame
) -> None:
    spark.sql("create table csv_table (number int, kind string) using csv")
    with pytest.raises(AnalysisException, match=r"input source\(parquet\) is different .* csv_table's .*\(csv\)"):
        into("csv_table")
    spark.sql("create view v as select 1 as number")
    with pytest.raises(AnalysisException, match="Streaming into views v is not supported"):
        into("v")
    spark.range(1).createTempView("temporary")
    with pytest.raises(AnalysisException, match="Temporary view temporary doesn't support streaming write"):
        into("temporary")
    with pytest.raises(AnalysisException, match="checkpointLocation must be specified"):
        numbers.writeStream.toTable("t")
    with pytest.raises(AnalysisException, match="Invalid streaming output mode: update"):
        into("t", outputMode="update")
    assert not spark.catalog.tableExists("t")
