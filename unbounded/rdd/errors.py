"""Errors of the RDD interface, named and worded as Spark's. Those of queries are elsewhere."""

from __future__ import annotations

import pickle

STOP_ITERATION = "[STOP_ITERATION_OCCURRED] Caught StopIteration thrown from user's code; failing the task: {}"
RDD_ONLY_ON_DRIVER = (
    "[RDD_TRANSFORM_ONLY_VALID_ON_DRIVER] It appears that you are attempting to broadcast an RDD or reference an RDD "
    "from an \naction or transformation. RDD transformations and actions can only be invoked by the \n"
    "driver, not inside of other transformations; for example, \n"
    "rdd1.map(lambda x: rdd2.values.count() * x) is invalid because the values \n"
    "transformation and count action cannot be performed inside of the rdd1.map \n"
    "transformation. For more information, see SPARK-5063."
)
CONTEXT_ONLY_ON_DRIVER = (
    "[CONTEXT_ONLY_VALID_ON_DRIVER] It appears that you are attempting to reference SparkContext from a broadcast "
    "variable, action, or transformation. SparkContext can only be used on the driver, not in code that runs on "
    "workers. For more information, see SPARK-5063."
)


class PySparkRuntimeError(RuntimeError):
    """A use of the interface that can never work."""


class SparkException(Exception):
    """A job that failed; the sentence is Spark's."""


class PythonException(SparkException):
    """The program's own function raised in a worker; the text holds the worker's traceback, `__cause__` the error."""

    def __init__(self, trace: str) -> None:
        super().__init__(
            f"[PYTHON_EXCEPTION] An exception was thrown from the Python worker: {trace}\n SQLSTATE: 38000"
        )
        self.trace = trace

    def __reduce__(self) -> tuple[type[PythonException], tuple[str]]:
        return type(self), (self.trace,)


class InvalidInputException(SparkException):
    """A path to read from is not there."""


class FileAlreadyExistsException(SparkException):
    """A directory to write to is there already."""


class UnsupportedOperationException(NotImplementedError):
    """A part of the RDD interface that this engine does not have."""


def pickling_error(error: Exception) -> pickle.PicklingError:
    """The error for an object that cannot travel to a worker."""
    return pickle.PicklingError(f"Could not serialize object: {type(error).__name__}: {error}")
