"""Event time batch by batch, as observed on Spark: [v, …] are times in seconds, windows are `start-end`.

A line of a story is what came in, then for every batch that followed `B<id> rows wm <watermark> op <counts>`, with the
counts of the operators, the one nearest the sink first: total/updated/removed/late.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.unit.streaming.harness import DAY, Story
from unbounded.connectors.streams import OutputMode
from unbounded.streaming.progress import BatchReport

MIDNIGHT_MS = int(datetime.fromisoformat(f"{DAY}T00:00:00+00:00").astimezone(UTC).timestamp() * 1000)
AGG5 = """\
SELECT concat(minute(w.start) * 60 + second(w.start), '-', minute(w.end) * 60 + second(w.end)) AS w, n
FROM (SELECT window(at, '5 seconds') AS w, count(*) AS n FROM clicks GROUP BY window(at, '5 seconds'))
"""


def told(story: Story, report: BatchReport) -> str:
    rows = ", ".join(story.sink.batches[report.batch_id])
    watermark = max(((report.watermark_ms or 0) - MIDNIGHT_MS) // 1000, 0)
    operators = "; ".join(f"{o.row_count}/{o.updated_count}/{o.removed_count}/{o.late_count}" for o in report.operators)
    return f"B{report.batch_id} [{rows}] wm {watermark} op {operators}"


def play(story: Story, steps: list[tuple[str, list[str]]]) -> None:
    for added, expected in steps:
        story.add_times(added)
        assert [told(story, report) for report in story.drain()] == expected


def test_append_gives_a_window_once_the_watermark_has_passed_it(tmp_path: Path) -> None:
    story = Story(AGG5, tmp_path, OutputMode.APPEND, delay_s=10)
    play(
        story,
        [
            ("10 11 12 13 14 15", ["B0 [] wm 0 op 2/2/0/0", "B1 [] wm 5 op 2/0/0/0"]),
            ("25", ["B2 [] wm 5 op 3/1/0/0", "B3 [10-15 5] wm 15 op 2/0/1/0"]),
            ("10", ["B4 [] wm 15 op 2/0/0/1"]),
            ("10 11 16 15", ["B5 [] wm 15 op 2/1/0/1"]),
            ("30 35", ["B6 [] wm 15 op 4/2/0/0", "B7 [15-20 3] wm 25 op 3/0/1/0"]),
        ],
    )


def test_update_forgets_in_silence(tmp_path: Path) -> None:
    story = Story(AGG5, tmp_path, OutputMode.UPDATE, delay_s=10)
    play(
        story,
        [
            ("10 11 12 13 14 15", ["B0 [10-15 5, 15-20 1] wm 0 op 2/2/0/0", "B1 [] wm 5 op 2/0/0/0"]),
            ("25", ["B2 [25-30 1] wm 5 op 3/1/0/0", "B3 [] wm 15 op 2/0/1/0"]),
            ("10 25", ["B4 [25-30 2] wm 15 op 2/1/0/1"]),
            ("10", ["B5 [] wm 15 op 2/0/0/1"]),
        ],
    )


def test_complete_drops_nothing_and_runs_no_batch_without_data(tmp_path: Path) -> None:
    story = Story(AGG5, tmp_path, OutputMode.COMPLETE, delay_s=10)
    play(
        story,
        [
            ("10 11 12", ["B0 [10-15 3] wm 0 op 1/1/0/0"]),
            ("25", ["B1 [10-15 3, 25-30 1] wm 2 op 2/1/0/0"]),
            ("25", ["B2 [10-15 3, 25-30 2] wm 15 op 2/1/0/0"]),
            ("10", ["B3 [10-15 4, 25-30 2] wm 15 op 2/1/0/0"]),
        ],
    )


def test_a_restart_goes_on_with_state_and_watermark(tmp_path: Path) -> None:
    story = Story(AGG5, tmp_path, OutputMode.APPEND, delay_s=10)
    play(story, [("10 11 12 13 14 15", ["B0 [] wm 0 op 2/2/0/0", "B1 [] wm 5 op 2/0/0/0"])])
    play(story, [("25", ["B2 [] wm 5 op 3/1/0/0", "B3 [10-15 5] wm 15 op 2/0/1/0"])])
    story.restart()
    play(story, [("10 27 30", ["B4 [] wm 15 op 3/2/0/1", "B5 [15-20 1] wm 20 op 2/0/1/0"])])
    story.restart()
    play(story, [("17", ["B6 [] wm 20 op 2/0/0/1"])])
    play(story, [("40", ["B7 [] wm 20 op 3/1/0/0", "B8 [25-30 2] wm 30 op 2/0/1/0"])])


def test_the_late_counter_counts_groups(tmp_path: Path) -> None:
    sql = "SELECT user, count(*) AS n FROM clicks GROUP BY window(at, '5 seconds'), user"
    story = Story(sql, tmp_path, OutputMode.APPEND, delay_s=0)
    story.add_times("a20")
    assert [told(story, r) for r in story.drain()] == ["B0 [] wm 0 op 1/1/0/0", "B1 [] wm 20 op 1/0/0/0"]
    story.add_times("a1 a2 b1 a7 a21")
    assert [told(story, r) for r in story.drain()] == ["B2 [] wm 20 op 1/1/0/3", "B3 [] wm 21 op 1/0/0/0"]


def test_keys_of_dropped_duplicates_with_event_time_expire(tmp_path: Path) -> None:
    story = Story("SELECT second(at) AS v FROM clicks", tmp_path, OutputMode.APPEND, delay_s=10, is_distinct=True)
    play(
        story,
        [
            ("10 11 10", ["B0 [10, 11] wm 0 op 2/2/0/0", "B1 [] wm 1 op 2/0/0/0"]),
            ("25", ["B2 [25] wm 1 op 3/1/0/0", "B3 [] wm 15 op 1/0/2/0"]),
            ("10 15 16", ["B4 [16] wm 15 op 2/1/0/2"]),
            ("45", ["B5 [45] wm 15 op 3/1/0/0", "B6 [] wm 35 op 1/0/2/0"]),
        ],
    )


def test_a_window_of_windows_takes_what_came_out_in_the_same_batch(tmp_path: Path) -> None:
    inner = "SELECT window(at, '5 seconds') AS w, count(*) AS c FROM clicks GROUP BY window(at, '5 seconds')"
    sql = f"""\
