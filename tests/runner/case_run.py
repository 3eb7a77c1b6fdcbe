"""One run of one `.case` file: its own client session and directory, its blocks in order. Compares nothing."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
import warnings
from pathlib import Path

from pyspark.sql import SparkSession
from pyspark.sql.connect.session import SparkSession as ConnectSession

from tests.runner.case_file import Block
from tests.runner.story_verbs import Stories
from tests.runner.verbs import VERBS, Run

Lines = tuple[str, ...]


def open_session(url: str) -> SparkSession:
    """A new client session on the server at `url`, in UTC on both sides."""
    os.environ["TZ"] = "UTC"
    time.tzset()
    spark = SparkSession.builder.remote(url).create()
    spark.conf.set("spark.sql.session.timeZone", "UTC")
    return spark


class CaseRun:
    """Runs blocks in file order; each once, its outcome (lines or exception) is remembered by its line. `output` is the
    file that has what the server prints, if that is known."""

    def __init__(self, url: str, blocks: tuple[Block, ...], output: Path | None) -> None:
        self._blocks = blocks
        self._outcomes: dict[int, Lines | Exception] = {}
        self._spark = open_session(url)
        self._directory = Path(tempfile.mkdtemp(prefix="case-"))
        self._stories = Stories(self._spark, self._directory, output)

    def result(self, block: Block) -> Lines:
        """The lines of `block`, after running all blocks above it. Raises what the block raised."""
        for earlier in self._blocks:
            if earlier.line <= block.line and earlier.line not in self._outcomes:
                self._outcomes[earlier.line] = self._outcome(earlier)
        outcome = self._outcomes[block.line]
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def close(self) -> None:
        try:
            self._stories.close()
            self._spark.stop()
        finally:
            shutil.rmtree(self._directory, ignore_errors=True)

    def _outcome(self, block: Block) -> Lines | Exception:
        body = "\n".join(block.body).replace("{dir}", str(self._directory))
        # Functions that look for a session shall find this one, not another test's that is closed by now.
        ConnectSession._active_session.session = self._spark
        run = Run(self._spark, self._directory, self._stories, block.argument, body)
        try:
            with warnings.catch_warnings(action="ignore"):
                lines = VERBS[block.verb].run(run)
        except Exception as error:
            return error
        text = "\n".join(lines).replace(str(self._directory), "{dir}")
        return tuple(text.split("\n")) if lines else ()
