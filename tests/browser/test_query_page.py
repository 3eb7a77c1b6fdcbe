"""What the page tells of queries that fail and that drop rows, of a plan, of many series; all of it by the keyboard."""

from __future__ import annotations

import json
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


def read(folder, schema):
    return spark.readStream.schema(schema).option("maxFilesPerTrigger", 1).csv(folder)


def start(rows, name, sink="memory", mode="update", trigger={"availableNow": True}, **options):
    writer = rows.writeStream.format(sink).queryName(name).outputMode(mode).options(**options)
    return writer.trigger(**trigger).start()


readings = read("late", "at TIMESTAMP, sensor STRING").withWatermark("at", "1 minute")
numbers = read("many", "x INT, series STRING, n INT")
by_minute = readings.filter("sensor <> 'none'").groupBy(F.window("at", "1 minute")).count()
line = {"sink": "dashboard", "mode": "append", "chart": "line", "x": "x", "y": "n", "series": "series"}
start(by_minute, "late").awaitTermination()
start(numbers, "many", **line).awaitTermination()
start(spark.readStream.format("rate").load(), "ticks", mode="append", trigger={"processingTime": "1 second"})
try:
    start(numbers.selectExpr("1 / (n - 2) AS quotient"), "fails", mode="append").awaitTermination()
except Exception:
    print("started", flush=True)
threading.Event().wait()
"""
LATE_FILES = ("00:00:10,a\n00:00:20,none\n", "00:10:00,b\n", "00:10:30,b\n", "00:00:40,late\n00:10:40,b\n")
DAY = "2020-01-01"
"""So long ago that nobody compares it with the clock."""
SERIES = 12

FOCUSED = """
    [document.activeElement.textContent, getComputedStyle(document.activeElement).outlineStyle]
"""
LEGEND = (
    "[...document.querySelectorAll('[data-query=many] .legend li:not([hidden]) > span')].map((one) => one.textContent)"
)
PLAN = """
    [...document.querySelectorAll('.node')].map((node) => [
        node.querySelector('h3').textContent, node.querySelector('.counts').textContent.replace(/ [0-9.]+ kB,/, '')
    ])
"""
LATE_ROW = "[...document.querySelectorAll('.late tbody td')].map((cell) => cell.textContent)"
MOVES = """
    [...document.querySelectorAll('*')].some((one) => {
        const style = getComputedStyle(one);
        return style.transitionDuration !== '0s' || style.animationName !== 'none';
    })
