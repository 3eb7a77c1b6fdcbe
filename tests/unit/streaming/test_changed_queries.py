"""A query that goes on from the checkpoint of another: what may change, and what is refused (seen on Spark 4.2)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.streaming.harness import Story
from unbounded.connectors.streams import OutputMode
from unbounded.errors import SparkError

COUNT = "SELECT user, count(*) AS n FROM clicks GROUP BY user"
BOTH = "SELECT user FROM clicks UNION ALL SELECT user FROM clicks"
_FIELDS = "StructType(StructField(user,StringType,true))"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (COUNT, "SELECT user AS u, count(*) AS m FROM clicks WHERE user <> 'x' GROUP BY user"),
        (
            "SELECT user, min(second(at)) FROM clicks GROUP BY user",
            "SELECT user, max(hour(at)) FROM clicks GROUP BY user",
        ),
        ("SELECT user FROM clicks", "SELECT upper(user) FROM clicks WHERE second(at) > 3"),
    ],
)
def test_filters_names_and_functions_of_equal_state_may_change(before: str, after: str, tmp_path: Path) -> None:
    first = Story(before, tmp_path)
    first.add_times("a10")
    first.step()
    second = Story(after, tmp_path)
    second.add_times("a10 b20")
    assert second.step() is not None


@pytest.mark.parametrize(
    ("before", "after", "condition", "part"),
    [
        (
            COUNT,
            "SELECT second(at), count(*) FROM clicks GROUP BY second(at)",
            "STATE_STORE_KEY_SCHEMA_NOT_COMPATIBLE",
            f"Existing key_schema={_FIELDS} and new key_schema=StructType(StructField(second(at),IntegerType,true)).",
        ),
        (
            COUNT,
            "SELECT user, second(at), count(*) FROM clicks GROUP BY user, second(at)",
            "STATE_STORE_KEY_SCHEMA_NOT_COMPATIBLE",
            f"Existing key_schema={_FIELDS} and new",
        ),
        (
            COUNT,
            "SELECT user, count(*), max(at) FROM clicks GROUP BY user",
            "STATE_STORE_VALUE_SCHEMA_NOT_COMPATIBLE",
            "please set spark.sql.streaming.stateStore.stateSchemaCheck to false.",
        ),
        (
            COUNT,
            "SELECT user FROM clicks",
            "STREAMING_STATEFUL_OPERATOR_NOT_MATCH_IN_STATE_METADATA",
            "metadata: [(OperatorId: 0 -> OperatorName: stateStoreSave)]; Stateful operators in current batch: [].",
        ),
        (
            "SELECT user FROM clicks",
            COUNT,
            "STREAMING_STATEFUL_OPERATOR_MISSING_STATE_DIRECTORY",
            "Stateful operators in current batch: [(OperatorId: 0 -> OperatorName: stateStoreSave)].",
        ),
        (
            BOTH,
            "SELECT user FROM clicks",
            "",
            "There are [2] sources in the checkpoint offsets and now there are [1] sources requested by the query.",
        ),
    ],
)
def test_other_state_and_other_sources_are_refused(
    before: str, after: str, condition: str, part: str, tmp_path: Path
) -> None:
    first = Story(before, tmp_path, OutputMode.UPDATE)
    first.add_times("a10")
    first.step()
    with pytest.raises(SparkError) as caught:
        Story(after, tmp_path, OutputMode.UPDATE)
    assert caught.value.condition == condition
    assert part in caught.value.message
