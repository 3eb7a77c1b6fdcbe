"""The streaming Delta sink: every batch is one version of the table, written once however often it is replayed."""

from __future__ import annotations

import pyarrow as pa

from unbounded.connectors.delta.writer import DeltaWriter, Transaction
from unbounded.connectors.streams import OutputMode
from unbounded.types.datatypes import StructType


class DeltaStreamSink:
    """Implements `connectors.streams.StreamSink`.

    The version names the query and the batch it holds (Delta's `txn`), in the same commit as the rows.
    """

    takes_parts = False

    def __init__(self, writer: DeltaWriter, schema: StructType, query_id: str) -> None:
        self._writer = writer
        self._schema = schema
        self._query_id = query_id

    @property
    def description(self) -> str:
        return f"DeltaSink[{self._writer.path}]"

    def write(self, batch_id: int, rows: pa.Table, mode: OutputMode) -> int | None:
        self._writer.write(rows.to_batches(), self._schema, Transaction(self._query_id, batch_id))
        return None

    def close(self) -> None:
        """There is nothing to let go of."""
