"""Both ways to read records: the same rows, ends and errors."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import pytest

from tests.unit.connectors.kafka.cluster import Cluster
from unbounded.connectors.kafka.client.compiled_modules import find_compiled_reader
from unbounded.connectors.kafka.source import consumers
from unbounded.connectors.kafka.source.consumers import open_consumer
from unbounded.connectors.kafka.source.offsets import TopicPartition
from unbounded.connectors.kafka.source.records import PartitionReader, ReadFailed, RecordConsumer
from unbounded.errors import SparkError

AUTO_OFFSET_RESET = -140
WAIT_MS = 10_000

Open = Callable[[Mapping[str, str]], RecordConsumer]


@pytest.fixture(params=["compiled", "plain"])
def opened(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    if request.param == "plain":
        monkeypatch.setattr(consumers, "find_compiled_reader", lambda: None)
    elif find_compiled_reader() is None:
        pytest.skip("the compiled reader was not built")
    made: list[RecordConsumer] = []

    def open_one(properties: Mapping[str, str]) -> RecordConsumer:
        made.append(open_consumer({"group.id": "readers", **properties}))
        return made[-1]

    yield open_one
    for consumer in made:
        consumer.close()


def read_to_end(reader: PartitionReader, max_count: int = 1000) -> tuple[list[dict[str, object]], int]:
    rows: list[dict[str, object]] = []
    while True:
        found = reader.read(max_count, WAIT_MS)
        assert found.rows.num_rows <= max_count
        found.rows.validate(full=True)
        rows += found.rows.to_pylist()
        if found.end_offset is not None:
            return rows, found.end_offset


def test_rows_of_a_partition(cluster: Cluster, opened: Open) -> None:
    cluster.add("rows", [(b"k", b"v"), (None, b"\x00\xff"), (b"", None), (None, b"")])
    reader = opened(cluster.client).start(TopicPartition("rows", 0), 0, has_headers=False)
    rows, end = read_to_end(reader)
    first = {"key": b"k", "value": b"v", "offset": 0, "timestamp_ms": 1000, "timestampType": 0}
    assert rows[0] == first
    assert [(row["key"], row["value"]) for row in rows[-3:]] == [(None, b"\x00\xff"), (b"", None), (None, b"")]
    assert end == len(rows)


def test_many_rows_in_parts_from_the_middle(cluster: Cluster, opened: Open) -> None:
    count, start = 20_000, 5_000
    cluster.add("many", ((b"%d" % i if i % 3 else None, b"value %d" % i) for i in range(count)), partition=1)
    rows, end = read_to_end(
        opened(cluster.client).start(TopicPartition("many", 1), start, has_headers=False), max_count=777
    )
    assert end % count == 0
    assert [row["offset"] for row in rows] == list(range(start, end))
    assert [(row["key"], row["value"]) for row in rows[: count - start]] == [
        (b"%d" % i if i % 3 else None, b"value %d" % i) for i in range(start, count)
    ]


def test_what_comes_later_is_read_on(cluster: Cluster, opened: Open) -> None:
    cluster.add("later", [(None, b"1")], partition=2)
    reader = opened(cluster.client).start(TopicPartition("later", 2), 0, has_headers=False)
    rows, end = read_to_end(reader)
    cluster.add("later", [(None, b"2")], partition=2)
    more, new_end = read_to_end(reader)
    assert (rows[-1]["value"], more[0]["value"], more[0]["offset"], new_end) == (b"1", b"2", end, end + 1)


def test_a_reader_knows_where_its_partition_ends(cluster: Cluster, opened: Open) -> None:
    cluster.add("ends", [(None, b"1")])
    reader = opened(cluster.client).start(TopicPartition("ends", 0), 0, has_headers=False)
    before = read_to_end(reader)[1]
    assert reader.known_end() == before
    cluster.add("ends", [(None, b"2"), (None, b"3")])
    assert read_to_end(reader)[1] == reader.known_end() == before + 2


def test_an_offset_that_is_not_there_fails_the_read(cluster: Cluster, opened: Open) -> None:
    cluster.add("gone", [(None, b"1")])
    reader = opened(cluster.client).start(TopicPartition("gone", 0), 1_000_000, has_headers=False)
    with pytest.raises(ReadFailed) as error:
        read_to_end(reader)
    assert error.value.code == AUTO_OFFSET_RESET


def test_a_property_that_does_not_exist_is_refused(opened: Open) -> None:
    with pytest.raises(SparkError, match="no.such.property"):
        opened({"bootstrap.servers": "localhost:1", "no.such.property": "1"}).start(
            TopicPartition("a", 0), 0, has_headers=False
        )
