"""What the client asks of streaming queries, and the events it is sent."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from pyspark.errors import AnalysisException, IllegalArgumentException
from pyspark.sql.connect.functions import window
from pyspark.sql.connect.session import SparkSession
from pyspark.sql.streaming import StreamingQueryListener


class Recorder(StreamingQueryListener):
    """Notes the events that reach the program."""

    def __init__(self) -> None:
        self.events: list[str] = []

    def onQueryStarted(self, event: Any) -> None:
        self.events.append(f"started {event.name}")

    def onQueryProgress(self, event: Any) -> None:
        self.events.append(f"progress {event.progress.batchId}: {event.progress.numInputRows} rows")

    def onQueryTerminated(self, event: Any) -> None:
        self.events.append(f"terminated {event.exception}")

    def onQueryIdle(self, event: Any) -> None:
        """Comes or not, as time goes."""


@pytest.fixture
def readings(tmp_path: Path) -> str:
    """A directory with one file of two lines."""
    directory = tmp_path / "readings"
    directory.mkdir()
    (directory / "a.json").write_text('{"a": 1}\n{"a": 2}\n')
    return str(directory)


def test_the_life_of_a_query_as_its_program_sees_it(spark: SparkSession, readings: str) -> None:
    recorder = Recorder()
    spark.streams.addListener(recorder)
    source = spark.readStream.schema("a long").json(readings)
    query = source.writeStream.format("memory").queryName("seen").start()
    query.processAllAvailable()
    assert query.isActive
    assert query.lastProgress is not None
    assert [one.id for one in spark.streams.active] == [query.id]
    found = spark.streams.get(query.id)
    assert found is not None
    assert (found.name, found.runId) == ("seen", query.runId)
    assert query.exception() is None
    assert query.awaitTermination(0.01) is False
    query.stop()
    assert not query.isActive
    assert query.awaitTermination() is None
    assert spark.streams.awaitAnyTermination(0.01) is True
    spark.streams.resetTerminated()
    assert spark.streams.awaitAnyTermination(0.01) is False
    assert spark.streams.get(query.id) is None
    spark.streams.removeListener(recorder)
    assert [event for event in recorder.events if event != "started seen"] == ["progress 0: 2 rows", "terminated None"]
    assert "started seen" in recorder.events  # in the thread that starts the query, the others in that of the bus


def test_a_memory_table_cannot_come_back_from_a_checkpoint(spark: SparkSession, readings: str, tmp_path: Path) -> None:
    stream = spark.readStream.schema("a INT").json(readings)
    checkpoint = str(tmp_path / "checkpoint")
    writer = stream.writeStream.format("memory").queryName("lost").option("checkpointLocation", checkpoint)
    writer = writer.trigger(availableNow=True)
    writer.start().awaitTermination()
    with pytest.raises(AnalysisException, match="does not support recovering from checkpoint location") as caught:
        writer.start()
    assert caught.value.getCondition() == "_LEGACY_ERROR_TEMP_1299"


@pytest.mark.parametrize("trigger", ["processingTime", "continuous", "realTime"])
def test_an_interval_that_cannot_be_read_is_refused(spark: SparkSession, readings: str, trigger: str) -> None:
    writer = spark.readStream.schema("a INT").json(readings).writeStream.format("noop").trigger(**{trigger: "soon"})
    with pytest.raises(IllegalArgumentException) as caught:
        writer.start()
    assert caught.value.getCondition() == "INVALID_INTERVAL_FORMAT.UNRECOGNIZED_NUMBER"


def test_late_rows_of_several_queries_are_in_one_table(spark: SparkSession, tmp_path: Path) -> None:
    folder = tmp_path / "times"
    folder.mkdir()
    (folder / "1.json").write_text('{"at": "2026-01-01 00:01:00"}\n')
    (folder / "2.json").write_text('{"at": "2026-01-01 00:02:00"}\n')
    (folder / "3.json").write_text('{"at": "2026-01-01 00:00:10"}\n')
    for number in (1, 2, 3):
        os.utime(folder / f"{number}.json", (number, number))
    spark.conf.set("unbounded.streaming.lateRows.table", "too_late")
    try:
        for name in ("first", "second"):
            stream = spark.readStream.schema("at TIMESTAMP").option("maxFilesPerTrigger", 1).json(str(folder))
            counted = stream.withWatermark("at", "10 seconds").groupBy(window("at", "5 seconds")).count()
            writer = counted.writeStream.format("noop").outputMode("append").queryName(name)
            writer.option("checkpointLocation", str(tmp_path / name)).trigger(
                availableNow=True
            ).start().awaitTermination()
        rows = spark.table("too_late").orderBy("query_name").collect()
        assert [(row.query_name, row.operator, row.reason) for row in rows] == [
            ("first", "stateStoreSave", "its window had ended by the watermark"),
            ("second", "stateStoreSave", "its window had ended by the watermark"),
        ]
        assert json.loads(rows[0].row)["at"] == "2026-01-01T00:00:10.000Z"
    finally:
        spark.conf.unset("unbounded.streaming.lateRows.table")
        spark.sql("DROP TABLE IF EXISTS too_late")
