"""The sink of foreachBatch under the micro-batch protocol: what the function is given, once and again after a crash."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.streaming.harness import SCHEMA, Story
from unbounded.analysis.context import Ids
from unbounded.cancellation import Cancellation
from unbounded.errors import ErrorKind, SparkError
from unbounded.plan.logical import LocalRelation
from unbounded.session.catalog import SessionCatalog
from unbounded.session.config import SessionConfig
from unbounded.session.foreach_batch import ForeachBatchSink


class Calls:
    """A function that notes what it can see of its batch; it can be told to fail."""

    def __init__(self, catalog: SessionCatalog) -> None:
        self.seen: list[tuple[int, list[str]]] = []
        self.relation_ids: list[str] = []
        self.fails = False
        self._catalog = catalog

    def call(self, relation_id: str, batch_id: int, cancellation: Cancellation) -> None:
        held = self._catalog.find_remote_relation(relation_id)
        assert isinstance(held, LocalRelation)
        self.relation_ids.append(relation_id)
        self.seen.append((batch_id, held.table.column(0).to_pylist()))
        if self.fails:
            raise SparkError(ErrorKind.SPARK, "FOREACH_BATCH_USER_FUNCTION_ERROR", {"reason": "told to"})

    def close(self) -> None: ...


@pytest.fixture
def catalog() -> SessionCatalog:
    return SessionCatalog(SessionConfig({}))


@pytest.fixture
def calls(catalog: SessionCatalog) -> Calls:
    return Calls(catalog)


@pytest.fixture
def story(tmp_path: Path, calls: Calls, catalog: SessionCatalog) -> Story:
    story = Story("SELECT * FROM clicks", tmp_path)
    story.sink = ForeachBatchSink(Ids().attributes(SCHEMA), calls, catalog, Cancellation())  # type: ignore[assignment]
    story.restart()
    return story


def test_each_batch_is_one_call(story: Story, calls: Calls) -> None:
    story.add("a 10:00, b 10:01")
    report = story.step()
    story.add("c 10:02")
    story.step()
    assert calls.seen == [(0, ["a", "b"]), (1, ["c"])]
    assert report is not None
    assert report.output_count is None


def test_the_rows_are_held_only_during_the_call(story: Story, calls: Calls, catalog: SessionCatalog) -> None:
    story.add("a 10:00")
    story.step()
    assert catalog.find_remote_relation(calls.relation_ids[0]) is None


def test_a_failed_batch_comes_again_with_its_id_and_rows(story: Story, calls: Calls, catalog: SessionCatalog) -> None:
    calls.fails = True
    story.add("a 10:00")
    with pytest.raises(SparkError):
        story.step()
    calls.fails = False
    story.add("b 10:01")
    story.restart()
    story.step()
    story.step()
    assert calls.seen == [(0, ["a"]), (0, ["a"]), (1, ["b"])]
    assert [catalog.find_remote_relation(relation_id) for relation_id in calls.relation_ids] == [None, None, None]
