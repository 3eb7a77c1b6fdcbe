"""Rows into Kafka, both ways to write, against a cluster in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pyarrow as pa
import pytest

from tests.unit.connectors.kafka.cluster import Cluster
from unbounded.cancellation import Cancellation
from unbounded.clock import SystemClock
from unbounded.connectors.kafka.client.compiled_modules import find_compiled_writer
from unbounded.connectors.kafka.sink import opened_producer
from unbounded.connectors.kafka.sink.record_columns import record_columns
from unbounded.connectors.kafka.sink.sink_options import sink_options
from unbounded.connectors.kafka.sink.writer import KafkaWriter
from unbounded.connectors.kafka.source.batch_source import kafka_batch
from unbounded.connectors.kafka.source.records import HEADERS, HEADERS_FIELD
from unbounded.errors import SparkError
from unbounded.types.datatypes import BINARY, INTEGER, STRING, StructField, StructType

SERVER = {"kafka.bootstrap.servers": "localhost:9092"}
Write = Callable[..., int]

SCHEMA = StructType(
    (
        StructField("ignored", INTEGER),
        StructField("topic", STRING),
        StructField("value", STRING),
        StructField("key", BINARY),
        StructField("partition", INTEGER),
        StructField("headers", HEADERS),
    )
)
ARROW = pa.schema(
    [
        ("ignored", pa.int32()),
        ("topic", pa.string()),
        ("value", pa.string()),
        ("key", pa.binary()),
        ("partition", pa.int32()),
        HEADERS_FIELD,
    ]
)


def rows(*records: tuple[Any, ...]) -> pa.RecordBatch:
    """Of (topic, value, key, partition, headers)."""
    columns = zip(*((0, *record) for record in records), strict=True)
    return pa.RecordBatch.from_arrays([pa.array(c, f.type) for c, f in zip(columns, ARROW)], schema=ARROW)


@pytest.fixture(params=["compiled", "plain"])
def write(request: pytest.FixtureRequest, cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> Iterator[Write]:
    if request.param == "plain":
        monkeypatch.setattr(opened_producer, "find_compiled_writer", lambda: None)
    elif find_compiled_writer() is None:
        pytest.skip("the compiled writer was not built")
    made: list[KafkaWriter] = []

    def write_all(*batches: pa.RecordBatch, **options: str) -> int:
        client = {"kafka.bootstrap.servers": cluster.address}
        made.append(KafkaWriter(sink_options({**client, **options}), SCHEMA, Cancellation(), SystemClock()))
        return made[-1].write(batches)

    yield write_all
    for writer in made:
        writer.close()


def read(cluster: Cluster, topic: str, name: str) -> list[Any]:
    options = {"kafka.bootstrap.servers": cluster.address, "subscribe": topic, "includeheaders": "true"}
    found = kafka_batch(options).read().read_all().sort_by([("partition", "ascending"), ("offset", "ascending")])
    return list(found.column(name).to_pylist())


@pytest.fixture
def topic(request: pytest.FixtureRequest) -> str:
    return str(request.node.name).replace("[", "-").rstrip("]")


def test_every_part_of_a_record(cluster: Cluster, topic: str, write: Write) -> None:
    heads = [{"key": "h", "value": b"1"}, {"key": "h", "value": None}]
    records = [
        (topic, "one", b"k", 0, heads),
        (topic, None, None, 0, None),
        (topic, "", b"", 1, []),
        (topic, "four", b"", 1, heads),
    ]
    batch = rows((topic, "before", b"0", 0, heads), *records, (topic, "after", b"9", 0, heads))
    assert write(batch.slice(1, 4)) == 4
    assert read(cluster, topic, "value") == [b"one", None, b"", b"four"]
    assert read(cluster, topic, "key") == [b"k", None, b"", b""]
    assert read(cluster, topic, "partition") == [0, 0, 1, 1]
    assert read(cluster, topic, "headers") == [heads, None, None, heads]


def test_topics_that_change_from_row_to_row(cluster: Cluster, topic: str, write: Write) -> None:
    write(rows(*((f"{topic}{i % 3}", str(i), None, 0, None) for i in range(9))))
    assert [read(cluster, f"{topic}{i}", "value") for i in range(3)] == [
        [b"0", b"3", b"6"],
        [b"1", b"4", b"7"],
        [b"2", b"5", b"8"],
    ]


def test_the_option_goes_before_the_column(cluster: Cluster, topic: str, write: Write) -> None:
    write(rows((None, "a", None, None, None)), topic=f" {topic} ")
    assert read(cluster, topic, "value") == [b"a"]


def test_many_rows_keep_their_order(cluster: Cluster, topic: str, write: Write) -> None:
    numbers = [str(i) for i in range(20_000)]
    assert write(rows(*((topic, number, None, 2, None) for number in numbers))) == len(numbers)
    assert read(cluster, topic, "value") == [number.encode() for number in numbers]


def test_a_record_that_is_not_delivered_fails_all(cluster: Cluster, topic: str, write: Write) -> None:
    with pytest.raises(
        SparkError, match=f"A record was not delivered to Kafka, topic {topic} partition 99: Local: Unknown"
    ):
        write(rows((topic, "a", None, 99, None)))


def test_a_topic_that_is_null(topic: str, write: Write) -> None:
    with pytest.raises(SparkError) as error:
        write(rows((topic, "a", None, None, None), (None, "b", None, None, None)))
    assert error.value.condition == "KAFKA_NULL_TOPIC_IN_DATA"


def test_rows_that_cannot_be_records(topic: str, write: Write) -> None:
    with pytest.raises(SparkError, match="Invalid partition: -5. Partition number should always be non-negative"):
        write(rows((topic, "a", None, -5, None)))
    with pytest.raises(SparkError, match="A header of a Kafka record needs a key"):
        write(rows((topic, "a", None, None, [{"key": None, "value": b""}])))


def test_a_query_that_is_stopped_does_not_wait(topic: str, cluster: Cluster) -> None:
    cancellation = Cancellation()
    cancellation.cancel()
    options = sink_options({"kafka.bootstrap.servers": cluster.address})
    with pytest.raises(SparkError) as error:
        KafkaWriter(options, SCHEMA, cancellation, SystemClock()).write([rows((topic, "a", None, None, None))])
    assert error.value.condition == "OPERATION_CANCELED"


@pytest.mark.parametrize(
    ("field", "message"),
    [
        (
            StructField("value", INTEGER),
            "value attribute unsupported type int. value must be a(n) string or binary",
        ),
        (
            StructField("partition", STRING),
            "partition attribute unsupported type string. partition must be a(n) int",
        ),
        (
            StructField("headers", STRING),
            "headers attribute unsupported type string. headers must be a(n) array<struct<key:string,value:binary>>",
        ),
        (StructField("VALUE", STRING), "Required attribute 'value' not found"),
    ],
)
def test_columns_of_other_types(field: StructField, message: str) -> None:
    value = (StructField("value", STRING),) if field.name.lower() != "value" else ()
    with pytest.raises(SparkError) as error:
        record_columns(StructType((field, *value)), "t")
    assert (error.value.condition, error.value.message) == ("_LEGACY_ERROR_TEMP_3080", message)


def test_a_topic_must_be_named() -> None:
    with pytest.raises(SparkError, match="topic option required when no 'topic' attribute is present"):
        record_columns(StructType((StructField("value", STRING),)), None)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "Kafka option bootstrap.servers is not set. Please make sure it is set and retry."),
        (
            {**SERVER, "kafka.key.serializer": "x"},
            "Kafka option 'key.serializer' is not supported as keys are serialized with ByteArraySerializer.",
        ),
        (
            {**SERVER, "kafka.value.serializer": "x"},
            "Kafka option 'value.serializer' is not supported as value are serialized with ByteArraySerializer.",
        ),
    ],
)
def test_wrong_options(options: dict[str, str], message: str) -> None:
    with pytest.raises(SparkError) as error:
        sink_options(options)
    assert error.value.message == message


@pytest.mark.parametrize("name", ["transactional.id", "partitioner.class", "interceptor.classes"])
def test_what_only_java_has_is_refused(name: str) -> None:
    with pytest.raises(SparkError) as error:
        sink_options({**SERVER, f"kafka.{name}": "x"})
    assert error.value.condition == "UNBOUNDED_NOT_SUPPORTED"


def test_a_producer_is_idempotent_unless_its_acknowledgements_rule_it_out() -> None:
    assert sink_options(SERVER).client["enable.idempotence"] == "true"
    assert sink_options({**SERVER, "kafka.acks": "1"}).client["enable.idempotence"] == "false"
    assert sink_options({**SERVER, "kafka.enable.idempotence": "false"}).client["enable.idempotence"] == "false"
