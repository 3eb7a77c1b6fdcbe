"""MERGE against a model of it in Python, and its change data against what it changed, for random rows and clauses."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyspark.sql.connect.session import SparkSession

Row = tuple[int | None, int | None]
"""The columns id and v of both tables."""

IDS = st.none() | st.integers(0, 6)
ROWS = st.lists(st.tuples(IDS, st.none() | st.integers(0, 3)), max_size=8)
CONDITIONS = (None, "v > 1", "v IS NULL")
MATCHED = st.lists(st.tuples(st.sampled_from(CONDITIONS), st.sampled_from(("update", "delete"))), max_size=3)
NEW = st.lists(st.sampled_from(CONDITIONS), max_size=2)


def holds(condition: str | None, value: int | None) -> bool:
    if condition is None:
        return True
    return value is None if condition == "v IS NULL" else value is not None and value > 1


def only_last_without_condition(clauses: list[tuple[str | None, str]]) -> list[tuple[str | None, str]]:
    return [c for i, c in enumerate(clauses) if c[0] is not None or i == len(clauses) - 1]


class Merge:
    """One statement: of matches the source's `v` decides, of rows without a match the table's."""

    def __init__(
        self, matched: list[tuple[str | None, str]], new: list[str | None], by_source: list[tuple[str | None, str]]
    ) -> None:
        self.matched = only_last_without_condition(matched)
        self.new = [condition for condition, _ in only_last_without_condition([(c, "insert") for c in new])]
        self.by_source = only_last_without_condition(by_source)

    @property
    def has_clauses(self) -> bool:
        return bool(self.matched or self.new or self.by_source)

    def sql(self, table: str) -> str:
        lines = [f"MERGE INTO {table} AS t USING source AS s ON t.id = s.id"]
        lines += [_when("MATCHED", "s", c, a, "s.v + 10") for c, a in self.matched]
        lines += [_when("NOT MATCHED", "s", c, "insert", "") for c in self.new]
        lines += [_when("NOT MATCHED BY SOURCE", "t", c, a, "t.v + 20") for c, a in self.by_source]
        return "\n".join(lines)

    def model(self, target: list[Row], source: list[Row]) -> Counter[Row]:
        by_id = {row[0]: row for row in source if row[0] is not None}
        rows = [self._after(row, by_id.get(row[0])) for row in target]
        known = {row[0] for row in target}
        rows += [
            row
            for row in source
            if (row[0] is None or row[0] not in known) and any(holds(condition, row[1]) for condition in self.new)
        ]
        return Counter(row for row in rows if row is not None)

    def _after(self, row: Row, match: Row | None) -> Row | None:
        clauses, decides, plus = (self.by_source, row[1], 20) if match is None else (self.matched, match[1], 10)
        action = next((action for condition, action in clauses if holds(condition, decides)), None)
        if action is None:
            return row
        return None if action == "delete" else (row[0], None if decides is None else decides + plus)


def _when(match: str, side: str, condition: str | None, action: str, value: str) -> str:
    test = "" if condition is None else f" AND {side}.{condition}"
    actions = {"update": f"UPDATE SET v = {value}", "delete": "DELETE", "insert": "INSERT *"}
    return f"WHEN {match}{test} THEN {actions[action]}"


@pytest.fixture(scope="module")
def spark(engine_url: str) -> Iterator[SparkSession]:
    session = SparkSession.builder.remote(engine_url).create()
    yield session
    session.stop()


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("merges")
    return (folder / str(number) for number in itertools.count())


def stored(spark: SparkSession, query: str) -> Counter[Row]:
    return Counter((row.id, row.v) for row in spark.sql(query).collect())


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(ROWS, ROWS, MATCHED, NEW, MATCHED)
def test_rows_and_change_data(
    spark: SparkSession,
    paths: Iterator[Path],
    target: list[Row],
    source: list[Row],
    matched: list[tuple[str | None, str]],
    new: list[str | None],
    by_source: list[tuple[str | None, str]],
) -> None:
    source = list({row[0]: row for row in source}.values())
    merge = Merge(matched, new, by_source)
    if not merge.has_clauses:
        return
    table = f"delta.`{next(paths)}`"
    spark.sql(f"CREATE TABLE {table} (id INT, v INT) USING delta TBLPROPERTIES (delta.enableChangeDataFeed = true)")
    for half in (target[::2], target[1::2]):
        spark.createDataFrame(half, "id INT, v INT").write.insertInto(table)
    spark.createDataFrame(source, "id INT, v INT").createOrReplaceTempView("source")
    version = spark.sql(f"DESCRIBE HISTORY {table} LIMIT 1").collect()[0].version
    counts = spark.sql(merge.sql(table)).collect()[0]
    after = stored(spark, f"SELECT * FROM {table}")
    assert after == merge.model(target, source)
    if not counts.num_affected_rows:
        return
    feed = spark.read.format("delta").option("readChangeFeed", True).option("startingVersion", version + 1)
    changes = [((row.id, row.v), row._change_type) for row in feed.table(table).collect()]
    gone = Counter(row for row, kind in changes if kind in ("delete", "update_preimage"))
    come = Counter(row for row, kind in changes if kind in ("insert", "update_postimage"))
    assert Counter(target) - gone + come == after
    assert (counts.num_updated_rows, counts.num_deleted_rows, counts.num_inserted_rows) == tuple(
        sum(kind == wanted for _, kind in changes) for wanted in ("update_postimage", "delete", "insert")
    )
