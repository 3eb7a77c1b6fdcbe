"""Kafka in programs, against a real broker: whole ways, and what is told when something goes wrong.

One file, so that one worker has the broker. Without a JDK or Kafka's artifacts, tests that ask for `cluster` have the
mock cluster of librdkafka, those that ask for `broker` are skipped, and the summary says so; what else the mock cluster
can show is in tests/unit/connectors/kafka.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pyspark.errors import (
    AnalysisException,
    PySparkException,
    StreamingQueryException,
    UnsupportedOperationException,
)
from pyspark.errors.exceptions.connect import SparkException
from pyspark.sql.connect.dataframe import DataFrame
from pyspark.sql.connect.session import SparkSession
from pyspark.sql.connect.streaming.query import StreamingQuery
from websockets.sync.client import connect

from tests.browser.chromium import browser, chromium_binary
from tests.clients.program import Program
from tests.kafka.artifacts import NoBroker
from tests.kafka.broker import PASSWORD, USER, Broker
from tests.kafka.mock_cluster import MockCluster
from tests.unit.dashboard.page import first_frame

DOCUMENT = Path(__file__).parent / "document"
PORT = 9092
JAAS = 'org.apache.kafka.common.security.plain.PlainLoginModule required username="{}" password="{}";'
PLACES_IN_SPARK = [4, 0, 1, 0, 4, 3, 1, 2, 2, 4, 0, 3]

Stream = Callable[..., StreamingQuery]


@pytest.fixture(scope="module")
def found_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker | NoBroker]:
    try:
        broker = Broker(tmp_path_factory.mktemp("kafka"), wanted_port=PORT)
    except NoBroker as reason:
        yield reason
        return
    yield broker
    broker.kill()


@pytest.fixture
def broker(found_broker: Broker | NoBroker) -> Broker:
    if isinstance(found_broker, NoBroker):
        pytest.skip(f"no Kafka broker: {found_broker}")
    return found_broker


@pytest.fixture(scope="module")
def cluster(found_broker: Broker | NoBroker) -> Broker | MockCluster:
    return MockCluster() if isinstance(found_broker, NoBroker) else found_broker


@pytest.fixture
def topic(cluster: Broker | MockCluster, request: pytest.FixtureRequest) -> str:
    """A topic of the test's own, with one partition in a broker."""
    name = str(request.node.name).replace("[", "_").rstrip("]")
    cluster.create(name)
    return name


def read(spark: SparkSession, address: str, topic: str, **options: str) -> DataFrame:
    reader = spark.read.format("kafka").option("kafka.bootstrap.servers", address).option("subscribe", topic)
    return reader.options(**{name.replace("__", "."): value for name, value in options.items()}).load()


def values(frame: DataFrame) -> list[str]:
    return sorted(row[0] for row in frame.selectExpr("string(value)").collect())


@pytest.fixture
def stream(spark: SparkSession, broker: Broker, topic: str) -> Iterator[Stream]:
    """Starts a query on the topic into a memory table of the topic's name, from the beginning."""
    queries = []

    def start(address: str = "", **options: str) -> StreamingQuery:
        reader = spark.readStream.format("kafka").option("kafka.bootstrap.servers", address or broker.address)
        chosen = {"subscribe": topic, "startingOffsets": "earliest", **options}
        frame = reader.options(**{name.replace("__", "."): value for name, value in chosen.items()}).load()
        writer = frame.selectExpr("string(value) value", "partition", "offset").writeStream
        queries.append(writer.format("memory").queryName(topic).start())
        return queries[-1]

    yield start
    for query in queries:
        query.stop()


def failure(query: StreamingQuery) -> str:
    """How the query ends by itself."""
    with pytest.raises(StreamingQueryException) as error:
        query.awaitTermination(60)
    return str(error.value)


# ---------------------------------------------------------------------------------------------- there and back


