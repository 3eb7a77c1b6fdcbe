"""The page of the demo's program: its charts show what its Delta table holds, and late rows are counted alike."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql.connect.session import SparkSession

from tests.browser.chromium import Tab
from tests.browser.conftest import free_port
from tests.clients.program import Program
from unbounded.connectors.kafka.dev_broker import DevCluster
from unbounded.demo.demo import BATCH_ROWS, SCRIPT
from unbounded.demo.sender import Sender
from unbounded.demo.sensors import Sensors
from unbounded.embed import start_engine

READINGS, SEED, TOPIC = 5000, 15, "readings"

ROOM_ROWS = """
    [...document.querySelectorAll('[data-query=room] .rows tbody tr')]
        .map((row) => [...row.children].map((cell) => cell.textContent))
"""
LEGEND = """
    [...document.querySelectorAll('[data-query=room] .legend li')].map((item) => item.textContent)
"""
LATE_ROWS = """
    Object.fromEntries([...document.querySelectorAll('.queries tbody tr')].map((row) => [
        row.querySelector('a').textContent, row.querySelector('[data-label="Dropped as late"] span').textContent
    ]))
"""
STATES = "[...new Set([...document.querySelectorAll('.queries .state')].map((state) => state.textContent))].join()"


@dataclass(frozen=True, slots=True)
class Watched:
    """The engine of a program that has ended. `room`: the Delta table of the room by minute, in order."""

    address: str
    output: str
    room: list[tuple[Any, ...]]


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    """The monitor has worked off so many readings of the demo's sensors; its engine lives on with its page."""
    folder, port, cluster = tmp_path_factory.mktemp("monitor"), free_port(), DevCluster([])
    sender = Sender(cluster.address, TOPIC)
    sender.send(islice(Sensors(SEED, interval_s=60 / 200).records(), READINGS))
    sender.finish()
    engine = start_engine({"unbounded.ui.enabled": "true", "unbounded.ui.port": str(port)})
    from_kafka = ("--kafka", cluster.address, "--topic", TOPIC, "--output", str(folder), "--dashboard")
    amount = ("--once", "--batch-rows", str(BATCH_ROWS))
    outcome = Program(folder).command("run", "--remote", engine.url, str(SCRIPT), *from_kafka, *amount)
    assert outcome.exit_code == 0, outcome.errors
    yield Watched(f"http://localhost:{port}/", outcome.output, room_table(engine.url, folder))
    engine.stop()
    del cluster


def room_table(url: str, folder: Path) -> list[tuple[Any, ...]]:
    spark = SparkSession.builder.remote(url).create()
    shown = "string(window.start) AS start", "string(window.end)", "coolest", "average", "hottest"
    rows = spark.read.format("delta").load(f"{folder}/room_history").selectExpr(*shown).orderBy("start").collect()
    spark.stop()
    return list(map(tuple, rows))


def test_charts_show_what_the_delta_table_holds(tab: Tab, watched: Watched) -> None:
    """A window that the watermark has not passed is on the chart already, and not yet in the table."""
    tab.open(f"{watched.address}#/results")
    legend = tab.wait_for(f"document.querySelector('[data-query=room] .uplot') && {LEGEND}")
    tab.evaluate("document.querySelector('[data-query=room] button').click()")
    rows = tab.wait_for(f"{ROOM_ROWS}.length && {ROOM_ROWS}")[::-1]
    assert len(watched.room) == 22
    assert rows[: len(watched.room)] == [[start, end, *map(shown, values)] for start, end, *values in watched.room]
    assert len(rows) == 25
    start, _, coolest, average, hottest = rows[-1]
    assert legend == [f"coolest{coolest}", f"average{average}", f"hottest{hottest}", f"at {start[11:]}"]
    assert tab.problems == []


def shown(value: float) -> str:
    """As the page writes numbers from 1 to 1000."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def test_late_rows_are_those_that_the_program_tells_of(tab: Tab, watched: Watched) -> None:
    told = dict(re.findall(r"^ *(\w+) +[\d,]+ +[\d,]+ +(\d+)$", watched.output, re.MULTILINE))
    assert (told["room"], told["sliding_averages"], told["maxima"]) == ("14", "49", "0")
    tab.open(watched.address)
    tab.wait_for(f"{STATES} === 'stopped'")
    assert tab.evaluate(LATE_ROWS) == {
        name: f"{count} row{'s' if count != '1' else ''}" for name, count in told.items()
    }
