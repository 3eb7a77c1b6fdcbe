"""A query fails at a call that changes a file, once per story, and starts again: what its sink has is as undisturbed.

Every query with every sink it may have, for every way in which a disk fails, at every call. That takes half an
hour on two cores, so normally a call is drawn for each; `UNBOUNDED_CRASHES=all` does all of them.
"""

from __future__ import annotations

import os
import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from tests.oracles.folder import ClicksInFiles
from tests.oracles.queries import QUERIES, SHORT_STEPS, Query
from tests.oracles.sinks import FOLDER, OUTLETS, Outlet, modes
from tests.unit.memory_disk import Fault, MemoryDisk
from tests.unit.memory_files import PowerLost
from tests.unit.streaming.harness import Clicks, Story
from unbounded.errors import SparkError
from unbounded.storage.local import LocalFileSystem

IS_EXHAUSTIVE = os.environ.get("UNBOUNDED_CRASHES") == "all"
DRAWN = 1
"""Calls drawn for a query, a sink and a fault."""
CHECKPOINT = "/work"


@dataclass(frozen=True)
class Case:
    """A query by name, with one of the sinks it may have; `reads_files`: from the file source."""

    query: str
    outlet: str
    reads_files: bool = False

    def __str__(self) -> str:
        return f"{self.query}, {'files to ' if self.reads_files else ''}{self.outlet}"


CASES = [
    *(Case(name, outlet) for name, query in QUERIES.items() for outlet in OUTLETS if query.mode in modes(outlet)),
    *(Case(name, "files", reads_files=True) for name in ("stateless", "append", "duplicates")),
]


class Scene:
    """A query, its sink and the disk below both; it may fail and begin again."""

    def __init__(self, case: Case, disk: MemoryDisk, then: tuple[Fault, int] | None = None) -> None:
        """`then`: what happens after the first failure, and after how many calls."""
        self.disk = disk
        self._then = then
        self.query: Query = QUERIES[case.query]
        self.outlet: Outlet = OUTLETS[case.outlet](disk)
        self.failures: list[BaseException] = []
        self._clicks = ClicksInFiles() if case.reads_files else Clicks()
        self._story: Story | None = None

    def play(self) -> object:
        """The content of the sink after all steps."""
        for step in ("", *SHORT_STEPS):
            try:
                self.run(step)
            except (PowerLost, SparkError, OSError) as failure:
                self.failures.append(failure)
                self._recover()
        if self._story is not None:
            self._story.batch.close()
        return self.result()

    def _recover(self) -> None:
        then, self._then = self._then, None
        self.disk.restart()
        if then is not None:
            self.disk.fail_after(then[1], then[0])
        try:
            self.begin_again()
            self.run("")
        except PowerLost:
            self.disk.restart()
            self.begin_again()
            self.run("")
        self.disk.fail_after(None, Fault.KILLED)

    def run(self, step: str) -> None:
        """Adds rows and runs batches until there is nothing to do."""
        self._story = self._story or self._first_run()
        self._story.add_times(step)
        list(self._story.drain())

    def begin_again(self) -> None:
        """A new run on the same checkpoint."""
        if self._story is None:
            self._story = self._first_run()
        else:
            self._story.batch.close()
            self._story.restart()

    def result(self) -> object:
        return self.query.of_batches(self.outlet.batches())

    def _first_run(self) -> Story:
        query = self.query
        return Story(
            query.sql,
            Path(CHECKPOINT),
            query.mode,
            query.delay_s,
            query.is_distinct,
            LocalFileSystem(self.disk),
            is_distinct_within=query.is_distinct_within,
            clicks=self._clicks,
            open_sink=self.outlet.open,
            snapshots_every=2,
        )


@cache
def undisturbed(case: Case) -> tuple[object, int]:
    """The content of the sink, and how many calls changed the disk."""
    disk = MemoryDisk()
    return Scene(case, disk).play(), disk.call_count


def chosen(case: Case, fault: object, call_count: int) -> Sequence[int]:
    if IS_EXHAUSTIVE:
        return range(call_count)
    return random.Random(f"{case} {fault}").sample(range(call_count), DRAWN)


@pytest.mark.parametrize("fault", Fault, ids=lambda fault: fault.value)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_failure_at_any_call_changes_nothing(case: Case, fault: Fault) -> None:
    expected, call_count = undisturbed(case)
    assert call_count > 50
    for calls in chosen(case, fault, call_count):
        scene = Scene(case, MemoryDisk(fault, calls))
        assert scene.play() == expected, f"{fault.value} at call {calls}"
        assert len(scene.failures) == 1
        if fault is Fault.DISK_FULL:
            check_report(scene.failures[0])
            assert leftovers(scene.disk) == []


@pytest.mark.parametrize("case", CASES, ids=str)
def test_what_a_killed_run_has_left_survives_a_loss_of_power(case: Case) -> None:
    expected, call_count = undisturbed(case)
    for calls in chosen(case, "twice", call_count):
        later = random.Random(calls).randrange(1, 60)
        scene = Scene(case, MemoryDisk(Fault.KILLED, calls), then=(Fault.UNSYNCED_LOST, later))
        assert scene.play() == expected, f"killed at call {calls}, power lost {later} calls later"


def check_report(failure: BaseException) -> None:
    """The failure names the file or folder that could not be written."""
    message = failure.message if isinstance(failure, SparkError) else str(failure)
    assert f"{CHECKPOINT}/" in message or FOLDER in message, message
    assert ".tmp" not in message, message


def leftovers(disk: MemoryDisk, folder: str = "/") -> list[str]:
    """Temporary files that nobody needs."""
    found = []
    for entry in disk.list(folder):
        if entry.is_directory:
            found += leftovers(disk, entry.path)
        elif entry.path.endswith(".tmp"):
            found.append(entry.path)
    return found
