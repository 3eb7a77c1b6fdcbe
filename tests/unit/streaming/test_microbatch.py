"""A micro-batch is a transaction: what it writes in which order, and what a replay does."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.streaming.harness import Story
from unbounded.connectors.streams import OutputMode

COUNTS = "SELECT user, count(*) AS n FROM clicks GROUP BY user"


def test_update_mode_gives_the_touched_groups(tmp_path: Path) -> None:
    story = Story(COUNTS, tmp_path)
    story.add("a 10:00, b 10:01, a 10:02")
    story.step()
    story.add("a 10:03, c 10:04")
    story.step()
    assert story.sink.batches == {0: ["a 2", "b 1"], 1: ["a 3", "c 1"]}


def test_complete_mode_gives_all_groups(tmp_path: Path) -> None:
    story = Story(COUNTS, tmp_path, OutputMode.COMPLETE)
    story.add("a 10:00, b 10:01")
    story.step()
    story.add("a 10:03")
    story.step()
    assert story.sink.batches == {0: ["a 1", "b 1"], 1: ["a 2", "b 1"]}


def test_without_new_data_there_is_no_batch(tmp_path: Path) -> None:
    story = Story(COUNTS, tmp_path)
    assert story.step() is None
    story.add("a 10:00")
    assert story.step() is not None
    assert story.step() is None
    assert story.checkpoint.offsets.log.batch_ids() == [0]


def test_a_report_counts_rows_and_state(tmp_path: Path) -> None:
    story = Story(COUNTS, tmp_path)
    story.add("a 10:00, b 10:01, a 10:02")
    report = story.step()
    assert report is not None
    assert [source.row_count for source in report.sources] == [3]
    assert [(o.row_count, o.updated_count) for o in report.operators] == [(2, 2)]


def test_a_batch_that_failed_is_replayed_with_its_rows_and_its_time(tmp_path: Path) -> None:
    story = Story("SELECT user, unix_micros(current_timestamp()) AS t FROM clicks", tmp_path, OutputMode.APPEND)
    story.add("a 10:00")
    story.sink.fails = True
    with pytest.raises(OSError, match="disk full"):
        story.step()
    story.sink.fails = False
    story.add("b 10:01")
    story.restart()
    for _ in story.drain():
        pass
    assert story.sink.batches == {0: ["a 2000000"], 1: ["b 4000000"]}


def test_state_of_a_failed_batch_is_not_counted_twice(tmp_path: Path) -> None:
    story = Story(COUNTS, tmp_path)
    story.add("a 10:00")
    story.step()
    story.add("a 10:01")
    story.sink.fails = True
    with pytest.raises(OSError, match="disk full"):
        story.step()
    story.sink.fails = False
    story.restart()
    story.step()
    assert story.sink.batches == {0: ["a 1"], 1: ["a 2"]}


def test_a_restart_goes_on_where_the_query_was(tmp_path: Path) -> None:
    story = Story(COUNTS, tmp_path)
    for minute in range(5):
        story.add(f"a 10:0{minute}")
        story.step()
        story.restart()
    assert story.sink.batches == {n: [f"a {n + 1}"] for n in range(5)}


def test_old_entries_of_the_logs_are_dropped(tmp_path: Path) -> None:
    story = Story(COUNTS, tmp_path)
    for minute in range(6):
        story.add(f"a 10:0{minute}")
        story.step()
    assert story.checkpoint.offsets.log.batch_ids() == [3, 4, 5]
    assert story.checkpoint.commits.log.batch_ids() == [3, 4, 5]


def test_any_split_of_the_input_gives_the_same_state(tmp_path: Path) -> None:
    rows = "a 10:00, b 10:05, a 10:11, c 10:59, a 10:12, b 10:06"
    sql = "SELECT window.start, user, count(*) AS n FROM clicks GROUP BY window(at, '10 minutes'), user"
    results = []
    for limit in (1, 2, 4, None):
        story = Story(sql, tmp_path / str(limit), OutputMode.COMPLETE)
        story.clicks.limit = limit
        story.add(rows)
        *_, _ = story.drain()
        results.append(story.sink.batches[max(story.sink.batches)])
    assert results[1:] == results[:-1]
    assert len(results[0]) == 4


def test_the_logs_have_sparks_text_format(tmp_path: Path) -> None:
    story = Story(COUNTS, tmp_path)
    story.add("a 10:00")
    story.step()
    directory = Path(story.checkpoint.directory)
    assert (directory / "offsets" / "0").read_text() == (
        'v1\n{"batchWatermarkMs":0,"batchTimestampMs":2000,"conf":{}}\n1'
    )
    assert (directory / "commits" / "0").read_text() == 'v1\n{"nextBatchWatermarkMs":0}'
    assert (directory / "metadata").read_text() == f'{{"id":"{story.checkpoint.query_id}"}}'
