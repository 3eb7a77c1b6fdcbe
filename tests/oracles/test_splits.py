"""A stream gives what a batch over all its rows gives, however the rows are cut into batches."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.oracles.queries import QUERIES, STEPS, Query
from tests.unit.streaming.harness import Story, batch_rows

TIMES = tuple(time for step in STEPS for time in step.split())
SPLITS = 8


def splits(name: str) -> Iterator[list[list[str]]]:
    """One row at a time, all at once, and some in between; rows keep their order."""
    yield [[time] for time in TIMES]
    yield [list(TIMES)]
    chance = random.Random(name)
    for _ in range(SPLITS):
        cuts = sorted(chance.sample(range(1, len(TIMES)), chance.randrange(1, len(TIMES) - 1)))
        yield [list(TIMES[a:b]) for a, b in zip([0, *cuts], [*cuts, len(TIMES)], strict=True)]


def played(query: Query, directory: Path, parts: list[list[str]], *, restarts: bool) -> object:
    """The result after `parts` and then two rows far in the future, which end everything before them."""
    story = Story(query.sql, directory, query.mode, delay_s=query.delay_s, is_distinct=query.is_distinct)
    for part in parts:
        story.add_times(" ".join(part))
        list(story.drain())
        if restarts:
            story.restart()
    return query.result(story)


@pytest.mark.parametrize("restarts", [False, True], ids=["one run", "a run per batch"])
@pytest.mark.parametrize("name", [name for name, query in QUERIES.items() if not query.depends_on_batches])
def test_any_split_gives_the_result_of_a_batch(tmp_path: Path, name: str, restarts: bool) -> None:
    query = QUERIES[name]
    expected = query.of_rows(batch_rows(query.sql, " ".join(TIMES), is_distinct=query.is_distinct))
    for number, parts in enumerate(splits(name)):
        assert played(query, tmp_path / str(number), parts, restarts=restarts) == expected, parts
