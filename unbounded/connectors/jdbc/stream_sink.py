"""The streaming sink of databases: every batch is one transaction, written once however often it is replayed."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from unbounded.cancellation import Cancellation
from unbounded.connectors.jdbc.batch_numbers import BatchNumber
from unbounded.connectors.jdbc.failures import DatabaseFailure, database_failed
from unbounded.connectors.jdbc.writer import JdbcWriter
from unbounded.connectors.streams import OutputMode
from unbounded.types.datatypes import StructType

_POSITION = "position"


class JdbcStreamSink:
    """Implements `connectors.streams.StreamSink`. The batch's number is kept with the rows (`batch_numbers`)."""

    takes_parts = False

    def __init__(
        self, writer: JdbcWriter, schema: StructType, query_id: str, cancellation: Cancellation | None = None
    ) -> None:
        self._writer = writer
        self._cancellation = cancellation
        self._schema = schema
        self._query_id = query_id

    @property
    def description(self) -> str:
        return f"JdbcSink[{self._writer.table.text}]"

    def write(self, batch_id: int, rows: pa.Table, mode: OutputMode) -> int | None:
        latest = self._latest(rows) if self._writer.keys else rows
        batch = BatchNumber(self._query_id, batch_id)
        self._writer.write(latest.to_batches(), latest.schema, self._schema, batch, self._cancellation)
        count: int = rows.num_rows
        return count

    def _latest(self, rows: pa.Table) -> pa.Table:
        """The last row of each key. Raises: SparkError for a key that is NULL, which no row could be found by"""
        positions = [self._position(key) for key in self._writer.keys]
        for key, position in zip(self._writer.keys, positions, strict=True):
            if rows.column(position).null_count:
                failure = DatabaseFailure(f"the column {key} of upsertKeys is NULL in a row. Filter such rows out.")
                raise database_failed(f"Nothing was written to {self._writer.table.text}", failure, ())
        keys = [rows.column(position) for position in positions]
        names = [f"k{i}" for i in range(len(keys))]
        numbered = pa.table([*keys, pa.array(np.arange(rows.num_rows))], names=[*names, _POSITION])
        last = numbered.group_by(names, use_threads=False).aggregate([(_POSITION, "max")])
        return rows.take(last.column(f"{_POSITION}_max").combine_chunks().sort())

    def _position(self, key: str) -> int:
        return [name.lower() for name in self._schema.names].index(key.lower())

    def close(self) -> None:
        """A connection lives as long as a batch: there is nothing to let go of."""
