"""Queries as lines: what a line says, how a screen is drawn over, and `top` on a real page."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest

from tests.unit.dashboard.page import Page
from unbounded.cancellation import Cancellation
from unbounded.dashboard.access import AccessRules
from unbounded.dashboard.progress_lines import BottomLines
from unbounded.dashboard.terminal import Screen, count, duration, query_lines, size, watch_engine

QUERY: dict[str, Any] = {
    "id": "01909e83-a119",
    "name": "counts",
    "state": "running",
    "failure": None,
    "batch": 7,
    "inputRowsPerSecond": 1999.6,
    "processedRowsPerSecond": 45_500.0,
    "batchMs": 29,
    "rowsBehind": None,
    "watermarkLagMs": None,
    "watermarkBehindEventsMs": None,
    "stateRows": None,
    "stateBytes": None,
    "lateRows": 0,
}


def query_line(query: dict[str, Any]) -> str:
    return query_lines([query])[0]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_line_says_what_is_known() -> None:
    assert query_line(QUERY) == "counts  running  batch 7  in 2000 rows/s  can 45.5 k rows/s  29 ms/batch"
    more = {"rowsBehind": 12.0, "watermarkLagMs": 5200.0, "stateRows": 3, "stateBytes": 18_500, "lateRows": 4}
    assert query_line({**QUERY, **more}).endswith("  lag 12  watermark 5.2 s behind  state 3 rows, 18.5 kB  late 4")
    old = {"watermarkBehindEventsMs": 120_000.0}
    assert query_line({**QUERY, **old}).endswith("  watermark 2 min behind the latest event")
    assert query_line({**QUERY, "name": None, "batch": None, "state": "starting"}) == "01909e83  starting"
    assert query_line({**QUERY, "state": "failed", "failure": "no disk"}) == "counts  failed  no disk"


def test_lines_are_columns() -> None:
    """A failure is no column, however long."""
    behind = {**QUERY, "name": "room", "batch": 12, "batchMs": 1200, "rowsBehind": 3.0}
    failed = {**QUERY, "name": "x", "state": "failed", "failure": "there is no room on the disk"}
    assert query_lines([QUERY, behind, failed]) == [
        "counts  running  batch 7   in 2000 rows/s  can 45.5 k rows/s  29 ms/batch",
        "room    running  batch 12  in 2000 rows/s  can 45.5 k rows/s  1.2 s/batch  lag 3",
        "x       failed   there is no room on the disk",
    ]
    assert query_lines([]) == []


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (count(9999), "9999"),
        (count(10_000), "10 k"),
        (count(2_500_000), "2.5 M"),
        (size(950), "950 B"),
        (duration(999), "999 ms"),
        (duration(1200), "1.2 s"),
        (duration(180_000), "3 min"),
        (duration(86_400_000 * 45), "45 d"),
    ],
)
def test_numbers_have_units(text: str, shown: str) -> None:
    assert text == shown


def test_a_terminal_is_drawn_over_and_a_file_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "8")
    terminal, file = Terminal(), io.StringIO()
    for out in (terminal, file):
        screen = Screen(out)
        screen.draw(["one", "a long line"])
        screen.draw(["two"])
    assert terminal.getvalue() == "\r\x1b[Jone\na long \n\x1b[2A\r\x1b[Jtwo\n"
    assert file.getvalue() == "one\na long line\ntwo\n"


def test_lines_at_the_bottom_leave_the_rest_to_the_program(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "8")
    monkeypatch.setenv("LINES", "10")
    terminal = Terminal()
    bottom = BottomLines(terminal)
    bottom.draw(["a long line", "two"])
    room = "\n\n\x1b[2A\x1b7\x1b[1;8r\x1b8"
    assert terminal.getvalue() == room + "\x1b7\x1b[9;1H\x1b[2Ka long l\x1b[10;1H\x1b[2Ktwo\x1b8"
    drawn = len(terminal.getvalue())
    bottom.draw(["one", "two"])
    bottom.close()
    over = "\x1b7\x1b[9;1H\x1b[2Kone\x1b[10;1H\x1b[2Ktwo\x1b8"
    assert terminal.getvalue()[drawn:] == over + "\x1b7\x1b[r\x1b8\x1b[J"


def test_the_bottom_is_half_a_terminal_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINES", "4")
    terminal = Terminal()
    BottomLines(terminal).draw(["one", "two", "three"])
    assert "one" not in terminal.getvalue()
    assert "\x1b[1;2r" in terminal.getvalue()


def test_top_shows_the_queries_of_a_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = Page(AccessRules("127.0.0.1", "secret"))
    page.watch_counts(tmp_path, "a 00:01").await_termination(Cancellation(), timeout_us=None)
    out = io.StringIO()
    assert watch_engine(f"http://{page.address}", "secret", out, is_single=True) == 0
    assert out.getvalue().startswith("q  stopped  batch 0  in 0 rows/s")
    assert watch_engine(f"http://{page.address}", None, out, is_single=True) == 1
    assert "does not answer: The token is missing or wrong" in capsys.readouterr().err
    page.monitor.close()
    assert watch_engine(f"http://{page.address}", "secret", out, is_single=True) == 1
