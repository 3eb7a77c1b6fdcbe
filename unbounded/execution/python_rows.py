"""The function of `foreach`: called once per batch with an iterator over its rows, as the client has pickled it.

Loaded only by queries that call Python functions.
"""

from __future__ import annotations

import pickle
import threading
from collections.abc import Iterator

import pyarrow as pa
from pyspark.sql.types import Row, _create_row
from pyspark.taskcontext import TaskContext

from unbounded.cancellation import Cancellation
from unbounded.errors import ErrorKind, SparkError
from unbounded.execution.python_functions import python_error
from unbounded.execution.python_values import python_values

BATCH_ID_PROPERTY = "streaming.sql.batchId"
"""Where the client's code looks for the `epoch_id` of `open(partition_id, epoch_id)`."""

PARTITION_ID = 0
ROWS_PER_CHUNK = 10_000


def run_foreach(command: bytes, rows: pa.Table, batch_id: int, cancellation: Cancellation) -> None:
    """Calls the function in `command` on a fresh copy of what it was pickled with; a batch is one partition.

    Raises: SparkError FOREACH_USER_FUNCTION_ERROR; OPERATION_CANCELED between two rows
    """
    _put_task_context(batch_id)
    try:
        function, *_ = pickle.loads(command)
        for _ in function(PARTITION_ID, _rows(rows, cancellation)):
            pass
    except SparkError:
        raise
    except BaseException as failure:  # whatever the user's code raises is the query's failure
        reason = python_error(failure).message
        raise SparkError(ErrorKind.SPARK, "FOREACH_USER_FUNCTION_ERROR", {"reason": reason}) from failure


def _rows(table: pa.Table, cancellation: Cancellation) -> Iterator[Row]:
    names = table.column_names
    for chunk in table.to_batches(max_chunksize=ROWS_PER_CHUNK):
        columns = [python_values(column) for column in chunk.columns]
        for values in zip(*columns, strict=True) if columns else [()] * chunk.num_rows:
            if cancellation.is_cancelled:
                raise SparkError(ErrorKind.SPARK, "OPERATION_CANCELED", {})
            yield _create_row(names, values)


# ------------------------------------------------------------------------------------------ TaskContext.get()


class _Task(threading.local):
    properties: dict[str, str] = {}


_TASK = _Task()


class _ThreadTaskContext(TaskContext):
    """The client knows one task per process; the engine runs one per query, each in its own thread."""

    _partitionId = PARTITION_ID
    _attemptNumber = 0
    _stageId = 0
    _taskAttemptId = 0

    def __init__(self) -> None:
        """Nothing is kept here."""

    def getLocalProperty(self, key: str) -> str | None:
        return _TASK.properties.get(key)


_TASK_CONTEXT = _ThreadTaskContext()


def _put_task_context(batch_id: int) -> None:
    TaskContext._setTaskContext(_TASK_CONTEXT)
    _TASK.properties = {BATCH_ID_PROPERTY: str(batch_id)}
