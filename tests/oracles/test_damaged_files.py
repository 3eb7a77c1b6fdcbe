"""A file of the checkpoint or of the sink's log is cut: the query goes on as if nothing were, or names the file.

Spark's logs have no checksum, so one that is cut between two lines cannot be told; here they are cut within a line.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.oracles.queries import SHORT_STEPS
from tests.oracles.test_crashes import Case, Scene, undisturbed
from tests.unit.memory_disk import Fault, MemoryDisk
from unbounded.errors import SparkError

CASES = [
    Case("append", "files"),
    Case("chain", "table"),
    Case("sessions", "memory"),
    Case("duplicates", "files", reads_files=True),
    Case("limit", "foreachBatch"),
]


def begun(case: Case, steps: int) -> Scene:
    scene = Scene(case, MemoryDisk(Fault.KILLED))
    for step in SHORT_STEPS[:steps]:
        scene.run(step)
    return scene


def files_in(disk: MemoryDisk, folder: str = "/") -> Iterator[str]:
    """All but the data."""
    for entry in disk.list(folder):
        if entry.is_directory:
            yield from files_in(disk, entry.path)
        elif not entry.path.rpartition("/")[2].startswith("part-"):
            yield entry.path


def cut(content: bytes, kept: float) -> bytes:
    end = int(len(content) * kept)
    return content[: end - 1] if content[end : end + 1] == b"\n" or content[end - 1 : end] == b"\n" else content[:end]


def outcome(scene: Scene) -> object:
    """The content of the sink after a restart and the other steps; the failure if there is one."""
    try:
        scene.begin_again()
        for step in SHORT_STEPS[3:]:
            scene.run(step)
    except SparkError as failure:
        return failure
    return scene.result()


@pytest.mark.parametrize("kept", [0, 0.7])
@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_cut_file_is_named(case: Case, kept: float) -> None:
    expected, _ = undisturbed(case)
    named = set()
    for position in range(len(list(files_in(begun(case, 3).disk)))):
        scene = begun(case, 3)
        path = list(files_in(scene.disk))[position]
        scene.disk.damage(path, cut(scene.disk.read(path), kept))
        found = outcome(scene)
        if isinstance(found, SparkError):
            assert path in found.message, found.message
            named.add(path.split("/")[3])
        else:
            assert found == expected, path
    assert named >= {"metadata", "offsets", "commits"}
