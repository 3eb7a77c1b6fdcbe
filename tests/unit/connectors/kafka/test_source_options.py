"""Options of the Kafka source: what they mean, and Spark's sentences for wrong ones."""

from __future__ import annotations

import pytest

from unbounded.connectors.kafka.client.client_properties import client_properties
from unbounded.connectors.kafka.source.offsets import TopicPartition, format_offsets, parse_offsets
from unbounded.connectors.kafka.source.source_options import (
    Assign,
    AtOffsets,
    AtTimestamp,
    AtTimestamps,
    Position,
    Subscribe,
    SubscribePattern,
    batch_options,
    stream_options,
)
from unbounded.errors import SparkError

SERVER = {"kafka.bootstrap.servers": "localhost:9092"}
TOPIC = {**SERVER, "subscribe": "a"}
EXAMPLE = '{"topicA":{"0":23,"1":-1},"topicB":{"0":-2}}'


def test_defaults() -> None:
    stream, batch = stream_options(TOPIC), batch_options(TOPIC)
    assert (stream.start, stream.group_id_prefix) == (Position.LATEST, "spark-kafka-source")
    assert (batch.start, batch.end, batch.group_id_prefix) == (
        Position.EARLIEST,
        Position.LATEST,
        "spark-kafka-relation",
    )
    assert (stream.fails_on_data_loss, stream.has_headers, stream.max_offsets) == (True, False, None)
    assert stream.client == {"bootstrap.servers": "localhost:9092"}


@pytest.mark.parametrize(
    ("name", "value", "strategy"),
    [
        ("subscribe", " a, b,,", Subscribe(("a", "b"))),
        ("subscribepattern", " a.* ", SubscribePattern("a.*")),
        ("assign", '{"b":[1,0],"a":[2]}', Assign((TopicPartition("a", 2), TopicPartition("b", 0), ("b", 1)))),
    ],
)
def test_partitions_to_read(name: str, value: str, strategy: object) -> None:
    assert stream_options({**SERVER, name: value}).strategy == strategy


def test_a_timestamp_for_all_goes_first() -> None:
    offsets = {"startingoffsets": '{"a":{"0":-2}}'}
    timestamps = {"startingoffsetsbytimestamp": '{"a":{"0":5}}'}
    partition = TopicPartition("a", 0)
    assert stream_options({**TOPIC, **offsets}).start == AtOffsets({partition: -2})
    assert stream_options({**TOPIC, **offsets, **timestamps}).start == AtTimestamps({partition: 5})
    assert stream_options({**TOPIC, **offsets, **timestamps, "startingtimestamp": "7"}).start == AtTimestamp(7)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            SERVER,
            "One of the following options must be specified for Kafka source: "
            "subscribe, subscribepattern, assign. See the docs for more details.",
        ),
        (
            {**TOPIC, "assign": "{}"},
            "Only one of the following options can be specified for Kafka source: "
            "subscribe, subscribepattern, assign. See the docs for more details.",
        ),
        (
            {**SERVER, "subscribe": " ,"},
            "No topics to subscribe to as specified value for option 'subscribe' is ' ,'",
        ),
        (
            {"subscribe": "a"},
            "Option 'kafka.bootstrap.servers' must be specified for configuring Kafka consumer",
        ),
        ({**TOPIC, "startingoffsets": "first"}, f"Expected e.g. {EXAMPLE}, got first"),
        ({**TOPIC, "startingtimestamp": "x"}, "Expected a single long value, got x"),
        ({**TOPIC, "minpartitions": "0"}, "minPartitions must be positive"),
        ({**TOPIC, "kafka.enable.auto.commit": "true"}, "Kafka option 'enable.auto.commit' is not supported"),
        ({**TOPIC, "endingoffsets": "latest"}, "ending offset not valid in streaming queries"),
        ({**TOPIC, "failondataloss": "maybe"}, 'For input string: "maybe"'),
    ],
)
def test_wrong_options_of_a_stream(options: dict[str, str], message: str) -> None:
    with pytest.raises(SparkError) as error:
        stream_options(options)
    assert error.value.message == message


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"startingoffsets": "latest"}, "starting offset can't be latest for batch queries on Kafka"),
        (
            {"startingoffsets": '{"a":{"0":-1}}'},
            "startingOffsets for a-0 can't be latest for batch queries on Kafka",
        ),
        ({"endingoffsets": "earliest"}, "ending offset can't be earliest for batch queries on Kafka"),
        (
            {"startingoffsets": '{"a":{"0":5}}', "endingoffsets": '{"a":{"0":4}}'},
            "The specified start offset 5 is greater than the end offset 4 for topic a partition 0.",
        ),
        (
            {"startingoffsets": '{"a":{"0":5}}', "endingoffsets": '{"a":{"1":-1}}'},
            "The specified start offset and end offset should have the same topic-partitions.\n"
            "Topic-partitions for start offset: Set(a-0), topic-partitions for end offset: Set(a-1).",
        ),
    ],
)
def test_wrong_options_of_a_batch(options: dict[str, str], message: str) -> None:
    with pytest.raises(SparkError) as error:
        batch_options({**TOPIC, **options})
    assert error.value.message == message


def test_more_than_it_may_have_cannot_be_waited_for() -> None:
    with pytest.raises(SparkError, match=r"minOffsetPerTrigger\(5\) is higher than the maxOffsetsPerTrigger\(4\)."):
        stream_options({**TOPIC, "minoffsetspertrigger": "5", "maxoffsetspertrigger": "4"})


def test_offsets_are_written_as_spark_writes_them() -> None:
    text = '{"a":{"0":23,"2":1,"10":42},"b":{"0":-2}}'
    assert format_offsets(parse_offsets(' {"b": {"0": -2}, "a": {"10": 42, "2": 1, "0": 23}}')) == text


@pytest.mark.parametrize(
    ("java", "native"),
    [
        ({"request.timeout.ms": "5"}, {"socket.timeout.ms": "5"}),
        ({"max.poll.records": "5", "fetch.min.bytes": "1"}, {"fetch.min.bytes": "1"}),
        ({"ssl.endpoint.identification.algorithm": ""}, {"ssl.endpoint.identification.algorithm": "none"}),
        (
            {"ssl.truststore.location": "/ca.pem", "ssl.truststore.type": "PEM"},
            {"ssl.ca.location": "/ca.pem"},
        ),
        (
            {"ssl.keystore.location": "/k", "ssl.keystore.type": "PKCS12", "ssl.keystore.password": "p"},
            {"ssl.keystore.location": "/k", "ssl.keystore.password": "p"},
        ),
        (
            {
                "sasl.mechanism": "PLAIN",
                "sasl.jaas.config": "org.apache.kafka.common.security.plain.PlainLoginModule required "
                r"""username="ann" password="a \"b;\" c" ;""",
            },
            {"sasl.mechanism": "PLAIN", "sasl.username": "ann", "sasl.password": 'a "b;" c'},
        ),
    ],
)
def test_properties_of_the_java_client(java: dict[str, str], native: dict[str, str]) -> None:
    assert client_properties(java) == native


def test_a_java_trust_store_is_refused() -> None:
    with pytest.raises(SparkError, match="PEM"):
        client_properties({"ssl.truststore.location": "/ca.jks"})
