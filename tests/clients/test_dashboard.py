"""`writeStream.format("dashboard")` and the monitoring page, as a program and its user meet them."""

from __future__ import annotations

import json
import socket
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pyspark.errors import AnalysisException, IllegalArgumentException
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql.connect.session import SparkSession

from tests.clients.program import Program
from unbounded.embed import start_engine


@pytest.fixture(scope="module")
def port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


@pytest.fixture(scope="module")
def engine_with_page(port: int) -> Iterator[str]:
    engine = start_engine({"unbounded.ui.enabled": "true", "unbounded.ui.port": str(port)})
    yield engine.url
    engine.stop()


@pytest.fixture
def shown(engine_with_page: str, tmp_path: Path) -> Iterator[SparkSession]:
    """A session on an engine with a page on `port`; three files of numbers are waiting."""
    (tmp_path / "in").mkdir()
    for i, rows in enumerate(("1,a\n2,b\n", "10,a\n", "20,b\n30,c\n")):
        (tmp_path / f"in/{i}.csv").write_text(rows)
    session = SparkSession.builder.remote(engine_with_page).create()
    yield session
    session.stop()


def numbers(spark: SparkSession, directory: Path) -> DataFrame:
    return spark.readStream.schema("number int, kind string").option("maxFilesPerTrigger", 1).csv(f"{directory}/in")


def run(rows: DataFrame, mode: str, **options: str) -> None:
    writer = rows.writeStream.format("dashboard").queryName("shown").outputMode(mode).options(**options)
    query = writer.trigger(availableNow=True).start()
    query.awaitTermination()


def get(port: int, path: str) -> Any:
    with urllib.request.urlopen(f"http://localhost:{port}/api/queries{path}", timeout=10) as response:
        return json.load(response)


def held(port: int) -> list[tuple[Any, ...]]:
    return sorted(zip(*get(port, "/shown/table")["data"], strict=True))


def counts(rows: DataFrame) -> DataFrame:
    return rows.groupBy("kind").agg(F.count("*").alias("n"))


@pytest.mark.parametrize(
    ("mode", "change", "expected"),
    [
        ("append", lambda rows: rows, [(1, "a"), (2, "b"), (10, "a"), (20, "b"), (30, "c")]),
        ("update", counts, [("a", 2), ("b", 2), ("c", 1)]),
        ("update", lambda rows: counts(rows).select("n", F.col("kind").alias("k")), [(1, "c"), (2, "a"), (2, "b")]),
        ("update", lambda rows: rows.where("number > 1"), [(2, "b"), (10, "a"), (20, "b"), (30, "c")]),
        ("complete", counts, [("a", 2), ("b", 2), ("c", 1)]),
    ],
)
def test_each_output_mode_shows_the_result(
    shown: SparkSession,
    tmp_path: Path,
    port: int,
    mode: str,
    change: Callable[[DataFrame], DataFrame],
    expected: list[tuple[Any, ...]],
) -> None:
    run(change(numbers(shown, tmp_path)), mode)
    page_is_there(shown, port)
    assert held(port) == expected
    assert get(port, "/shown")["batches"] == 3


def page_is_there(spark: SparkSession, port: int) -> None:
    """The page comes a moment after the first batch; a stream that is waited for gives it that moment."""
    for _ in range(50):
        try:
            get(port, "")
        except urllib.error.URLError:
            spark.sql("SELECT count(*) FROM range(1000000)").collect()
        else:
            return
    raise TimeoutError("there is no page")


def test_a_key_may_be_named(shown: SparkSession, tmp_path: Path, port: int) -> None:
    parity = numbers(shown, tmp_path).groupBy(F.expr("number % 2").alias("parity")).count()
    run(parity.selectExpr("parity + 0 AS shown_parity", "count"), "update", key="shown_parity")
    page_is_there(shown, port)
    assert held(port) == [(0, 4), (1, 1)]


