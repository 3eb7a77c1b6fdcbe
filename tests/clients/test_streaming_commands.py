"""What the client asks of streaming queries, and the events it is sent."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
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
    assert recorder.events == ["started seen", "progress 0: 2 rows", "terminated None"]
