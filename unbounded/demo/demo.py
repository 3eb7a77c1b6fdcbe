"""`unbounded demo`: simulated sensors send to Kafka, in memory or the user's, and the monitor program watches them."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from unbounded.clock import SystemClock
from unbounded.connectors.kafka.dev_broker import DevCluster
from unbounded.demo.sender import NoBroker, PacedSender, Sender
from unbounded.demo.sensors import SENSOR_COUNT, Sensors
from unbounded.embed.running import run_program

SCRIPT = Path(__file__).resolve().parents[2] / "examples" / "sensor_monitor.py"
LATE_TABLE = "late_readings"
READINGS_MAX = 100_000
"""What a partition of the broker in memory keeps."""
BATCH_ROWS = 1_000
"""Of a demo with a bounded number of readings, whose batches are therefore always the same."""
REFUSED_EXIT_CODE = 2


@dataclass(frozen=True, slots=True)
class DemoOptions:
    """`kafka`: host:port, None for a broker in memory. `speed`: seconds of event time in a second of the clock.

    `readings`: that many are sent before the monitor begins, which then ends by itself.
    """

    kafka: str | None
    topic: str
    rate: float
    speed: float
    seed: int
    seconds: float | None
    readings: int | None
    output: str | None


def run_demo(options: DemoOptions) -> int:
    """Exit code of the monitor program."""
    reason = _reason_against(options)
    if reason is not None:
        return _refused(reason)
    try:
        with _broker(options.kafka) as address, _folder(options.output) as folder:
            return _watch(options, address, folder)
    except NoBroker as error:
        return _refused(str(error))


def _reason_against(options: DemoOptions) -> str | None:
    """What of the options cannot be done."""
    amounts = {"--rate": options.rate, "--speed": options.speed, "--readings": options.readings}
    for name, amount in {**amounts, "--seconds": options.seconds}.items():
        if amount is not None and amount <= 0:
            return f"{name} must be greater than 0"
    if options.kafka is not None:
        return None
    if options.readings is not None and options.readings > READINGS_MAX:
        return f"the broker in memory keeps {READINGS_MAX:,} records; give --kafka for more readings"
    if options.output is not None and Path(options.output, "checkpoints").exists():
        return f"{options.output} has checkpoints of a broker that is gone; name another folder"
    return None


def _watch(options: DemoOptions, address: str, folder: str) -> int:
    sender = Sender(address, options.topic)
    records = Sensors(options.seed, options.speed / options.rate).records()
    arguments = ["--kafka", address, "--topic", options.topic, "--output", folder, "--dashboard"]
    _print(f"{SENSOR_COUNT} sensors send to the topic {options.topic} at {address}; {SCRIPT.name} watches them.")
    _print(f"Delta tables and checkpoints: {folder}")
    if options.readings is not None:
        sender.send(islice(records, options.readings))
        sender.finish()
        code = _run_monitor([*arguments, "--once", "--batch-rows", str(BATCH_ROWS)], folder)
    else:
        _print("Ctrl-C ends it.")
        seconds = [] if options.seconds is None else ["--seconds", str(options.seconds)]
        paced = PacedSender(sender, records, options.rate, SystemClock())
        paced.start()
        try:
            code = _run_monitor([*arguments, *seconds], folder)
        finally:
            paced.stop()
    counts = ", ".join(f"{count:,} {arrival.value}" for arrival, count in sorted(sender.sent.items(), key=str))
    _print(f"The sensors sent {sender.sent.total():,} records: {counts}.")
    return code


def _run_monitor(arguments: list[str], folder: str) -> int:
    settings = {
        "spark.sql.warehouse.dir": f"{folder}/tables",
        "unbounded.streaming.lateRows.table": LATE_TABLE,
        "unbounded.ui.enabled": "true",
        "unbounded.ui.progress": str(sys.stderr.isatty()).lower(),
    }
    return run_program(str(SCRIPT), arguments, remote=None, settings=settings)


@contextmanager
def _broker(address: str | None) -> Iterator[str]:
    if address is not None:
        yield address
        return
    cluster = DevCluster([])
    yield cluster.address
    del cluster


@contextmanager
def _folder(wanted: str | None) -> Iterator[str]:
    """An absolute path; one that is not wanted is gone afterwards, but for what a failed program still writes."""
    if wanted is not None:
        yield str(Path(wanted).absolute())
        return
    with tempfile.TemporaryDirectory(prefix="unbounded-demo-", ignore_cleanup_errors=True) as folder:
        yield folder


def _refused(reason: str) -> int:
    sys.stderr.write(f"unbounded: {reason}\n")
    return REFUSED_EXIT_CODE


def _print(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
