"""The example programs, unchanged; beside each what Apache Spark 4.2 (200 shuffle partitions, UTC) prints for it."""

from __future__ import annotations

import os
import shutil
import signal
from pathlib import Path

import pytest

from tests.clients.program import Outcome, Program

DOCUMENT = Path(__file__).parent / "document"


@pytest.fixture
def document(program: Program) -> Program:
    """The programs with their data, in a directory of their own."""
    shutil.copytree(DOCUMENT, program.directory, dirs_exist_ok=True)
    return program


@pytest.mark.parametrize("name", ["batch_csv", "words_rdd"])
def test_a_batch_program_prints_what_spark_prints(document: Program, name: str) -> None:
    assert document.command("run", f"{name}.py") == Outcome(0, (DOCUMENT / f"{name}.txt").read_text(), "")


@pytest.mark.parametrize(
    "name",
    [
        "json_folder_stream",
        "fragments/hot_sensors",
        "fragments/sliding_windows",
        "fragments/stateful_max",
        "fragments/watermark",
        "fragments/watermark_sliding",
    ],
)
def test_a_stream_prints_what_spark_prints(document: Program, name: str) -> None:
    """Sliding windows see fewer readings: groups of one shuffle partition come in another order here."""
    if "sliding" in name:
        shutil.rmtree(document.directory / "sensor_data_stream")
        (document.directory / "few_readings").rename(document.directory / "sensor_data_stream")
    expected = (DOCUMENT / f"{name}.txt").read_text().splitlines(keepends=True)
    process = document.start("run", f"{name}.py")
    assert process.stdout is not None
    printed = [process.stdout.readline() for _ in expected]
    os.killpg(process.pid, signal.SIGINT)
    process.communicate(timeout=30)
    assert printed == expected
