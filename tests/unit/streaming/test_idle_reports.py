"""What a query reports when it finds nothing to do."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.unit.streaming.harness import Story, running
from unbounded.cancellation import Cancellation
from unbounded.connectors.streams import OutputMode
from unbounded.streaming.query import QueryEvents, ReportSettings
from unbounded.streaming.runner import Schedule

COUNT = "SELECT user, count(*) AS n FROM clicks GROUP BY user"


def run(story: Story, events: list[str], idle_interval_us: int) -> list[dict[str, Any]]:
    """The progress of a run that ends when nothing is left to do."""
    query = running(
        story,
        Schedule(ends_when_idle=True),
        QueryEvents(progress=lambda text: events.append("progress"), idle=events.append),
        ReportSettings(idle_interval_us=idle_interval_us),
    )
    query.await_termination(Cancellation(), timeout_us=None)
    return [json.loads(text) for text in query.recent_progress()]


def test_soon_after_a_batch_idleness_is_not_worth_a_word(tmp_path: Path) -> None:
    story = Story(COUNT, tmp_path, OutputMode.UPDATE)
    story.add_times("a1 b2")
    events: list[str] = []
    (progress,) = run(story, events, idle_interval_us=10_000_000)
    assert (progress["batchId"], progress["numInputRows"]) == (0, 2)
    assert events == ["progress"]


def test_a_run_that_finds_nothing_says_so_once_without_an_event(tmp_path: Path) -> None:
    story = Story(COUNT, tmp_path, OutputMode.UPDATE)
    story.add_times("a1 b2")
    story.step()
    story.restart()
    events: list[str] = []
    (progress,) = run(story, events, idle_interval_us=10_000_000)
    assert (progress["batchId"], progress["numInputRows"]) == (1, 0)
    assert list(progress["durationMs"]) == ["latestOffset", "triggerExecution"]
    assert progress["sources"][0]["startOffset"] == progress["sources"][0]["endOffset"] == "2"
    assert progress["sink"]["numOutputRows"] == -1
    assert events == []


def test_later_idleness_is_reported_with_an_event(tmp_path: Path) -> None:
    story = Story(COUNT, tmp_path, OutputMode.UPDATE)
    story.add_times("a1 b2")
    events: list[str] = []
    batch, idle = run(story, events, idle_interval_us=0)
    assert (batch["batchId"], idle["batchId"]) == (0, 1)
    assert idle["stateOperators"][0]["numRowsTotal"] == 2
    assert idle["stateOperators"][0]["numRowsUpdated"] == 0
    assert json.loads(events[-1]) == {"id": "q", "runId": "r", "timestamp": idle["timestamp"]}
