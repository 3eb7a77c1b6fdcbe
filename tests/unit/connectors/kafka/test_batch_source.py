"""`spark.read.format("kafka")` between positions, against a cluster in memory."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.unit.connectors.kafka.cluster import Cluster
from unbounded.connectors.kafka.source import consumers
from unbounded.connectors.kafka.source.batch_source import kafka_batch
from unbounded.errors import SparkError


def read(cluster: Cluster, **options: str) -> list[dict[str, Any]]:
    client = {f"kafka.{name}": value for name, value in cluster.client.items()}
    rows: list[dict[str, Any]] = kafka_batch({**client, **options}).read().read_all().to_pylist()
    return rows


def places(rows: list[dict[str, Any]]) -> list[str]:
    return [f"{row['topic']}-{row['partition']}@{row['offset']}" for row in rows]


def test_a_row_has_the_columns_of_spark(cluster: Cluster) -> None:
    cluster.add("columns", [(b"k", b"v")])
    assert read(cluster, subscribe="columns") == [
        {
            "key": b"k",
            "value": b"v",
            "topic": "columns",
            "partition": 0,
            "offset": 0,
            "timestamp": datetime.fromtimestamp(1, UTC),
            "timestampType": 0,
        }
    ]


def test_partitions_by_name_by_pattern_and_one_by_one(cluster: Cluster) -> None:
    cluster.add("which1", [(None, b"a")], partition=1)
    cluster.add("which2", [(None, b"b")], partition=3)
    both = ["which1-1@0", "which2-3@0"]
    assert places(read(cluster, subscribe="which1, which2")) == both
    assert places(read(cluster, subscribepattern="which[12]")) == both
    assert places(read(cluster, assign='{"which1":[0,1]}')) == both[:1]


def test_from_offset_to_offset(cluster: Cluster) -> None:
    cluster.add("between", [(None, b"%d" % i) for i in range(5)])
    rest = '"1":-2,"2":-2,"3":-2'
    start, end = f'{{"between":{{"0":1,{rest}}}}}', f'{{"between":{{"0":3,{rest.replace("-2", "-1")}}}}}'
    assert places(read(cluster, subscribe="between", startingoffsets=start, endingoffsets=end)) == [
        "between-0@1",
        "between-0@2",
    ]


def test_offsets_must_name_the_partitions_there_are(cluster: Cluster) -> None:
    cluster.add("named", [(None, b"a")])
    with pytest.raises(SparkError, match=r"Specified: Set\(named-9\) Assigned: Set\(named-0, named-1"):
        read(cluster, subscribe="named", startingoffsets='{"named":{"9":0}}')


def test_a_topic_that_does_not_exist(cluster: Cluster) -> None:
    with pytest.raises(SparkError, match="This server does not host this topic-partition: nowhere"):
        read(cluster, subscribe="nowhere")


def test_an_end_that_was_never_written_is_data_loss(cluster: Cluster) -> None:
    cluster.add("short", [(None, b"a"), (None, b"b")])
    wanted = {"assign": '{"short":[0]}', "endingoffsets": '{"short":{"0":9}}'}
    with pytest.raises(SparkError, match=r"(?s)data may have been lost.*offset \[2, 9\) for topic partition short-0"):
        read(cluster, **wanted)
    assert places(read(cluster, **wanted, failondataloss="false")) == ["short-0@0", "short-0@1"]


def test_a_start_that_was_never_written_is_data_loss(cluster: Cluster) -> None:
    cluster.add("early", [(None, b"a")])
    wanted = {"assign": '{"early":[0]}', "startingoffsets": '{"early":{"0":5}}', "endingoffsets": '{"early":{"0":9}}'}
    with pytest.raises(SparkError, match=r"(?s)data may have been lost.*offset \[5, 9\) for topic partition early-0"):
        read(cluster, **wanted)
    assert read(cluster, **wanted, failondataloss="false") == []


def test_a_timestamp_after_all_records(cluster: Cluster) -> None:
    cluster.add("times", [(None, b"a")])
    with pytest.raises(SparkError, match="No offset matched"):
        read(cluster, assign='{"times":[0]}', startingtimestamp="5")
    strategy = {"startingoffsetsbytimestampstrategy": "latest"}
    assert read(cluster, assign='{"times":[0]}', startingtimestamp="5", **strategy) == []


def test_headers_in_both_ways_of_reading(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    cluster.add_with_headers("heads", b"a", [("h", b"1"), ("h", None), ("é", b"")])
    cluster.add_with_headers("heads", b"b", [])
    cluster.add_with_headers("heads", b"c", [("last", b"2")])
    found = read(cluster, assign='{"heads":[0]}', includeheaders="true")
    assert [row["headers"] for row in found] == [
        [{"key": "h", "value": b"1"}, {"key": "h", "value": None}, {"key": "é", "value": b""}],
        None,
        [{"key": "last", "value": b"2"}],
    ]
    monkeypatch.setattr(consumers, "find_compiled_reader", lambda: None)
    assert read(cluster, assign='{"heads":[0]}', includeheaders="true") == found


def test_a_time_that_is_not_in_milliseconds(cluster: Cluster) -> None:
    cluster.add("moments", [(None, b"a")], first_time_ms=10**16)
    with pytest.raises(SparkError) as error:
        read(cluster, assign='{"moments":[0]}')
    assert error.value.condition == "KAFKA_MALFORMED_RECORD_TIMESTAMP"
    assert "topic moments partition 0 offset 0 has timestamp value 10000000000000000" in error.value.message