def test_what_is_written_is_read(spark: SparkSession, cluster: Broker | MockCluster, topic: str) -> None:
    rows = spark.sql("""
        SELECT 'a' AS key, 'one' AS value, 0 AS partition, array(named_struct('key', 'h', 'value', X'01')) AS headers
        UNION ALL SELECT NULL, 'two', 0, NULL
        UNION ALL SELECT 'c', NULL, 0, array(named_struct('key', 'h', 'value', CAST(NULL AS BINARY)))""")
    to_topic = {"kafka.bootstrap.servers": cluster.address, "topic": topic}
    rows.write.format("kafka").options(**to_topic).save()
    found = read(spark, cluster.address, topic, includeHeaders="true").orderBy("offset").drop("timestamp").collect()
    assert [(r.key, r.value, r.headers and [tuple(h) for h in r.headers]) for r in found] == [
        (b"a", b"one", [("h", b"\x01")]),
        (None, b"two", None),
        (b"c", None, [("h", None)]),
    ]
    assert {(r.topic, r.partition, r.timestampType) for r in found} == {(topic, 0, 0)}


def test_keys_go_to_the_partitions_of_java(spark: SparkSession, broker: Broker) -> None:
    """As Spark 4.2 placed them."""
    broker.create("placed", 5)
    keys = spark.range(12).selectExpr("concat('key', id) key", "'' value")
    keys.write.format("kafka").option("kafka.bootstrap.servers", broker.address).option("topic", "placed").save()
    found = (
        read(spark, broker.address, "placed")
        .selectExpr("int(substr(string(key), 4)) n", "partition")
        .orderBy("n")
        .collect()
    )
    assert [row.partition for row in found] == PLACES_IN_SPARK


def test_a_stream_from_topic_to_topic_goes_on_after_a_crash(
    spark: SparkSession, cluster: Broker | MockCluster, topic: str, tmp_path: Path
) -> None:
    """A batch that was written and not committed is written again: at least once, as in Spark."""

    def run() -> StreamingQuery:
        source = spark.readStream.format("kafka").option("kafka.bootstrap.servers", cluster.address)
        rows = source.option("subscribe", topic).option("startingOffsets", "earliest").load().select("key", "value")
        writer = rows.writeStream.format("kafka").option("kafka.bootstrap.servers", cluster.address)
        writer = writer.option("topic", f"{topic}_out").option("checkpointLocation", str(tmp_path / "checkpoint"))
        query = writer.trigger(availableNow=True).start()
        query.awaitTermination()
        return query

    cluster.add(topic, [b"1", b"2"])
    assert run().lastProgress["sink"]["numOutputRows"] == 2
    cluster.add(topic, [b"3"])
    run()
    assert values(read(spark, cluster.address, f"{topic}_out")) == ["1", "2", "3"]
    (tmp_path / "checkpoint" / "commits" / "1").unlink()
    run()
    assert values(read(spark, cluster.address, f"{topic}_out")) == ["1", "2", "3", "3"]


def test_progress_tells_how_far_behind_a_query_is(broker: Broker, topic: str, stream: Stream) -> None:
    broker.add(topic, [b"%d" % i for i in range(5)])
    query = stream(maxOffsetsPerTrigger="2")
    query.processAllAvailable()
    sources = [progress["sources"][0] for progress in query.recentProgress[:3]]
    assert [json.loads(source["latestOffset"]) for source in sources] == [{topic: {"0": 5}}] * 3
    assert [source["metrics"] for source in sources] == [
        {
            "avgOffsetsBehindLatest": f"{behind}.0",
            "estimatedTotalBytesBehindLatest": str(behind),
            "maxOffsetsBehindLatest": str(behind),
            "minOffsetsBehindLatest": str(behind),
        }
        for behind in (3, 1, 0)
    ]


LAGGING = """\
import sys
import threading

from pyspark.sql import SparkSession

spark = SparkSession.builder.getOrCreate()
for name, limit in ("lagging", 3), ("level", 100):
    options = {"kafka.bootstrap.servers": sys.argv[1], "subscribe": "lag", "startingOffsets": "earliest"}
    records = spark.readStream.format("kafka").options(**options).option("maxOffsetsPerTrigger", limit).load()
    shown = records.writeStream.format("memory").queryName(name)
    shown.trigger(processingTime="1 hour").start()
threading.Event().wait()
"""
LAG_SHOWN = """
    [...document.querySelectorAll('.queries tbody tr')].map((row) => [
        row.querySelector('a').textContent, row.querySelector('[data-label="Kafka lag"]').textContent
    ].join(': ')).sort().join()
"""


