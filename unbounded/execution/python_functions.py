"""A user's Python function: taken out of its pickle, called, and its failures told as Spark tells them. No Arrow here.

Loaded only by queries that call Python functions.
"""

from __future__ import annotations

import pickle
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pyspark.errors import PySparkRuntimeError

from unbounded.errors import ErrorKind, SparkError
from unbounded.functions.engine import error_text

_HIDDEN_FOLDERS = (str(Path(__file__).resolve().parent.parent) + "/", "/pyspark/")
"""Frames from these folders are ours, not the user's; they are left out of tracebacks."""


@dataclass(frozen=True, slots=True)
class UserFunction:
    """`return_type` is the PySpark type the program declared."""

    call: Callable[..., Any]
    return_type: Any


def load_function(command: bytes) -> UserFunction:
    """Raises: SparkError (PythonException) if the pickle needs a module that is not there"""
    with python_failures():
        function, return_type = pickle.loads(command)
    return UserFunction(function, return_type)


def with_named_arguments(function: Callable[..., Any], names: Sequence[str | None]) -> Callable[..., Any]:
    """`function` taking all arguments by position; those with a name in `names` are handed on under it."""
    named = tuple(name for name in names if name)
    if not named:
        return function
    first_named = len(names) - len(named)

    def call(*arguments: Any) -> Any:
        return function(*arguments[:first_named], **dict(zip(named, arguments[first_named:], strict=True)))

    return call


@contextmanager
def python_failures() -> Iterator[None]:
    """Whatever the user's code raises inside becomes a SparkError with the user's traceback."""
    try:
        yield
    except SparkError:
        raise
    except Exception as failure:
        raise python_error(failure) from failure


@contextmanager
def engine_python_failures() -> Iterator[None]:
    """The same inside an engine call, which lets only the text of an exception through."""
    try:
        with python_failures():
            yield
    except SparkError as error:
        raise RuntimeError(error_text(error.kind, error.condition, error.parameters)) from None


def python_error(failure: BaseException) -> SparkError:
    if isinstance(failure, StopIteration):
        failure = _stop_iteration(failure)
    told = traceback.TracebackException.from_exception(failure)
    _hide_frames(told)
    return SparkError(ErrorKind.PYTHON, "", {"message": "".join(told.format())})


def _hide_frames(told: traceback.TracebackException) -> None:
    shown = [frame for frame in told.stack if not any(folder in frame.filename for folder in _HIDDEN_FOLDERS)]
    told.stack = traceback.StackSummary.from_list(shown)
    for inner in (told.__cause__, told.__context__):
        if inner is not None:
            _hide_frames(inner)


def _stop_iteration(failure: StopIteration) -> BaseException:
    error = PySparkRuntimeError(errorClass="STOP_ITERATION_OCCURRED", messageParameters={"exc": str(failure)})
    error.__context__ = failure
    return error
