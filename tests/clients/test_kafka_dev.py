"""The commands `unbounded kafka-dev` and `unbounded bench kafka`, which need no broker."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
from collections.abc import Iterator

import pytest
from pyspark.sql.connect.session import SparkSession

from tests.clients.program import Program

FIRST_ACTIVITIES = """
    from pyspark.sql import SparkSession

    spark = SparkSession.builder.getOrCreate()
    stream = spark.readStream.format("kafka").option("kafka.bootstrap.servers", "{}")
    stream = stream.option("subscribe", "user_activity").option("startingOffsets", "earliest").load()
    users = stream.selectExpr("get_json_object(string(value), '$.user_id') AS user")
    users.writeStream.format("console").start().awaitTermination()
"""


def first_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline()


@pytest.fixture
def address(program: Program) -> Iterator[str]:
    """Of a broker with a topic `mine` and examples."""
    process = program.start("kafka-dev", "--port", "0", "--topic", "mine", "--activity", "50")
    found = re.search(r"at (localhost:\d+), the topic user_activity gets 50 example records", first_line(process))
    assert found is not None
    yield found[1]
    os.killpg(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert (process.returncode, errors) == (0, "")


def test_programs_write_and_read(address: str, spark: SparkSession) -> None:
    where = {"kafka.bootstrap.servers": address}
    spark.sql("SELECT 'hello' AS value").write.format("kafka").options(**where, topic="mine").save()
    read = spark.read.format("kafka").options(**where, subscribe="mine").load()
    assert [row[0] for row in read.selectExpr("string(value)").collect()] == ["hello"]


def test_example_records_come_by_themselves(address: str, program: Program) -> None:
    program.write(FIRST_ACTIVITIES.format(address))
    process = program.start("run", "app.py")
    assert process.stdout is not None
    assert next(line for line in process.stdout if "cleo" in line) == "|cleo|\n"
    os.killpg(process.pid, signal.SIGINT)
    process.communicate(timeout=30)


def test_a_port_that_is_taken(program: Program) -> None:
    with socket.create_server(("localhost", 0)) as other:
        port = other.getsockname()[1]
        outcome = program.command("kafka-dev", "--port", str(port))
    assert outcome.exit_code == 2
    assert outcome.errors.startswith(f"unbounded: port {port} cannot be used (")


def test_the_benchmark_prints_both_directions(program: Program) -> None:
    outcome = program.command("bench", "kafka", "--messages", "2000")
    names = ["Arrow to Kafka", "Kafka to Arrow", "Kafka, JSON, filter, windowed average"]
    assert outcome.exit_code == 0, outcome.errors
    assert [re.sub(r" +[\d,]+$", "", line).strip() for line in outcome.output.splitlines()[1:]] == names