def test_the_page_tells_how_far_behind_a_query_is(broker: Broker, program: Program, tmp_path: Path) -> None:
    """One batch in an hour: of twelve records in two partitions one query takes three, the other all."""
    broker.create("lag", 2)
    for partition, count in enumerate((4, 8)):
        broker.add("lag", [b"%d" % i for i in range(count)], partition)
    program.write(LAGGING)
    settings = ("--conf", "unbounded.ui.port=0")
    process = program.start("run", *settings, "app.py", broker.address, UNBOUNDED_UI_ENABLED="true")
    try:
        assert process.stderr is not None
        address = next(line for line in process.stderr if "http://" in line).rpartition("http://")[2].strip()
        with connect(f"ws://{address}/ws") as socket:
            frame = first_frame(socket, lambda frame: [query["batch"] for query in frame["queries"]] == [0, 0])
        assert {query["name"]: query["rowsBehind"] for query in frame["queries"]} == {"lagging": 9, "level": 0}
        binary = chromium_binary()
        if binary is not None:
            with browser(binary, tmp_path / "profile") as tab:
                tab.open(f"http://{address}/")
                tab.wait_for(f"{LAG_SHOWN} === 'lagging: 9 records,level: 0 records'")
                tab.evaluate("document.querySelector('.queries a').click()")
                tab.wait_for("document.querySelector('.tiles').innerText.includes('Kafka lag\\n9 records\\n')")
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)


# ---------------------------------------------------------------------------------------------- what changes meanwhile


def test_new_partitions_are_read_from_their_beginning(
    spark: SparkSession, broker: Broker, topic: str, stream: Stream
) -> None:
    broker.add(topic, [b"old"])
    query = stream()
    query.processAllAvailable()
    broker.grow(topic, 3)
    broker.add(topic, [b"new1"], partition=1)
    broker.add(topic, [b"new2"], partition=2)
    query.processAllAvailable()
    assert sorted(map(tuple, spark.table(topic).collect())) == [("new1", 1, 0), ("new2", 2, 0), ("old", 0, 0)]


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_a_broker_that_goes_and_comes_back(
    spark: SparkSession, broker: Broker, topic: str, stream: Stream, end: str
) -> None:
    broker.add(topic, [b"1", b"2"])
    query = stream()
    query.processAllAvailable()
    getattr(broker, end)()
    broker.start()
    broker.add(topic, [b"3"])
    query.processAllAvailable()
    assert values(spark.table(topic)) == ["1", "2", "3"]


def test_records_that_retention_took(spark: SparkSession, broker: Broker, topic: str, stream: Stream) -> None:
    broker.add(topic, [b"%d" % i for i in range(6)])
    broker.forget(topic, before=4)
    wanted = {"startingOffsets": f'{{"{topic}":{{"0":1}}}}'}
    text = failure(stream(**wanted))
    assert "Some data may have been lost because they are not available in Kafka any more" in text
    assert f"Could not read records in offset [1, 6) for topic partition {topic}-0" in text
    query = stream(**wanted, failOnDataLoss="false")
    query.processAllAvailable()
    assert values(spark.table(topic)) == ["4", "5"]


def test_a_batch_of_lost_records(spark: SparkSession, cluster: Broker | MockCluster, topic: str) -> None:
    cluster.add(topic, [b"0", b"1"])
    with pytest.raises(PySparkException) as error:
        reader = spark.read.format("kafka").option("kafka.bootstrap.servers", cluster.address)
        reader = reader.option("assign", f'{{"{topic}":[0]}}').option("endingOffsets", f'{{"{topic}":{{"0":9}}}}')
        reader.load().collect()
    assert (error.value.getCondition(), error.value.getSqlState()) == (
        "KAFKA_DATA_LOSS.COULD_NOT_READ_OFFSET_RANGE",
        "22000",
    )


def test_a_topic_that_is_deleted(broker: Broker, topic: str, stream: Stream) -> None:
    broker.add(topic, [b"1"])
    query = stream()
    query.processAllAvailable()
    broker.delete(topic)
    assert "This server does not host this topic-partition" in failure(query)


# ---------------------------------------------------------------------------------------------- who may, and where


def guarded(name: str, password: str) -> dict[str, str]:
    return {
        "kafka.security.protocol": "SASL_PLAINTEXT",
        "kafka.sasl.mechanism": "PLAIN",
        "kafka.sasl.jaas.config": JAAS.format(name, password),
    }


