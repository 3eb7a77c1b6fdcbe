"""The Kafka source stepped without a query, against a cluster in memory."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.unit.connectors.kafka.cluster import Cluster
from tests.unit.streaming.sources import SteppedSource
from unbounded.connectors.kafka.source import stream_source
from unbounded.connectors.kafka.source.offsets import TopicPartition
from unbounded.connectors.kafka.source.rate_limit import limited
from unbounded.connectors.kafka.source.stream_source import kafka_provider
from unbounded.errors import SparkError


def stepped(cluster: Cluster, directory: Path, **options: str) -> SteppedSource:
    client = {f"kafka.{name}": value for name, value in cluster.client.items()}
    return SteppedSource(kafka_provider({**client, **options}), directory)


def values(rows: list[tuple[Any, ...]]) -> list[bytes]:
    return [row[1] for row in rows]


def numbers(first: int, end: int) -> list[tuple[None, bytes]]:
    return [(None, b"%d" % i) for i in range(first, end)]


def test_a_new_query_begins_at_the_end_and_writes_down_where(cluster: Cluster, tmp_path: Path) -> None:
    cluster.add("fresh", numbers(0, 2))
    stream = stepped(cluster, tmp_path, assign='{"fresh":[0]}')
    assert values(stream.rows()) == []
    assert (tmp_path / "0").read_bytes() == b'\0v1\n{"fresh":{"0":2}}'
    cluster.add("fresh", numbers(2, 4))
    assert values(stream.rows()) == [b"2", b"3"]
    assert stream.end == '{"fresh":{"0":4}}'
    assert stream.step() is None


def test_a_restarted_query_begins_where_the_new_one_did(cluster: Cluster, tmp_path: Path) -> None:
    cluster.add("again", numbers(0, 2))
    stream = stepped(cluster, tmp_path, assign='{"again":[0]}')
    stream.source.latest_offset(None, has_limit=True)
    cluster.add("again", numbers(2, 4))
    stream.restart()
    assert values(stream.rows()) == [b"2", b"3"]


def test_a_batch_has_the_same_rows_each_time(cluster: Cluster, tmp_path: Path) -> None:
    cluster.add("twice", numbers(0, 10))
    stream = stepped(cluster, tmp_path, assign='{"twice":[0]}', startingoffsets="earliest", maxoffsetspertrigger="4")
    first = stream.step()
    assert values(stream.rows()) == [b"4", b"5", b"6", b"7"]
    assert first.read().read_all().column("value").to_pylist() == [b"0", b"1", b"2", b"3"]
    assert values(stream.rows()) == [b"8", b"9"]


def test_a_new_topic_of_the_pattern_is_read_from_its_beginning(cluster: Cluster, tmp_path: Path) -> None:
    cluster.add("grow1", numbers(0, 1))
    stream = stepped(cluster, tmp_path, subscribepattern="grow.*")
    stream.rows()
    cluster.add("grow2", numbers(5, 7))
    assert values(stream.rows()) == [b"5", b"6"]


def test_bounded_to_what_there_is(cluster: Cluster, tmp_path: Path) -> None:
    cluster.add("bound", numbers(0, 3))
    stream = stepped(cluster, tmp_path, assign='{"bound":[0]}', startingoffsets="earliest", maxoffsetspertrigger="2")
    stream.source.bound_to_now()
    assert values(stream.rows()) == [b"0", b"1"]
    cluster.add("bound", numbers(3, 5))
    assert values(stream.rows()) == [b"2"]
    assert stream.step() is None


def test_an_end_before_the_start_is_data_loss(cluster: Cluster, tmp_path: Path) -> None:
    cluster.add("back", numbers(0, 3))
    stream = stepped(cluster, tmp_path, assign='{"back":[0]}')
    with pytest.raises(SparkError, match="Partition back-0 offset was changed from 7 to 3"):
        stream.source.batch('{"back":{"0":7}}', '{"back":{"0":3}}')


def test_how_spark_shows_it(cluster: Cluster, tmp_path: Path) -> None:
    assert stepped(cluster, tmp_path, subscribe="a, b").source.description == "KafkaV2[Subscribe[a, b]]"


def test_a_limit_is_divided_in_proportion() -> None:
    a, b, c, d = (TopicPartition("t", number) for number in range(4))
    start = {a: 0, b: 10, c: 5, d: 7}
    latest = {a: 900, b: 109, c: 6, d: 7}
    assert limited(start, latest, 100) == {a: 90, b: 19, c: 6, d: 7}


def test_a_small_batch_waits_for_more_records_or_for_its_time(cluster: Cluster, tmp_path: Path) -> None:
    cluster.add("wait", numbers(0, 1))
    limits = {"minoffsetspertrigger": "3", "maxtriggerdelay": "5s"}
    stream = stepped(cluster, tmp_path, assign='{"wait":[0]}', startingoffsets="earliest", **limits)
    assert values(stream.rows()) == [b"0"]
    cluster.add("wait", numbers(1, 3))
    assert stream.step() is None
    cluster.add("wait", numbers(3, 4))
    assert values(stream.rows()) == [b"1", b"2", b"3"]
    cluster.add("wait", numbers(4, 5))
    assert stream.step() is None
    stream.clock.advance(5_000_000)
    assert values(stream.rows()) == [b"4"]


def test_how_far_behind_the_latest(cluster: Cluster, tmp_path: Path) -> None:
    cluster.add("behind", [(b"k", b"12345")] * 6)
    cluster.add("behind", [(b"k", b"12345")] * 2, partition=1)
    assigned = {"assign": '{"behind":[0,1]}', "startingoffsets": "earliest"}
    stream = stepped(cluster, tmp_path, **assigned, maxoffsetspertrigger="4")
    assert (stream.source.latest_seen(), stream.source.metrics(None)) == (None, {})
    assert len(stream.rows()) == 4
    assert stream.source.latest_seen() == '{"behind":{"0":6,"1":2}}'
    assert stream.source.metrics(stream.end) == {
        "minOffsetsBehindLatest": "1",
        "maxOffsetsBehindLatest": "3",
        "avgOffsetsBehindLatest": "2.0",
        "estimatedTotalBytesBehindLatest": "24",
    }


def test_new_topics_are_seen_within_a_second_or_when_somebody_waits(cluster: Cluster, tmp_path: Path) -> None:
    cluster.add("seen1", numbers(0, 1))
    stream = stepped(cluster, tmp_path, subscribepattern="seen.*", startingoffsets="earliest")
    first = stream.source.latest_offset(None, has_limit=True)
    cluster.add("seen2", numbers(0, 1))
    assert stream.source.latest_offset(None, has_limit=True) == first
    stream.source.look_again()
    assert '"seen2"' in stream.source.latest_offset(None, has_limit=True)


def test_what_has_piled_up_comes_in_parts(cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream_source, "BATCH_RECORDS_MAX", 4)
    cluster.add("piled", numbers(0, 9))
    stream = stepped(cluster, tmp_path, assign='{"piled":[0]}', startingoffsets="earliest")
    assert [len(stream.rows()) for _ in range(4)] == [4, 4, 1, 0]
    cluster.add("piled", numbers(9, 13))
    assert len(stream.rows()) == 4
    cluster.add("piled", numbers(13, 18))
    once = stream.step(has_limit=False)
    assert once.read().read_all().num_rows == 5
