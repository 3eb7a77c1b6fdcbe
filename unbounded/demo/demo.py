"""`unbounded demo`: writes sensor readings into a folder, file by file, while the monitor program runs on it."""

from __future__ import annotations

import sys
import tempfile
import threading
from itertools import islice
from pathlib import Path

from unbounded.demo.sensors import readings
from unbounded.embed.running import run_program

SCRIPT = Path(__file__).resolve().parents[2] / "examples" / "sensor_monitor.py"
FILE_INTERVAL_S = 1.0
ROUNDS_PER_FILE = 4


def run_demo(seconds: float, seed: int) -> int:
    """Runs the monitor for `seconds` on readings made with `seed`; exit code of the program."""
    with tempfile.TemporaryDirectory(prefix="sensors-") as folder:
        sys.stdout.write(f"Readings of simulated sensors go to {folder}; {SCRIPT.name} averages them per minute.\n\n")
        sys.stdout.flush()
        feeder = ReadingFeeder(Path(folder), seed)
        feeder.start()
        try:
            return run_program(str(SCRIPT), [folder, str(seconds)], remote=None, settings={})
        finally:
            feeder.stop()


class ReadingFeeder:
    """Adds a file of readings to a folder every `FILE_INTERVAL_S`; each file appears at once as a whole."""

    def __init__(self, folder: Path, seed: int) -> None:
        self._folder = folder
        self._rounds = readings(seed)
        self._is_stopping = threading.Event()
        self._thread = threading.Thread(target=self._feed, name="sensors", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._is_stopping.set()
        self._thread.join()

    def _feed(self) -> None:
        number = 0
        while not self._is_stopping.is_set():
            self.add_file(number)
            number += 1
            self._is_stopping.wait(FILE_INTERVAL_S)

    def add_file(self, number: int) -> None:
        """Writes file `number` under a hidden name and renames it."""
        lines = [reading.to_json() for one_round in islice(self._rounds, ROUNDS_PER_FILE) for reading in one_round]
        hidden = self._folder / f".readings-{number:05d}.json"
        hidden.write_text("\n".join(lines) + "\n", encoding="utf-8")
        hidden.rename(self._folder / f"readings-{number:05d}.json")
