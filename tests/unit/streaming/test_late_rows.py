"""The table of late rows: every row an operator drops, once, with the reason."""

from __future__ import annotations

from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from tests.unit.streaming.harness import Story
from tests.unit.streaming.test_event_time import AGG5
from unbounded.connectors.streams import OutputMode
from unbounded.storage.local import LocalFileSystem
from unbounded.streaming.late_rows import LateRowsTable
from unbounded.streaming.progress import QueryIdentity

WINDOW = '"window":{"start":"2026-01-01T00:00:10.000Z","end":"2026-01-01T00:00:15.000Z"}}'
SESSIONS = "SELECT user, count(*) AS n FROM clicks GROUP BY session_window(at, '2 seconds'), user"


def story(sql: str, directory: Path, *, is_distinct: bool = False) -> Story:
    table = LateRowsTable(LocalFileSystem(), str(directory / "late"), QueryIdentity("q-1", "run", "clicks"))
    return Story(sql, directory, OutputMode.APPEND, delay_s=10, is_distinct=is_distinct, late_table=table)


def kept(directory: Path) -> list[str]:
    """Batch, operator, event time, watermark, reason, row."""
    if not (directory / "late").exists():
        return []
    table = pq.read_table(directory / "late").sort_by([("batch_id", "ascending"), ("row", "ascending")])
    times = [pc.strftime(table.column(name), "%M:%S").to_pylist() for name in ("event_time", "watermark")]
    names = ("query_id", "query_name", "batch_id", "operator", "reason", "row")
    rest = [table.column(name).to_pylist() for name in names]
    return [" | ".join(map(str, row)) for row in zip(*rest[:4], *times, *rest[4:], strict=True)]


def test_rows_of_windows_that_are_over(tmp_path: Path) -> None:
    told = story(AGG5, tmp_path)
    told.add_times("10 40")
    list(told.drain())
    assert kept(tmp_path) == []
    told.add_times("a11 b41 b12")
    list(told.drain())
    assert kept(tmp_path) == [
        "q-1 | clicks | 2 | stateStoreSave | 00:15.000000 | 00:30.000000 | its window had ended by the watermark | "
        '{"user":"a","at":"2026-01-01T00:00:11.000Z",' + WINDOW,
        "q-1 | clicks | 2 | stateStoreSave | 00:15.000000 | 00:30.000000 | its window had ended by the watermark | "
        '{"user":"b","at":"2026-01-01T00:00:12.000Z",' + WINDOW,
    ]


@pytest.mark.parametrize(
    ("sql", "is_distinct", "operator", "reason"),
    [
        (SESSIONS, False, "sessionWindowStateStoreSaveExec", "its window had ended by the watermark"),
        ("SELECT at FROM clicks", True, "dedupe", "its event time is not after the watermark"),
    ],
)
def test_every_operator_that_drops_rows_keeps_them(
    sql: str, is_distinct: bool, operator: str, reason: str, tmp_path: Path
) -> None:
    told = story(sql, tmp_path, is_distinct=is_distinct)
    told.add_times("10 40")
    list(told.drain())
    told.add_times("a11")
    reports = list(told.drain())
    (line,) = kept(tmp_path)
    assert f"| {operator} |" in line
    assert f"| {reason} |" in line
    assert sum(report.operators[0].late_count for report in reports) == 1


def test_a_batch_that_is_done_again_keeps_its_rows_once(tmp_path: Path) -> None:
    told = story(AGG5, tmp_path)
    told.add_times("10 40")
    list(told.drain())
    told.add_times("a11")
    list(told.drain())
    before = kept(tmp_path)
    latest = told.checkpoint.commits.log.latest()
    (tmp_path / "checkpoint" / "commits" / str(latest)).unlink()
    told.restart()
    list(told.drain())
    assert kept(tmp_path) == before
    assert len(before) == 1
