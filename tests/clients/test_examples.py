"""The programs in examples/, run as their first lines say; beside some what Apache Spark 4.2 prints for them."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
from collections.abc import Sequence
from pathlib import Path

import pytest
from confluent_kafka import Consumer, TopicPartition

from tests.clients.program import REPOSITORY, Program
from unbounded.connectors.kafka.dev_broker import ACTIVITY_TOPIC, DevCluster

EXAMPLES = REPOSITORY / "examples"
PRINTED_BY_SPARK = Path(__file__).parent / "examples"
NOON_MS = 1_760_184_000_000
COUNTS_TOPIC = "click_counts"
PARTITIONS = 4


@pytest.mark.parametrize("name", ["batch_and_stream", "late_data", "log_errors"])
def test_an_example_prints_what_spark_prints(program: Program, name: str) -> None:
    outcome = program.command("run", str(EXAMPLES / f"{name}.py"))
    expected = (PRINTED_BY_SPARK / f"{name}.txt").read_text("utf-8")
    assert (outcome.exit_code, outcome.output, outcome.errors) == (0, expected, "")


def test_batch_and_stream_runs_on_a_folder_of_ones_own(program: Program) -> None:
    reading = {"sensor_id": 9, "timestamp": "2025-10-11T20:00:00", "temperature": 30.0}
    (program.directory / "mine").mkdir()
    (program.directory / "mine" / "1.json").write_text(json.dumps(reading))
    outcome = program.command("run", str(EXAMPLES / "batch_and_stream.py"), "mine")
    assert outcome.output.splitlines()[3:] == [
        "|2025-10-11 20:00:00|        9|       1|   30.0|",
        "+-------------------+---------+--------+-------+",
        "",
        "The stream took 1 batches; 0 rows differ.",
    ]


def test_the_database_example_fills_a_file_of_sqlite(program: Program) -> None:
    """The second run, which starts anew, replaces the rows of the first."""
    for _ in range(2):
        outcome = program.command("run", str(EXAMPLES / "stream_to_database.py"))
        assert outcome.exit_code == 0, outcome.errors
    with sqlite3.connect(program.directory / "sensor_averages.db") as connection:
        rows = connection.execute("SELECT sensor_id, readings, round(average, 1) FROM sensor_averages ORDER BY 1")
        assert rows.fetchall() == [(1, 12, 26.0), (2, 12, 30.0), (3, 12, 33.3)]


def test_user_activity_counts_clicks(program: Program) -> None:
    cluster = DevCluster([ACTIVITY_TOPIC, COUNTS_TOPIC])
    for second, user, action in ((1, "ann", "click"), (2, "bob", "view"), (3, "ann", "click"), (61, "bob", "click")):
        record = json.dumps({"user_id": user, "action": action})
        cluster.producer.produce(ACTIVITY_TOPIC, record, user, timestamp=NOON_MS + second * 1000)
    assert cluster.producer.flush(30) == 0
    process = program.start("run", str(EXAMPLES / "user_activity.py"), cluster.address)
    counts = first_records(cluster, 2)
    assert process.stdout is not None
    printed = sorted(line for _ in range(8) if (line := process.stdout.readline()).startswith("|2025"))
    os.killpg(process.pid, signal.SIGINT)
    process.communicate(timeout=30)
    assert counts == [
        {"start": "2025-10-11T12:00:00.000Z", "user_id": "ann", "clicks": 2},
        {"start": "2025-10-11T12:01:00.000Z", "user_id": "bob", "clicks": 1},
    ]
    assert printed == ["|2025-10-11 12:00:00|    ann|     2|\n", "|2025-10-11 12:01:00|    bob|     1|\n"]


def first_records(cluster: DevCluster, count: int) -> Sequence[dict[str, object]]:
    """Waits until the topic of counts has so many, and gives them by key."""
    consumer = Consumer({"bootstrap.servers": cluster.address, "group.id": "test", "auto.offset.reset": "earliest"})
    consumer.assign([TopicPartition(COUNTS_TOPIC, partition) for partition in range(PARTITIONS)])
    messages = consumer.consume(count, timeout=30)
    consumer.close()
    return [json.loads(message.value()) for message in sorted(messages, key=lambda message: message.key())]