"""


@pytest.fixture
def address(program: Program, port: int, tmp_path: Path) -> Iterator[str]:
    """Of the page of `PROGRAM`: one query has failed, one ticks, the others have ended."""
    (tmp_path / "late").mkdir()
    for i, rows in enumerate(LATE_FILES):
        (tmp_path / f"late/{i}.csv").write_text("".join(f"{DAY} {row}\n" for row in rows.splitlines()))
    (tmp_path / "many").mkdir()
    lines = (f"{x},s{number},{number * 10 + x}\n" for number in range(SERIES) for x in (1, 2, 3))
    (tmp_path / "many/0.csv").write_text("".join(lines))
    program.write(PROGRAM)
    process = program.start("run", "app.py", str(port), UNBOUNDED_UI_ENABLED="true")
    assert process.stdout is not None
    assert process.stdout.readline() == "started\n"
    yield f"http://localhost:{port}/"
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)


def test_failures_late_rows_and_the_plan_are_shown(tab: Tab, address: str) -> None:
    tab.open(address)
    failure = tab.wait_for("document.querySelector('.failure')?.innerText")
    assert failure.split("fails ")[1].startswith("[DIVIDE_BY_ZERO] Division by zero.")
    tab.evaluate("document.querySelector('.failure summary').click()")
    assert "=== Streaming Query ===" in tab.evaluate("document.querySelector('.failure').innerText")
    assert tab.evaluate("document.querySelector('.queries .state.failed').textContent") == "failed"

    watermark = "link_of('late').closest('tr').querySelector('[data-label=Watermark]').innerText"
    assert tab.evaluate(_with_links(watermark)).split("\n") == [f"{DAY} 00:09:40", "1 min behind the latest event"]
    tab.evaluate(_with_links("link_of('late').click()"))
    time, watermark, row, why = tab.wait_for(f"{LATE_ROW}.length && {LATE_ROW}")
    assert (time, why) == (f"{DAY} 00:01:00", "its window had ended by the watermark")
    assert (watermark, json.loads(row)["sensor"]) == ("00:09:00", "late")
    assert tab.wait_for(f"{PLAN}.length && {PLAN}") == [
        ["Micro Batch Scan", "2 rows in"],
        ["Event Time Watermark", "2 rows"],
        ["Filter", ""],
        ["Project", ""],
        ["Project", ""],
        ["Aggregate", "2 rows"],
        ["State Store Save", "1 row kept, 1 changed, 1 row late"],
        ["Project", "1 row"],
        ["Sink", "1 row out"],
    ]
    tab.call("Page.reload")  # the query has ended: what its charts show now is what the engine has kept
    tab.wait_for("document.querySelectorAll('[aria-label=History] .uplot').length > 4")

    tab.open(f"{address}#/")
    tab.wait_for("document.querySelectorAll('.queries tbody tr').length === 4")
    tab.evaluate(_with_links("link_of('fails').click()"))
    said = tab.wait_for("document.querySelector('.failure')?.textContent")
    assert said.startswith("Ended with an error. [DIVIDE_BY_ZERO]")
    assert tab.problems == []


def _with_links(expression: str) -> str:
    find = "[...document.querySelectorAll('.queries a')].find((a) => a.textContent === name)"
    return f"((link_of) => {expression})((name) => {find})"


def test_a_query_is_stopped_by_the_keyboard_alone(tab: Tab, address: str) -> None:
    tab.open(address)
    tab.wait_for("document.querySelectorAll('.queries tbody tr').length === 4")
    for name in ("Skip to the content", "unbounded", "Queries", "Results", "Auto", "fails", "ticks"):
        tab.press("Tab")
        assert tab.evaluate(FOCUSED) == [name, "solid"]
    tab.press("Enter")
    tab.wait_for("document.querySelector('h1')?.textContent === 'ticks'")
    tab.press("Tab")
    assert tab.evaluate(FOCUSED) == ["Stop", "solid"]
    tab.press("Enter")
    tab.wait_for("document.querySelector('dialog').open")
    assert tab.evaluate("document.activeElement.textContent") == "Cancel"
    tab.press("Escape")
    tab.wait_for("!document.querySelector('dialog').open")
    assert tab.evaluate(FOCUSED) == ["Stop", "solid"]
    assert tab.evaluate("document.querySelector('.title .state').textContent") in ("running", "idle")
    tab.press("Space")
    tab.wait_for("document.querySelector('dialog').open")
    tab.press("Tab")
    assert tab.evaluate("document.activeElement.textContent") == "Stop the query"
    tab.press("Enter")
    tab.wait_for("document.querySelector('.title .state').textContent === 'stopped'")
    tab.press("Escape")
    tab.wait_for("document.querySelector('.queries')")
    assert tab.problems == []


def test_of_many_series_the_highest_are_named_and_others_are_found(tab: Tab, address: str) -> None:
    tab.open(f"{address}#/results")
    tab.wait_for(f"{LEGEND}.length === 8")
    highest = {f"s{number}" for number in range(4, SERIES)}
    assert set(tab.evaluate(LEGEND)) == highest
    tab.evaluate("document.querySelector('.finder input').focus()")
    tab.type_text("s0")
    tab.press("Enter")
    tab.wait_for("document.querySelector('.finder').innerText.includes('s0 is kept in view')")
    assert set(tab.evaluate(LEGEND)) == highest - {"s4"} | {"s0"}
    tab.type_text("nobody")
    tab.press("Enter")
    tab.wait_for("document.querySelector('.finder').innerText.includes('There is no series nobody')")
    drop = "document.querySelector('.legend button:not([hidden])')"
    assert tab.evaluate(f"{drop}.getAttribute('aria-label')") == "Do not keep s0 in view"
    tab.evaluate(f"{drop}.focus()")
    tab.press("Space")
    tab.wait_for(f"!{LEGEND}.includes('s0')")
    assert set(tab.evaluate(LEGEND)) == highest
    assert tab.problems == []


def test_nothing_moves_for_those_who_want_it_still_and_all_comes_from_the_engine(tab: Tab, address: str) -> None:
    tab.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-reduced-motion", "value": "reduce"}])
    for route in ("#/", "#/results", "#/query/none"):
        tab.open(f"{address}{route}")
        tab.wait_for("document.querySelector('main h1, main h2, main table')")
        assert not tab.evaluate(MOVES)
        hosts = "[...new Set(performance.getEntriesByType('resource').map((one) => new URL(one.name).host))]"
        assert tab.evaluate(hosts) == [address.split("/")[2]]
    tab.wait_for("document.querySelector('main').innerText.startsWith('This query is gone')")
