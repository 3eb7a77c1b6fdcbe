"""`processAllAvailable` sees what is there when it is called, also of a source that does not look each time."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tests.unit.streaming.harness import Clicks, Story, running
from unbounded.cancellation import Cancellation
from unbounded.connectors.file_streams.lookout import Lookout
from unbounded.connectors.streams import OutputMode
from unbounded.streaming.runner import Schedule


@dataclass(eq=False)
class Forgetful(Clicks):
    """Knows of rows only if it is told to look."""

    known: int = 0

    def look_again(self) -> None:
        self.known = len(self.rows)

    def latest_offset(self, start: str | None, *, has_limit: bool) -> str | None:
        return str(self.known) if self.known else None


def test_rows_that_nobody_has_told_of(tmp_path: Path) -> None:
    story = Story("SELECT user FROM clicks", tmp_path, OutputMode.APPEND, clicks=Forgetful())
    query = running(story, Schedule())
    try:
        for count, user in enumerate("abc", 1):
            story.add_times(f"{user}1")
            query.process_all_available(Cancellation())
            assert sum(map(len, story.sink.batches.values())) == count
    finally:
        query.stop()


def test_a_lookout_without_a_watch_lists_when_asked(tmp_path: Path) -> None:
    clock = Story("SELECT user FROM clicks", tmp_path).clock
    lookout = Lookout(str(tmp_path), clock)
    lookout.close()
    assert lookout.is_due()
    lookout.listed(clock.monotonic_us())
    assert not lookout.is_due()
    lookout.list_again()
    assert lookout.is_due()