def test_the_credentials_of_a_java_client(spark: SparkSession, broker: Broker, topic: str, stream: Stream) -> None:
    login = guarded(USER, PASSWORD)
    rows = spark.sql("SELECT 'in' AS value")
    rows.write.format("kafka").options(**login, topic=topic, **{"kafka.bootstrap.servers": broker.guarded}).save()
    stream(broker.guarded, **login).processAllAvailable()
    assert values(spark.table(topic)) == ["in"]


def test_wrong_credentials(spark: SparkSession, broker: Broker, topic: str, stream: Stream) -> None:
    login = guarded(USER, "wrong")
    assert "Authentication failed: Invalid username or password" in failure(stream(broker.guarded, **login))
    target = {"topic": topic, "kafka.bootstrap.servers": broker.guarded}
    with pytest.raises(SparkException, match="Authentication failed: Invalid username or password"):
        spark.sql("SELECT 'in' AS value").write.format("kafka").options(**login, **target).save()
    assert values(read(spark, broker.address, topic)) == []


def test_certificates(spark: SparkSession, broker: Broker, topic: str) -> None:
    broker.add(topic, [b"over TLS"])
    trust = {"kafka.ssl.truststore.type": "PEM", "kafka.ssl.truststore.location": str(broker.certificate)}
    secure = {"kafka.security.protocol": "SSL"}
    assert values(read(spark, broker.encrypted, topic, **secure, **trust)) == ["over TLS"]
    with pytest.raises(SparkException, match="certificate verify failed"):
        read(spark, broker.encrypted, topic, **secure).collect()


def test_a_wrong_address(spark: SparkSession, stream: Stream) -> None:
    with pytest.raises(SparkException, match=r"no\.such\.host\.invalid:9092.*Failed to resolve"):
        read(spark, "no.such.host.invalid:9092", "any").collect()
    limits = {"kafka.default.api.timeout.ms": "200", "fetchOffset.numRetries": "1"}
    assert "Kafka at localhost:1 has not answered in 200 ms" in failure(stream("localhost:1", **limits))


def test_a_record_that_is_not_delivered_fails_its_batch(
    spark: SparkSession, broker: Broker, topic: str, tmp_path: Path
) -> None:
    broker.create(f"{topic}_out", **{"max.message.bytes": "1000"})
    broker.add(topic, [b"small", b"x" * 2000])
    source = spark.readStream.format("kafka").option("kafka.bootstrap.servers", broker.address)
    rows = source.option("subscribe", topic).option("startingOffsets", "earliest").load().select("value")
    writer = rows.writeStream.format("kafka").option("kafka.bootstrap.servers", broker.address)
    query = writer.option("topic", f"{topic}_out").option("checkpointLocation", str(tmp_path / "checkpoint")).start()
    assert f"not delivered to Kafka, topic {topic}_out partition 0: Broker: Message size too large" in failure(query)
    assert list((tmp_path / "checkpoint").glob("commits/*")) == []


def test_what_is_refused_by_name(spark: SparkSession, tmp_path: Path) -> None:
    with pytest.raises(AnalysisException) as error:
        spark.sql("SELECT * FROM kafka.`topic`").collect()
    assert error.value.getCondition() == "UNSUPPORTED_DATASOURCE_FOR_DIRECT_QUERY"
    hint = "Send the records to Kafka and use the format kafka"
    with pytest.raises(UnsupportedOperationException, match=f"source kinesis.*{hint}"):
        spark.read.format("kinesis").load().collect()
    with pytest.raises(UnsupportedOperationException, match=f"streaming source kinesis.*{hint}"):
        _ = spark.readStream.format("kinesis").load().schema
    writer = spark.readStream.format("rate").load().writeStream.format("kinesis")
    with pytest.raises(UnsupportedOperationException, match=f"streaming sink kinesis.*{hint}"):
        writer.option("checkpointLocation", str(tmp_path)).start()


# ---------------------------------------------------------------------------------------------- the document's programs

USER_TOPIC = "user_activity"
MINUTE_MS = 60_000
START_MS = 1_760_000_040_000
"""2025-10-09 08:54:00 UTC"""