SELECT concat(minute(v.start) * 60 + second(v.start), '-', minute(v.end) * 60 + second(v.end)) AS w, n, s FROM (
SELECT window(w, '10 seconds') AS v, count(c) AS n, sum(c) AS s FROM ({inner}) GROUP BY window(w, '10 seconds'))
"""
    story = Story(sql, tmp_path, OutputMode.APPEND, delay_s=0)
    play(
        story,
        [
            (
                " ".join(map(str, range(10, 22))),
                ["B0 [] wm 0 op 0/0/0/0; 3/3/0/0", "B1 [10-20 2 10] wm 21 op 0/1/1/0; 1/0/2/0"],
            ),
            (
                " ".join(map(str, range(10, 30))),
                ["B2 [] wm 21 op 0/0/0/0; 2/2/0/2", "B3 [] wm 29 op 1/1/0/0; 1/0/1/0"],
            ),
            ("30 31", ["B4 [] wm 29 op 1/0/0/0; 2/1/0/0", "B5 [20-30 2 12] wm 31 op 0/1/1/0; 1/0/1/0"]),
        ],
    )


@pytest.mark.parametrize("mode", [OutputMode.APPEND])
def test_a_limit_counts_over_the_whole_life(tmp_path: Path, mode: OutputMode) -> None:
    story = Story("SELECT second(at) AS v FROM clicks LIMIT 4", tmp_path, mode)
    play(story, [("1 3 5", ["B0 [1, 3, 5] wm 0 op 1/1/0/0"]), ("7 9", ["B1 [7] wm 0 op 1/1/0/0"])])
    story.restart()
    play(story, [("11", ["B2 [] wm 0 op 1/0/0/0"])])
