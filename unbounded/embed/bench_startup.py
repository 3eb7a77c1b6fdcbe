"""`unbounded bench startup`: how long from the start of a process to the first result of `spark.range(10).show()`."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

_PROGRAM = """\
from pyspark.sql import SparkSession

SparkSession.builder.appName("startup").master("local[*]").getOrCreate().range(10).show()
"""


def measure_startup(run_count: int) -> int:
    """Prints each run and the median; exit code 1 if a run prints no result."""
    with tempfile.TemporaryDirectory() as directory:
        program = Path(directory, "startup.py")
        program.write_text(_PROGRAM, encoding="utf-8")
        seconds = [_time_to_first_result(program) for _ in range(run_count)]
    runs = " ".join(f"{one:.2f}" for one in seconds)
    sys.stdout.write(f"runs    {runs} s\nmedian  {statistics.median(seconds):.2f} s\n")
    return 0


def _time_to_first_result(program: Path) -> float:
    """Seconds until the first byte on standard output."""
    start = time.monotonic()
    command = [sys.executable, "-m", "unbounded", "run", str(program)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        first = process.stdout.read(1)
        seconds = time.monotonic() - start
        process.stdout.read()
    if process.returncode != 0 or not first:
        raise RuntimeError(f"the program ended with exit code {process.returncode}")
    return seconds