@pytest.fixture
def user_activity(broker: Broker) -> Iterator[str]:
    """The topic of the document's programs, which name the address themselves."""
    if broker.address != f"localhost:{PORT}":
        pytest.skip(f"no Kafka broker at port {PORT}, which is taken")
    broker.create(USER_TOPIC)
    yield USER_TOPIC
    broker.delete(USER_TOPIC)


def activity(user: str, action: str) -> bytes:
    return json.dumps({"user_id": user, "action": action, "is_premium": user < "m"}).encode()


def lines_until(process: subprocess.Popen[str], wanted: str) -> list[str]:
    """What the program prints up to a line with `wanted`, without the rules of its tables."""
    assert process.stdout is not None
    found = []
    for line in process.stdout:
        if not line.startswith(("+-", "---")) and line.strip():
            found.append(line.rstrip())
        if wanted in line:
            return found
    raise AssertionError(f"{wanted} was never printed: {found}")


def end(process: subprocess.Popen[str], number: signal.Signals) -> None:
    os.killpg(process.pid, number)
    process.communicate(timeout=30)


def test_clicks_of_each_minute_are_counted(broker: Broker, user_activity: str, program: Program) -> None:
    """Without a checkpoint a new run counts everything again, and so comes to the same counts."""
    script = str(DOCUMENT / "kafka_click_counts.py")
    clicks, views = activity("ann", "click"), activity("bob", "view")
    broker.add(user_activity, [clicks, views, clicks], time_ms=START_MS)
    broker.add(user_activity, [clicks, views, b"no JSON"], time_ms=START_MS + MINUTE_MS)
    heading = "|              window|action|count|"
    first, second = "|{2025-10-09 08:54...| click|    2|", "|{2025-10-09 08:55...| click|    1|"
    process = program.start("run", script)
    counted = lines_until(process, "08:54")
    counted += lines_until(process, "08:55") if not any("08:55" in line for line in counted) else []
    assert sorted(counted) == sorted(["Batch: 0", heading, first, second])
    broker.add(user_activity, [clicks], time_ms=START_MS + MINUTE_MS)
    assert lines_until(process, "08:55") == ["Batch: 1", heading, second.replace("1|", "2|")]
    end(process, signal.SIGINT)
    process = program.start("run", script)
    counted = lines_until(process, "08:54")
    assert [line for line in counted if line.startswith("|{")][-1] == first
    end(process, signal.SIGINT)


def test_a_continuous_program_goes_on_where_it_was(broker: Broker, user_activity: str, program: Program) -> None:
    """Killed in mid-stream: nothing is lost, and nothing that was committed before the crash comes again."""
    script = str(DOCUMENT / "kafka_continuous.py")
    broker.add(user_activity, [activity("ann", "click")])
    process = program.start("run", script)
    printed = lines_until(process, "ann")
    sent = 0
    while "Batch: 1" not in printed:
        sent += 1
        broker.add(user_activity, [activity(f"zoe{sent}", "view")])
        printed += lines_until(process, f"zoe{sent}|")
    end(process, signal.SIGKILL)
    broker.add(user_activity, [activity("last", "click")])
    process = program.start("run", script)
    again = lines_until(process, "last")
    end(process, signal.SIGINT)
    assert not any("ann" in line for line in again)
    assert "|   last| click|      true|" in again


# ---------------------------------------------------------------------------------------------- the demo


def test_the_demo_on_a_broker_of_the_user(broker: Broker, program: Program) -> None:
    """The topic is made by the demo; sent and read are the same records, and a second run finds those of the first."""
    arguments = ("--kafka", broker.address, "--topic", "demo_readings", "--readings", "2000", "--seed", "15")
    outcome = program.command("demo", *arguments, "--output", "kept")
    assert outcome.exit_code == 0, outcome.errors
    sent = "The sensors sent 2,000 records: 1,897 in order, 2 late, 5 malformed, 96 out of order."
    assert outcome.output.splitlines()[-1] == sent
    assert "2,000 records, 5 malformed, 13 alerts" in outcome.output.splitlines()
    again = program.command("demo", *arguments, "--output", "kept")
    assert again.exit_code == 0, again.errors
    assert again.output.splitlines()[-1] == sent
    assert "2,000 records, 5 malformed, 13 alerts" in again.output.splitlines()