@pytest.mark.parametrize(
    ("mode", "options", "sentence"),
    [
        ("append", {"chart": "pie"}, "UNBOUNDED_INVALID_OPTION.*The option chart is pie, but must be one of line, bar"),
        ("append", {"color": "red"}, "UNBOUNDED_UNKNOWN_OPTION.*Option color is not supported for the dashboard sink"),
        ("append", {"y": "kind"}, "The option y names the column kind, which holds no numbers"),
        ("append", {"window": "-1"}, "The option window is -1, but must be a whole number from 1 to 10000"),
        ("append", {"key": "kind"}, "The option key of the dashboard sink is for the mode update, not append"),
    ],
)
def test_wrong_options_are_refused(
    spark: SparkSession, tmp_path: Path, mode: str, options: dict[str, str], sentence: str
) -> None:
    (tmp_path / "in").mkdir()
    with pytest.raises(IllegalArgumentException, match=sentence):
        run(numbers(spark, tmp_path), mode, **options)


def test_what_the_sink_cannot_take_is_refused(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    rows = numbers(spark, tmp_path)
    with pytest.raises(IllegalArgumentException, match="does not have all columns of the GROUP BY. Select them, name"):
        run(counts(rows).select("n"), "update")
    with pytest.raises(AnalysisException, match="'dashboard' does not support partitioning"):
        rows.writeStream.format("dashboard").partitionBy("kind").start()
    with pytest.raises(IllegalArgumentException, match="The dashboard sink has no path"):
        rows.writeStream.format("dashboard").start(str(tmp_path / "out"))


STREAM = """\
import sys
import urllib.request
from pyspark.sql import SparkSession

spark = SparkSession.builder.config("unbounded.ui.port", sys.argv[1]).getOrCreate()
rows = spark.readStream.format("rate").load()
query = rows.writeStream.format("memory").queryName("ticks").start()
query.processAllAvailable()
query.stop()
print("done")
"""


def test_a_page_is_switched_off_and_cannot_get_in_the_way(program: Program, port: int) -> None:
    outcome = program.run(STREAM, str(port), UNBOUNDED_UI_ENABLED="false")
    assert (outcome.exit_code, outcome.output, outcome.errors) == (0, "done\n", "")
    outcome = program.run(STREAM, "70000", UNBOUNDED_UI_ENABLED="true")
    assert (outcome.exit_code, outcome.output) == (0, "done\n")


@pytest.mark.parametrize(
    ("setting", "reason"),
    [
        ("host=0.0.0.0", "unbounded.ui.host=0.0.0.0 can be reached from other machines: set unbounded.ui.token too"),
        ("port=page", "invalid literal for int() with base 10: 'page'"),
    ],
)
def test_settings_that_cannot_be_are_refused_at_the_start(program: Program, setting: str, reason: str) -> None:
    outcome = program.command("server", "--port", "0", "--conf", f"unbounded.ui.{setting}")
    assert outcome.exit_code == 2
    assert outcome.errors == f"unbounded: a setting unbounded.ui.… cannot be used: {reason}\n"


def test_progress_needs_an_engine_of_its_own(program: Program) -> None:
    outcome = program.command("run", "--progress", "--remote", "sc://localhost:1", "app.py")
    assert outcome.exit_code == 2
    assert outcome.errors == "unbounded: --progress shows an engine of this program's own; for a server there is top\n"


def test_the_benchmark_compares_a_query_with_viewers_and_without(program: Program) -> None:
    outcome = program.command("bench", "dashboard", "--viewers", "2", "--rounds", "1", "--seconds", "0.5")
    assert outcome.exit_code == 0, outcome.errors
    head, titles, figures, median = outcome.output.splitlines()
    assert head == "20,000 rows a batch into averages of 50 series by minute; 2 viewers"
    assert titles.split() == ["rows/s", "alone", "watched", "ratio", "frames/s"]
    assert len(figures.split()) == 4
    assert median == f"median ratio {figures.split()[2]}"
