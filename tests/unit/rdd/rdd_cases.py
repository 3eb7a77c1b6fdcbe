"""Reads the `.case` files of RDDs and runs one case; knows no engine, so that real Spark can answer the same cases.

Run as a program by an interpreter with PySpark and a JVM, it writes Spark's answers into the case files anew.
"""

from __future__ import annotations

import ast
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

VERBS = ("rdd", "error")


@dataclass(frozen=True, slots=True)
class Case:
    """One block of a case file: what is asked, and the answer recorded from Apache Spark."""

    file: str
    line: int
    verb: str
    body: str
    result: str

    @property
    def label(self) -> str:
        """The place of the case, as `pytest -k` wants it."""
        return f"{self.file}:{self.line}"


def read_cases(path: Path) -> list[Case]:
    """All cases of one file; a block is comments, verb line, body, `----`, result, blank line."""
    cases = []
    line = 1
    for block in path.read_text(encoding="utf-8").split("\n\n"):
        numbered = [(line + offset, text) for offset, text in enumerate(block.split("\n"))]
        code = [(number, text) for number, text in numbered if text and not text.startswith("#")]
        line += len(numbered) + 1
        if code:
            cases.append(_read_block(path.name, code))
    return cases


def _read_block(file: str, code: list[tuple[int, str]]) -> Case:
    line, verb = code[0]
    if verb not in VERBS:
        raise ValueError(f"{file}:{line}: no verb {verb!r}")
    texts = [text for _, text in code]
    middle = texts.index("----")
    return Case(file, line, verb, "\n".join(texts[1:middle]), "\n".join(texts[middle + 1 :]))


def run_case(case: Case, context: Any, folder: Path) -> str:
    """The text that belongs under `----`: one line for each item of the last expression, or the error."""
    names = {"sc": context, "folder": str(folder), "os": os}
    try:
        value = _evaluate(case.body, names)
    except Exception as error:
        if case.verb != "error":
            raise
        return f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}".rstrip()
    if isinstance(value, list):
        return "\n".join(repr(item) for item in value) or "[]"
    return repr(value)


def _evaluate(body: str, names: dict[str, Any]) -> Any:
    module = ast.parse(body)
    last = module.body.pop()
    if not isinstance(last, ast.Expr):
        raise ValueError("the last statement of a case is an expression")
    exec(compile(module, "<case>", "exec"), names)
    return eval(compile(ast.Expression(last.value), "<case>", "eval"), names)


def record(path: Path, context: Any) -> None:
    """Put the context's answers under the cases of one file."""
    answers = []
    for case in read_cases(path):
        with tempfile.TemporaryDirectory() as folder:
            answers.append(run_case(case, context, Path(folder)).replace(folder, "@"))
    blocks = [block for block in path.read_text(encoding="utf-8").split("\n\n") if "\n----" in block]
    questions = [block.partition("\n----")[0] for block in blocks]
    texts = [f"{question}\n----\n{answer}" for question, answer in zip(questions, answers, strict=True)]
    path.write_text("\n\n".join(texts) + "\n", encoding="utf-8")


def main() -> None:
    """Record all files."""
    from pyspark import SparkContext  # noqa: PLC0415  the tests themselves know no PySpark

    with SparkContext("local[2]", "cases") as context:
        for path in sorted(Path(__file__).parents[2].glob("cases/rdd/*.case")):
            record(path, context)


if __name__ == "__main__":
    main()
