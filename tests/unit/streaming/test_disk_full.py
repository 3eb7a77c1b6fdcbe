"""A query that meets a full disk stops and says which file it could not write; with space it goes on."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

from tests.unit.memory_disk import Fault, MemoryDisk
from tests.unit.streaming.harness import Story, running
from unbounded.cancellation import Cancellation
from unbounded.errors import SparkError
from unbounded.storage.local import LocalFileSystem
from unbounded.streaming.runner import Schedule


def run(story: Story) -> None:
    """A query's whole life on its thread. Raises: SparkError STREAM_FAILED"""
    query = running(story, Schedule(ends_when_idle=True))
    query.await_termination(Cancellation(), timeout_us=None)


def failure_after(calls: int) -> SparkError | None:
    """Of the second batch, when the disk is full after that many calls; the query then goes on with space."""
    disk = MemoryDisk()
    story = Story("SELECT user, count(*) FROM clicks GROUP BY user", Path("/"), files=LocalFileSystem(disk))
    story.add_times("a10")
    run(story)
    story.add_times("a20 b21")
    story.restart()
    disk.fail_after(calls, Fault.DISK_FULL)
    try:
        run(story)
    except SparkError as failure:
        disk.restart()
        story.restart()
        run(story)
        return failure
    finally:
        assert story.sink.batches == {0: ["a 1"], 1: ["a 2", "b 1"]}
    return None


def test_every_file_is_named() -> None:
    named = set()
    for calls in itertools.count():
        failure = failure_after(calls)
        if failure is None:
            break
        found = re.search(r"\[UNBOUNDED_DISK_FULL\] There is no space left on the disk of (\S+)\. ", failure.message)
        assert failure.condition == "STREAM_FAILED"
        assert found is not None or "OSError: [Errno 5] Input/output error: '/checkpoint/" in failure.message
        named.add("" if found is None else found[1])
    assert named == {"", "/checkpoint/offsets/1", "/checkpoint/state/0/2.changes", "/checkpoint/commits/1"}
