"""The continuous triggers: rows go out at once, offsets are committed at the asked interval."""

from __future__ import annotations

from pathlib import Path

from tests.unit.streaming.harness import Story
from unbounded.connectors.streams import OutputMode
from unbounded.streaming.microbatch import StreamSettings

COUNT = "SELECT user, count(*) AS n FROM clicks GROUP BY user"
FILTER = "SELECT user FROM clicks"


def story(sql: str, directory: Path, *, takes_parts: bool = True) -> Story:
    """A commit every 3 s; a step takes a second."""
    made = Story(sql, directory, settings=StreamSettings(OutputMode.UPDATE, commit_interval_ms=3000))
    made.sink.takes_parts = takes_parts
    made.restart()
    return made


def commits(told: Story) -> list[int]:
    return told.checkpoint.commits.log.batch_ids()


def test_parts_of_a_batch_go_out_before_it_is_committed(tmp_path: Path) -> None:
    told = story(FILTER, tmp_path)
    for user in "ab":
        told.add_times(f"{user}1")
        told.step()
    assert told.sink.batches == {0: ["a", "b"]}
    assert commits(told) == []
    told.add_times("c1")
    told.step()
    assert told.sink.batches == {0: ["a", "b"], 1: ["c"]}
    assert commits(told) == [0]


def test_the_interval_ends_though_no_row_comes(tmp_path: Path) -> None:
    told = story(FILTER, tmp_path)
    told.add_times("a1")
    told.step()
    for _ in range(3):
        assert told.step() is None
    assert commits(told) == [0]


def test_after_a_crash_rows_since_the_last_commit_come_again(tmp_path: Path) -> None:
    told = story(FILTER, tmp_path)
    told.add_times("a1")
    told.step()
    told.restart()
    told.step()
    assert told.sink.batches == {0: ["a", "a"]}


def test_queries_with_state_and_sinks_that_know_batches_commit_every_batch(tmp_path: Path) -> None:
    for told in (story(COUNT, tmp_path / "state"), story(FILTER, tmp_path / "sink", takes_parts=False)):
        told.add_times("a1")
        told.step()
        assert commits(told) == [0]
