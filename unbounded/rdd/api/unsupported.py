"""Parts of the RDD interface this engine does not have: each is refused by name, with the reason."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

from unbounded.rdd.errors import UnsupportedOperationException

HADOOP = "Hadoop input and output formats need a JVM; use text or pickle files, or a DataFrame"
NO_JVM = "there is no JVM"
SHUFFLE_FILES = "the files of a shuffle go with its RDD"
RESOURCES = "tasks cannot be scheduled by resource on one machine"
BARRIER = "tasks of a stage are not started together"
CANCELLATION = "jobs cannot be cancelled from outside; interrupt the program"
PROFILER = "there is no profiler of workers"


def refused(name: str, reason: str) -> Callable[..., NoReturn]:
    """A method that refuses."""

    def refuse(*arguments: Any, **options: Any) -> NoReturn:
        raise UnsupportedOperationException(f"{name} is not supported: {reason}")

    refuse.__name__ = name.rpartition(".")[2]
    refuse.__doc__ = f"Refused: {reason}."
    return refuse
