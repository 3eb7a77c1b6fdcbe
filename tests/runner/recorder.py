"""Rewrites `.case` files with the results of a real Spark server. Run by scripts/record; never runs our engine."""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path

from tests.runner.case_file import CaseFile, belongs_here, read_case_file, render_case_file
from tests.runner.case_run import CaseRun, Lines

ORIGIN = os.environ.get("SPARK_RECORD_ORIGIN", "spark 4.2.0")
"""Files with results of another origin are left alone: theirs needs what this server has not."""

OUTPUT = Path(os.environ["SPARK_RECORD_OUTPUT"]) if "SPARK_RECORD_OUTPUT" in os.environ else None
"""The file that has what the server prints."""


def record(url: str, path: Path) -> list[str]:
    """Returns a line for each block that raised; such a block keeps its old result."""
    case_file = read_case_file(path)
    results, failures = _run_blocks(url, path, case_file)
    path.write_bytes(render_case_file(case_file.with_results(results, recorded=ORIGIN)).encode())
    return failures


def _is_ours(path: Path) -> bool:
    return read_case_file(path).recorded in (None, ORIGIN)


def _run_blocks(url: str, path: Path, case_file: CaseFile) -> tuple[dict[int, Lines], list[str]]:
    results: dict[int, Lines] = {}
    failures: list[str] = []
    run = CaseRun(url, case_file.blocks, OUTPUT)
    try:
        for block in case_file.blocks:
            try:
                results[block.line] = run.result(block)
            except Exception as error:
                failures.append(f"{path}:{block.line}: {type(error).__name__}: {str(error).strip().splitlines()[0]}")
    finally:
        run.close()
    return results, failures


def main(arguments: list[str]) -> int:
    """`URL FILE…` → exit code 1 if a block raised."""
    url, *names = arguments
    paths = [path for path in map(Path, names) if belongs_here(path) and _is_ours(path)]
    logging.disable()  # the client logs every error that a case provokes
    failures = [failure for path in paths for failure in record(url, path)]
    for failure in failures:
        sys.stderr.write(failure + "\n")
    sys.stderr.write(f"{len(paths)} files recorded, {len(failures)} blocks raised\n")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
