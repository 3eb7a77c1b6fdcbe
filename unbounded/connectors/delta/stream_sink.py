"""The streaming Delta sink: every batch is one version of the table, written once however often it is replayed."""

from __future__ import annotations

import logging

import pyarrow as pa

from unbounded.connectors.delta.transaction import Transaction
from unbounded.connectors.delta.upkeep import compact
from unbounded.connectors.delta.writer import DeltaWriter
from unbounded.connectors.streams import OutputMode
from unbounded.errors import SparkError
from unbounded.types.datatypes import StructType

_logger = logging.getLogger("unbounded")


class DeltaStreamSink:
    """Implements `connectors.streams.StreamSink`.

    The version names the query and the batch it holds (Delta's `txn`), in the same commit as the rows.
    """

    takes_parts = False

    def __init__(self, writer: DeltaWriter, schema: StructType, query_id: str, optimize_every: int = 0) -> None:
        """`optimize_every`: after so many batches small files become large ones; 0 for never."""
        self._writer = writer
        self._optimize_every = optimize_every
        self._schema = schema
        self._query_id = query_id

    @property
    def description(self) -> str:
        return f"DeltaSink[{self._writer.path}]"

    def write(self, batch_id: int, rows: pa.Table, mode: OutputMode) -> int | None:
        self._writer.write(rows.to_batches(), self._schema, Transaction(self._query_id, batch_id))
        if self._optimize_every and (batch_id + 1) % self._optimize_every == 0:
            self._compact()
        return None

    def _compact(self) -> None:
        """A version of its own, without a change of rows. The batch is there already, so it may as well not come."""
        try:
            compact(self._writer.path)
        except SparkError as error:
            _logger.warning("The small files of %s stay for now: %s", self._writer.path, error)

    def close(self) -> None:
        """There is nothing to let go of."""
