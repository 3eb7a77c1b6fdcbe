"""Power is lost at every change of a file, once per run; the query is started again and goes on as if nothing were."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.oracles.queries import QUERIES, STEPS, Query
from tests.unit.memory_files import MemoryFiles, PowerLost
from tests.unit.streaming.harness import Story


def begin(query: Query, directory: Path, files: MemoryFiles) -> Story:
    return Story(query.sql, directory, query.mode, delay_s=10, is_distinct=query.is_distinct, files=files)


def play(story: Story) -> None:
    for step in STEPS:
        story.add_times(step)
        list(story.drain())


@pytest.mark.parametrize("name", QUERIES)
def test_a_crash_anywhere_changes_nothing(tmp_path: Path, name: str) -> None:
    query = QUERIES[name]
    undisturbed = MemoryFiles()
    story = begin(query, tmp_path, undisturbed)
    play(story)
    expected = query.result(story)
    assert undisturbed.change_count > 20
    for changes in range(1, undisturbed.change_count):
        files = MemoryFiles(changes_left=changes)
        story = begin(query, tmp_path, files)
        has_crashed = False
        for step in STEPS:
            story.add_times(step)
            try:
                list(story.drain())
            except PowerLost:
                files.restart()
                story.restart()
                list(story.drain())
                has_crashed = True
        assert has_crashed
        assert query.result(story) == expected, f"power lost at change {changes}"
