"""What the checkpoint says of every stateful operator: written with the first batch, in Spark's format and more."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.oracles.queries import CHAIN, SESSIONS, WINDOWS
from tests.unit.memory_files import MemoryFiles
from tests.unit.streaming.harness import Story
from unbounded.checkpoint.operator_metadata import OperatorLog, OperatorMetadata
from unbounded.connectors.streams import OutputMode
from unbounded.errors import SparkError


def operators(sql: str, directory: Path, mode: OutputMode, *, is_distinct: bool = False) -> list[OperatorMetadata]:
    """What is written with the first batch of a query, which has no other."""
    story = Story(sql, directory, mode, delay_s=10, is_distinct=is_distinct)
    assert story.checkpoint.operators.read_all() == ()
    story.add_times("a10")
    story.step()
    return list(story.checkpoint.operators.read_all())


def shown(found: OperatorMetadata) -> str:
    (store,) = found.stores
    return (
        f"{found.operator_id} {found.operator_name} {store.key_column_count} {store.prefix_key_count} "
        f"{store.key.simple_string} {store.value.simple_string}"
    )


@pytest.mark.parametrize(
    ("sql", "mode", "is_distinct", "expected"),
    [
        ("SELECT user FROM clicks", OutputMode.APPEND, False, []),
        (
            "SELECT upper(user) AS u, count(*) AS n, avg(second(at)) FROM clicks GROUP BY upper(user)",
            OutputMode.UPDATE,
            False,
            ["0 stateStoreSave 1 0 struct<upper(user):string> struct<count:bigint,sum:double,count_2:bigint>"],
        ),
        (
            WINDOWS,
            OutputMode.APPEND,
            False,
            [
                "0 stateStoreSave 2 0 struct<user:string,window:struct<start:timestamp,end:timestamp>> "
                "struct<count:bigint>"
            ],
        ),
        (
            "SELECT count(*), sum(second(at)), sum(minute(at)) FROM clicks",
            OutputMode.COMPLETE,
            False,
            ["0 stateStoreSave 0 0 struct<key:void> struct<count:bigint,sum:bigint,sum_2:bigint>"],
        ),
        (
            SESSIONS,
            OutputMode.APPEND,
            False,
            [
                "0 sessionWindowStateStoreSaveExec 1 1 struct<user:string,sessionStartTime:timestamp> "
                "struct<user:string,session_window:struct<start:timestamp,end:timestamp>,count:bigint>"
            ],
        ),
        (
            "SELECT user, at FROM clicks LIMIT 5",
            OutputMode.APPEND,
            True,
            [
                "0 globalLimit 0 0 struct<key:void> struct<value:bigint>",
                "1 dedupe 2 0 struct<user:string,at:timestamp> struct<__dummy__:void>",
            ],
        ),
        (
            CHAIN,
            OutputMode.APPEND,
            False,
            [
                "0 stateStoreSave 1 0 struct<window:struct<start:timestamp,end:timestamp>> "
                "struct<count:bigint,sum:bigint>",
                "1 stateStoreSave 1 0 struct<window:struct<start:timestamp,end:timestamp>> struct<count:bigint>",
            ],
        ),
    ],
    ids=["stateless", "aggregate", "windows", "global", "sessions", "limit over distinct", "chain"],
)
def test_every_operator_is_described(
    tmp_path: Path, sql: str, mode: OutputMode, is_distinct: bool, expected: list[str]
) -> None:
    assert [shown(found) for found in operators(sql, tmp_path, mode, is_distinct=is_distinct)] == expected


def test_the_file_is_sparks_with_the_types_added(tmp_path: Path) -> None:
    operators("SELECT user, count(*) FROM clicks GROUP BY user", tmp_path, OutputMode.UPDATE)
    version, text = (tmp_path / "checkpoint/state/0/_metadata/metadata").read_text().split("\n")
    content = json.loads(text)
    (store,) = content["stateStoreInfo"]
    assert version == "v1"
    assert content["operatorInfo"] == {"operatorId": 0, "operatorName": "stateStoreSave"}
    assert {key: store[key] for key in ("storeName", "numColsPrefixKey", "numPartitions", "keyColumns")} == {
        "storeName": "default",
        "numColsPrefixKey": 0,
        "numPartitions": 1,
        "keyColumns": 1,
    }
    field = {"name": "user", "type": "string", "nullable": True, "metadata": {}}
    assert store["keySchema"] == {"type": "struct", "fields": [field]}


def test_the_first_batch_counts(tmp_path: Path) -> None:
    story = Story("SELECT user, count(*) FROM clicks GROUP BY user", tmp_path)
    story.add_times("a10")
    story.step()
    path = tmp_path / "checkpoint/state/0/_metadata/metadata"
    path.write_text(path.read_text().replace('"user"', '"person"'))
    story.restart()
    story.add_times("a20")
    story.step()
    (found,) = story.checkpoint.operators.read_all()
    assert found.stores[0].key.names == ("person",)


@pytest.mark.parametrize("content", [b"", b"v2\n{}", b"v1\n", b"v1\n{}", b"v1\n[]", b'v1\n{"operatorInfo":', b"\xff"])
def test_a_damaged_file_is_named(content: bytes) -> None:
    files = MemoryFiles({"state/0/_metadata/metadata": content})
    with pytest.raises(SparkError) as caught:
        OperatorLog(files, "state").read(0)
    assert caught.value.message.startswith("Failed to read log file file:state/0/_metadata/metadata. ")
