"""The sink of `foreachBatch`: each batch becomes a relation the session holds while the user's function runs.

The function itself is called by a client of this engine (`connect.loop_back` implements `BatchFunctions`): here it is
known by its pickle alone.
"""

from __future__ import annotations

from typing import Protocol

import pyarrow as pa

from unbounded.cancellation import Cancellation
from unbounded.connectors.streams import OutputMode
from unbounded.ids import new_id
from unbounded.plan.expressions import Attribute
from unbounded.plan.logical import LocalRelation
from unbounded.session.catalog import SessionCatalog


class BatchFunction(Protocol):
    """A user's function, ready to be called. Used by one thread."""

    def call(self, relation_id: str, batch_id: int, cancellation: Cancellation) -> None:
        """Returns when the function has; the rows of the batch are the held relation `relation_id`.

        Raises: SparkError FOREACH_BATCH_USER_FUNCTION_ERROR; OPERATION_CANCELED at once when it is cancelled, even if
            the function still runs
        """
        ...

    def close(self) -> None:
        """No more calls will come."""
        ...


class BatchFunctions(Protocol):
    """Makes user functions callable."""

    def open(self, user_id: str, session_id: str, command: bytes) -> BatchFunction:
        """The pickled function `command`, for that session as the active one. Returns before it is loaded."""
        ...


class ForeachBatchSink:
    """Implements `connectors.streams.StreamSink`; the row count is not known, as in Spark."""

    takes_parts = False

    description = "ForeachBatchSink"

    def __init__(
        self,
        columns: tuple[Attribute, ...],
        function: BatchFunction,
        catalog: SessionCatalog,
        cancellation: Cancellation,
    ) -> None:
        self._columns = columns
        self._function = function
        self._catalog = catalog
        self._cancellation = cancellation

    def write(self, batch_id: int, rows: pa.Table, mode: OutputMode) -> None:
        """A batch that is written again is a second call with the same id and rows."""
        relation_id = new_id()
        self._catalog.hold_relation(relation_id, LocalRelation(self._columns, rows))
        try:
            self._function.call(relation_id, batch_id, self._cancellation)
        finally:
            self._catalog.release_relation(relation_id)

    def close(self) -> None:
        self._function.close()
