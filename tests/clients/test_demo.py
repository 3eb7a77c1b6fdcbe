"""`unbounded demo`: its counts are those of the sensors, its tables those of a batch over all they sent."""

from __future__ import annotations

import json
import os
import re
import signal
from collections import Counter
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import pytest
from pyspark.sql.connect.session import SparkSession

from tests.clients.program import Outcome, Program
from unbounded.demo.sensors import Arrival, SensorRecord, Sensors

READINGS, SEED = 5000, 15
RECORDS = tuple(islice(Sensors(SEED, interval_s=60 / 200).records(), READINGS))

HOT_AVERAGES = """
    WITH sent AS (
        SELECT
            TRY_CAST(get_json_object(record, '$.sensor_id') AS INT) AS sensor_id,
            TRY_CAST(get_json_object(record, '$.timestamp') AS TIMESTAMP) AS timestamp,
            TRY_CAST(get_json_object(record, '$.temperature') AS DOUBLE) AS temperature
        FROM in_time
    )
    SELECT date_trunc('minute', timestamp) AS start, sensor_id, count(*) AS readings, round(avg(temperature), 6) AS mean
    FROM sent WHERE temperature > 30 GROUP BY ALL HAVING start + INTERVAL 1 MINUTE <= timestamp_millis({watermark_ms})
"""


@dataclass(frozen=True, slots=True)
class Demo:
    """A run that has ended."""

    outcome: Outcome
    folder: Path


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    program = Program(tmp_path_factory.mktemp("demo"))
    arguments = ("--readings", str(READINGS), "--seed", str(SEED), "--output", "kept")
    return Demo(program.command("demo", *arguments), program.directory / "kept")


def temperature(record: SensorRecord) -> float:
    return float(json.loads(record.value)["temperature"])


def test_a_bounded_demo_prints_known_counts(demo: Demo) -> None:
    """A late reading is in two windows that slide; a batch without records closes the last windows."""
    assert (demo.outcome.exit_code, demo.outcome.errors.count("\n")) == (0, 1), demo.outcome.errors
    printed = [re.split(r" +", line.strip()) for line in demo.outcome.output.splitlines()]
    start = printed.index(["query", "batches", "records", "dropped", "as", "late"]) + 1
    assert printed[start : start + 8] == [
        ["alerts", "5", "5,000", "0"],
        ["hot_averages", "6", "5,000", "4"],
        ["malformed", "5", "5,000", "0"],
        ["room_history", "6", "5,000", "14"],
        ["room", "6", "5,000", "14"],
        ["sliding_averages", "6", "5,000", "49"],
        ["maxima", "5", "5,000", "0"],
        ["alert_log", "5", "5,000", "0"],
    ]
    assert "5,000 records, 12 malformed, 45 alerts" in demo.outcome.output.splitlines()


def test_the_counts_are_those_of_what_was_sent(demo: Demo) -> None:
    sent = Counter(record.arrival for record in RECORDS)
    alerts = sum(temperature(record) > 40 for record in RECORDS if record.arrival is not Arrival.MALFORMED)
    lines = demo.outcome.output.splitlines()
    assert f"{READINGS:,} records, {sent[Arrival.MALFORMED]} malformed, {alerts} alerts" in lines
    assert (
        lines[-1]
        == "The sensors sent 5,000 records: "
        + ", ".join(f"{sent[arrival]:,} {arrival.value}" for arrival in sorted(sent, key=str))
        + "."
    )


def test_delta_holds_what_a_batch_over_everything_sent_gives(spark: SparkSession, demo: Demo) -> None:
    """But for the late rows, one by one: `EXCEPT ALL` takes a record away as often as it was late."""
    spark.createDataFrame([(record.value,) for record in RECORDS], "record STRING").createOrReplaceTempView("sent")
    late = spark.read.parquet(f"{demo.folder}/tables/late_readings").filter("query_name = 'hot_averages'")
    late.selectExpr("get_json_object(row, '$.record') AS record").createOrReplaceTempView("late")
    assert spark.sql("SELECT * FROM late EXCEPT ALL SELECT * FROM sent").collect() == []
    spark.sql("SELECT * FROM sent EXCEPT ALL SELECT * FROM late").createOrReplaceTempView("in_time")
    batch = spark.sql(HOT_AVERAGES.format(watermark_ms=last_watermark_ms(demo.folder / "checkpoints" / "hot_averages")))
    stream = spark.read.format("delta").load(f"{demo.folder}/hot_averages")
    stream = stream.selectExpr("start", "sensor_id", "readings", "round(average, 6)")
    rows = sorted(map(tuple, stream.collect()))
    assert rows == sorted(map(tuple, batch.collect()))
    assert (len(rows), late.count()) == (258, 4)


def last_watermark_ms(checkpoint: Path) -> int:
    last = max((checkpoint / "offsets").glob("[0-9]*"), key=lambda path: int(path.name))
    return int(json.loads(last.read_text("utf-8").splitlines()[1])["batchWatermarkMs"])


def test_malformed_records_are_kept_as_they_came(spark: SparkSession, demo: Demo) -> None:
    kept = spark.read.format("delta").load(f"{demo.folder}/malformed").select("record").collect()
    sent = [record.value for record in RECORDS if record.arrival is Arrival.MALFORMED]
    assert sorted(row[0] for row in kept) == sorted(sent)


def test_an_endless_demo_ends_well_when_it_is_interrupted(program: Program) -> None:
    process = program.start("demo", "--rate", "500")
    assert process.stdout is not None
    assert next(line for line in process.stdout if line.startswith("|2025-10-11")) != ""
    os.killpg(process.pid, signal.SIGINT)
    output, errors = process.communicate(timeout=30)
    assert process.returncode == 0, errors
    assert re.fullmatch(r"unbounded: watch the queries at http://127\.0\.0\.1:\d+\n", errors)
    assert re.search(r"\nThe sensors sent [\d,]+ records: [\d,]+ in order, .*\.\n$", output)


def test_a_demo_of_some_seconds_ends_by_itself(program: Program) -> None:
    outcome = program.command("demo", "--seconds", "2", "--seed", "7", "--rate", "300")
    assert outcome.exit_code == 0, outcome.errors
    assert re.search(r"\nFrom Kafka to alert: half within \d+\.\d\d s, 95 % within .*\n", outcome.output)


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("--readings", "100001"), "the broker in memory keeps 100,000 records; give --kafka for more readings"),
        (("--rate", "0"), "--rate must be greater than 0"),
        (("--seconds", "0"), "--seconds must be greater than 0"),
        (("--kafka", "127.0.0.1:1"), "Kafka at 127.0.0.1:1, topic readings: "),
    ],
)
def test_what_cannot_work_is_refused(program: Program, arguments: tuple[str, ...], reason: str) -> None:
    outcome = program.command("demo", *arguments)
    assert (outcome.exit_code, outcome.output) == (2, "")
    assert outcome.errors.startswith(f"unbounded: {reason}")


def test_a_folder_of_an_earlier_demo_is_left_alone(program: Program) -> None:
    (program.directory / "kept" / "checkpoints").mkdir(parents=True)
    outcome = program.command("demo", "--output", "kept")
    reason = "unbounded: kept has checkpoints of a broker that is gone; name another folder\n"
    assert outcome == Outcome(2, "", reason)
