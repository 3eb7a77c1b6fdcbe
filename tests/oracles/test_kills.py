"""A running query is killed at random moments, again and again: every row is in the sink once."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
from collections import Counter
from pathlib import Path

import pytest
from deltalake import DeltaTable

from tests.clients.program import Program

KILLS = int(os.environ.get("UNBOUNDED_KILLS", "6"))
"""The suite makes do with few; ask for 200 with the variable."""

FILES, ROWS_PER_FILE = 10 * KILLS, 50

QUERY = """\
from pyspark.sql import SparkSession, functions as F
spark = SparkSession.builder.getOrCreate()
rows = spark.readStream.schema("id INT, at TIMESTAMP").option("maxFilesPerTrigger", 1).json("in")
rows = rows.withWatermark("at", "10 seconds").dropDuplicates(["id", "at"])
spark.conf.set("unbounded.delta.optimizeEvery", "4")
writer = rows.writeStream.format("{sink}").option("checkpointLocation", "checkpoint").trigger(availableNow=True)
query = writer.start("out")
print("running", flush=True)
query.awaitTermination()
reader = spark.read.format("{sink}")
print("done", (reader.schema("id INT") if "{sink}" == "json" else reader).load("out").count(), flush=True)
"""


@pytest.fixture
def program(tmp_path: Path) -> Program:
    (tmp_path / "in").mkdir()
    for number in range(FILES):
        ids = range(number * ROWS_PER_FILE, (number + 1) * ROWS_PER_FILE)
        lines = [
            json.dumps({"id": i, "at": f"2026-01-01T{i // 180000:02d}:{i // 3000 % 60:02d}:{i // 50 % 60:02d}"})
            for i in ids
        ]
        path = tmp_path / "in" / f"{number:03d}.json"
        path.write_text("\n".join([*lines, *lines[:5]]))
        os.utime(path, (1_700_000_000 + number, 1_700_000_000 + number))
    return Program(tmp_path)


@pytest.mark.parametrize("sink", ["json", "delta"])
def test_no_row_is_lost_or_doubled(program: Program, sink: str) -> None:
    program.write(QUERY.replace("{sink}", sink))
    chance = random.Random(7)
    for _ in range(KILLS):
        process = program.start("run", "app.py")
        assert process.stdout is not None
        process.stdout.readline()
        try:
            process.wait(chance.uniform(0.0, 0.4))
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
    output, errors = program.start("run", "app.py").communicate(timeout=60 + FILES)
    assert output.splitlines()[-1] == f"done {FILES * ROWS_PER_FILE}", errors
    assert ROWS_OF[sink](program.directory / "out") == Counter(range(FILES * ROWS_PER_FILE))


def rows_of_table(folder: Path) -> Counter[int]:
    """What delta-rs reads."""
    return Counter(DeltaTable(str(folder)).to_pyarrow_table().column("id").to_pylist())


def rows_of(folder: Path) -> Counter[int]:
    """What the log of the sink says is in the folder, read without us."""
    entries = sorted(folder.glob("_spark_metadata/*"), key=lambda path: int(path.name.removesuffix(".compact")))
    compact = [path for path in entries if path.name.endswith(".compact")]
    start = entries.index(compact[-1]) if compact else 0
    files = [json.loads(line)["path"] for entry in entries[start:] for line in entry.read_text().splitlines()[1:]]
    paths = [Path(file.removeprefix("file://")) for file in files]
    return Counter(json.loads(line)["id"] for path in paths for line in path.read_text().splitlines())


ROWS_OF = {"json": rows_of, "delta": rows_of_table}
