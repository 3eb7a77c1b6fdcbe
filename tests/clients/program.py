"""Runs the command `unbounded` as a user would: in a directory, with arguments, watching output and exit code."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from dataclasses import dataclass
from pathlib import Path

TIME_LIMIT_S = 60
REPOSITORY = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Outcome:
    exit_code: int
    output: str
    errors: str


class Program:
    """Scripts in one directory and the command that runs them."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def write(self, text: str, name: str = "app.py") -> Path:
        path = self.directory / name
        path.write_text(textwrap.dedent(text), encoding="utf-8")
        return path

    def run(self, text: str, *arguments: str, **environment: str) -> Outcome:
        """The outcome of `unbounded run app.py arguments`."""
        self.write(text)
        return self.command("run", "app.py", *arguments, **environment)

    def command(self, *arguments: str, **environment: str) -> Outcome:
        """The outcome of `unbounded arguments`."""
        process = self.start(*arguments, **environment)
        output, errors = process.communicate(timeout=TIME_LIMIT_S)
        return Outcome(process.returncode, output, errors)

    def start(self, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        """The running command, in a process group of its own as from a shell."""
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "unbounded", *arguments],
            cwd=self.directory,
            env={**_environment(), **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            process_group=0,
        )


def _environment() -> dict[str, str]:
    """This one's without what points at a Spark; the package is found though it may not be installed."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("SPARK")}
    return {**environment, "PYTHONPATH": str(REPOSITORY)}
