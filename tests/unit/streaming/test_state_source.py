"""The state of a query read as a table: values by operator, changes of sessions, what needs files that are gone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.oracles.queries import CHAIN, SESSIONS, WINDOWS
from tests.unit.streaming.harness import Story
from unbounded.connectors.streams import OutputMode
from unbounded.errors import SparkError
from unbounded.storage.local import LocalFileSystem
from unbounded.streaming.microbatch import StreamSettings
from unbounded.streaming.state_source.options import state_options
from unbounded.streaming.state_source.state_rows import StateRows, state_rows

FILES = LocalFileSystem()
GROUPS = "SELECT user, count(*) AS n, max(second(at)) AS m FROM clicks GROUP BY user"


def played(directory: Path, sql: str, mode: OutputMode, *steps: str, retained: int = 100) -> Story:
    """Every step is a batch; another one follows if the watermark has moved."""
    settings = StreamSettings(mode, retained_batches=retained)
    story = Story(sql, directory, mode, 10, snapshots_every=2, settings=settings)
    for step in steps:
        story.add_times(step)
        list(story.drain())
    return story


def source(directory: Path, time_zone: str = "UTC", **options: object) -> StateRows:
    given = {name.lower(): str(value) for name, value in options.items()}
    return state_rows(state_options({"path": f"{directory}/checkpoint", **given}, FILES), FILES, time_zone)


def shown(found: object) -> str:
    """Times as seconds, windows as start-end."""
    if isinstance(found, dict):
        if found.keys() == {"start", "end"}:
            return f"{shown(found['start'])}-{shown(found['end'])}"
        return "(" + " ".join(map(shown, found.values())) + ")"
    as_time: Callable[[], float] | None = getattr(found, "timestamp", None)
    return str(found) if as_time is None else str(int(as_time()) % 86_400)


def rows(directory: Path, **options: object) -> list[str]:
    table = source(directory, **options).read().read_all()
    return [" ".join(map(shown, row.values())) for row in table.to_pylist()]


def test_keys_and_values_of_groups(tmp_path: Path) -> None:
    played(tmp_path, GROUPS, OutputMode.UPDATE, "a4 b5", "a6")
    assert sorted(rows(tmp_path)) == ["(a) (2 6) 0", "(b) (1 5) 0"]
    assert sorted(rows(tmp_path, batchId=0)) == ["(a) (1 4) 0", "(b) (1 5) 0"]


def test_windows_go_with_the_watermark(tmp_path: Path) -> None:
    played(tmp_path, WINDOWS, OutputMode.APPEND, "a1 a2", "a30")
    assert rows(tmp_path) == ["(a 30-35) (1) 0"]
    assert rows(tmp_path, readChangeFeed="true", changeStartBatchId=0) == [
        "0 update (a 0-5) (2) 0",
        "2 update (a 30-35) (1) 0",
        "3 delete (a 0-5) None 0",
    ]


def test_every_operator_of_a_chain(tmp_path: Path) -> None:
    played(tmp_path, CHAIN, OutputMode.APPEND, "a1 a6", "a30", "a31")
    assert rows(tmp_path, operatorId=1) == ["(30-35) (2) 0"]
    assert rows(tmp_path, operatorId=0, batchId=0) == []


def test_sessions_are_a_row_each(tmp_path: Path) -> None:
    played(tmp_path, SESSIONS, OutputMode.APPEND, "a1 a2 a20 b3")
    assert sorted(rows(tmp_path, batchId=0)) == [
        "(a 1) (a 1-6 2) 0",
        "(a 20) (a 20-24 1) 0",
        "(b 3) (b 3-7 1) 0",
    ]


def test_changes_of_sessions(tmp_path: Path) -> None:
    """One that grows backwards is another one: its start is in its key."""
    played(tmp_path, SESSIONS, OutputMode.APPEND, "a12 a20", "a10 b21", "b40", "a60")
    changes = rows(tmp_path, readChangeFeed="true", changeStartBatchId=0)
    of_batch = {n: sorted(row[2:] for row in changes if row.startswith(f"{n} ")) for n in range(8)}
    assert of_batch[0] == ["update (a 12) (a 12-16 1) 0", "update (a 20) (a 20-24 1) 0"]
    assert of_batch[2] == ["delete (a 12) None 0", "update (a 10) (a 10-16 2) 0", "update (b 21) (b 21-25 1) 0"]
    assert of_batch[4] == ["update (b 40) (b 40-44 1) 0"]
    assert of_batch[5] == ["delete (a 10) None 0", "delete (a 20) None 0", "delete (b 21) None 0"]
    assert of_batch[7] == ["delete (b 40) None 0"]


def test_times_are_labelled_with_the_zone_of_who_reads(tmp_path: Path) -> None:
    played(tmp_path, WINDOWS, OutputMode.UPDATE, "a1")
    window = source(tmp_path, "Asia/Tokyo").read().schema.field("key").type.field("window").type
    assert str(window.field("start").type) == "timestamp[us, tz=Asia/Tokyo]"
    assert rows(tmp_path, time_zone="Asia/Tokyo") == rows(tmp_path) == ["(a 0-5) (1) 0"]


def test_a_batch_that_is_no_longer_kept_is_refused(tmp_path: Path) -> None:
    played(tmp_path, GROUPS, OutputMode.UPDATE, *(f"a{i}" for i in range(8)), retained=2)
    with pytest.raises(SparkError, match="STDS_COMMITTED_BATCH_UNAVAILABLE"):
        source(tmp_path, batchId=1)
    with pytest.raises(SparkError, match="changes does not exist"):
        rows(tmp_path, readChangeFeed="true", changeStartBatchId=0)
    assert rows(tmp_path) == ["(a) (8 7) 0"]


def test_from_a_snapshot(tmp_path: Path) -> None:
    played(tmp_path, GROUPS, OutputMode.UPDATE, "a1", "a2", "a3")
    assert rows(tmp_path, snapshotStartBatchId=1, snapshotPartitionId=0) == ["(a) (3 3) 0"]
    with pytest.raises(SparkError, match=r"/state/0/1\.snapshot does not exist"):
        rows(tmp_path, snapshotStartBatchId=0, snapshotPartitionId=0)


def test_a_batch_whose_offsets_are_gone(tmp_path: Path) -> None:
    played(tmp_path, GROUPS, OutputMode.UPDATE, "a1")
    (tmp_path / "checkpoint/offsets/1").unlink()
    with pytest.raises(SparkError) as caught:
        source(tmp_path)
    assert caught.value.condition == "STDS_OFFSET_LOG_UNAVAILABLE"


def test_a_description_that_is_damaged(tmp_path: Path) -> None:
    played(tmp_path, GROUPS, OutputMode.UPDATE, "a1")
    (tmp_path / "checkpoint/state/0/_metadata/metadata").write_text("v1\n{")
    with pytest.raises(SparkError) as caught:
        source(tmp_path)
    assert caught.value.condition == "STDS_FAILED_TO_READ_STATE_SCHEMA"
    assert "_metadata/metadata" in str(caught.value.__cause__)


def test_an_unfinished_batch_is_not_shown(tmp_path: Path) -> None:
    story = played(tmp_path, GROUPS, OutputMode.UPDATE, "a1")
    story.sink.fails = True
    story.add_times("a2")
    with pytest.raises(OSError, match="disk full"):
        story.step()
    assert rows(tmp_path) == ["(a) (1 1) 0"]


def test_what_no_state_here_can_answer_is_refused(tmp_path: Path) -> None:
    played(tmp_path, GROUPS, OutputMode.UPDATE, "a1")
    with pytest.raises(SparkError, match="internalOnlyReadAllColumnFamilies"):
        source(tmp_path, internalOnlyReadAllColumnFamilies="true")
