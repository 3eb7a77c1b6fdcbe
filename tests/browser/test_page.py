"""The page in a browser, on the engine of a real program: charts move, values are right, it comes back, it stops."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.chromium import Tab
from tests.clients.program import Program

PROGRAM = """\
import sys
import threading

from pyspark.sql import SparkSession, functions as F

spark = SparkSession.builder.config("unbounded.ui.port", sys.argv[1]).getOrCreate()
rows = spark.readStream.format("rate").option("rowsPerSecond", 50).load()
numbers = rows.selectExpr("value", "concat('group-', value % 3) AS kind", "timestamp")
counts = numbers.groupBy("kind").agg(F.count("*").alias("n"), F.max("value").alias("latest"))
shown = counts.writeStream.format("dashboard").option("title", "Counts").option("chart", "bar").option("y", "n")
shown.queryName("counts").outputMode("complete").trigger(processingTime="200 milliseconds").start()
counts.writeStream.format("memory").queryName("counted").outputMode("complete").start()
line = numbers.groupBy(F.window("timestamp", "1 second")).agg(F.max("value").alias("highest"))
shown = line.writeStream.format("dashboard").option("chart", "line").option("x", "window").option("y", "highest")
shown.queryName("highest").outputMode("update").start()
print("started", flush=True)
threading.Event().wait()
"""

HEADLINES = "[...document.querySelectorAll('.queries tbody tr a')].map((a) => a.textContent).sort().join()"
BAR_SUM = (
    "[...document.querySelectorAll('[data-query=counts] .bars .value')]"
    ".reduce((sum, value) => sum + Number(value.textContent.replace(/\\D/g, '')), 0)"
)
TABLE_SUM = (
    "[...document.querySelectorAll('[data-query=counts] .rows tbody tr')]"
    ".reduce((sum, row) => sum + Number(row.children[1].textContent.replace(/\\D/g, '')), 0)"
)
NEWEST_IN_CHART = "Number(document.querySelector('[data-query=highest] .legend b').textContent.replace(/\\D/g, ''))"


class Engine:
    """`unbounded run` on `PROGRAM`, until it is stopped."""

    def __init__(self, program: Program, port: int) -> None:
        program.write(PROGRAM)
        self._process = program.start("run", "app.py", str(port), UNBOUNDED_UI_ENABLED="true")
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "started\n"

    def stop(self) -> None:
        self._process.send_signal(signal.SIGINT)
        self._process.communicate(timeout=30)


@pytest.fixture
def engine(program: Program, port: int) -> Iterator[Engine]:
    running = Engine(program, port)
    yield running
    running.stop()


def test_the_page_lives_with_its_engine(tab: Tab, engine: Engine, program: Program, port: int, tmp_path: Path) -> None:
    address = f"http://localhost:{port}/"
    tab.open(address)
    assert tab.wait_for(f"{HEADLINES} === 'counted,counts,highest' && {HEADLINES}")

    tab.open(f"{address}#/results")
    first = tab.wait_for(BAR_SUM)
    tab.wait_for(f"{BAR_SUM} > {first} + 40")
    newest = tab.wait_for(NEWEST_IN_CHART)
    tab.wait_for(f"{NEWEST_IN_CHART} > {newest} + 40")
    tab.wait_for("document.querySelector('[data-query=highest] .uplot canvas')")

    tab.evaluate("document.querySelector('[data-query=counts] button').click()")
    shown = tab.wait_for(TABLE_SUM)
    table = tab.evaluate("fetch('/api/queries/counts/table').then((answer) => answer.json())")
    counted = sum(table["data"][1])
    assert shown <= counted
    tab.wait_for(f"{TABLE_SUM} >= {counted}")
    assert tab.problems == []

    engine.stop()
    tab.wait_for("document.getElementById('connection').textContent.startsWith('No connection to the engine')")
    again = Engine(program, port)
    try:
        tab.wait_for("document.getElementById('connection').textContent === '3 queries running'")
        first = tab.wait_for(BAR_SUM)  # bars are of the new query: the old one's were a table
        tab.wait_for(f"{BAR_SUM} > {first}")
    finally:
        again.stop()


def test_a_query_is_stopped_by_its_button(tab: Tab, engine: Engine, port: int) -> None:
    tab.open(f"http://localhost:{port}/")
    tab.wait_for("document.querySelector('.queries tbody tr a')")
    tab.evaluate("[...document.querySelectorAll('.queries a')].find((a) => a.textContent === 'highest').click()")
    tab.wait_for("document.querySelector('.node.keeps .counts')?.textContent.includes('kept')")
    shown = (
        "[...document.querySelectorAll('.chart h2')].filter((one) => one.offsetParent).map((one) => one.textContent)"
    )
    tab.wait_for(f"{shown}.includes('State rows')")  # with the first batch that the page hears of
    assert "Watermark behind the clock" not in tab.evaluate(shown)
    tab.evaluate("document.querySelector('.title button').click()")
    tab.wait_for("document.querySelector('dialog').open")
    tab.evaluate("document.querySelector('dialog button[value=ok]').click()")
    tab.wait_for("document.querySelector('.title .state').textContent === 'stopped'")
    tab.wait_for("document.getElementById('connection').textContent === '2 queries running'")
