"""The memory sink: the rows of a query as a table other queries of the session can read."""

from __future__ import annotations

import threading

import pyarrow as pa

from unbounded.connectors.streams import OutputMode


class MemorySink:
    """Append and update add rows, complete replaces them. A batch that is already held is ignored."""

    takes_parts = False

    def __init__(self, schema: pa.Schema) -> None:
        self._lock = threading.Lock()
        self._tables: list[pa.Table] = [schema.empty_table()]
        self._last_batch_id = -1

    @property
    def description(self) -> str:
        return "MemorySink"

    def table(self) -> pa.Table:
        """Everything written so far."""
        with self._lock:
            return pa.concat_tables(self._tables)

    def write(self, batch_id: int, rows: pa.Table, mode: OutputMode) -> int:
        with self._lock:
            if batch_id > self._last_batch_id:
                kept = [rows.slice(0, 0)] if mode is OutputMode.COMPLETE else self._tables
                self._tables = [*kept, rows]
                self._last_batch_id = batch_id
        return int(rows.num_rows)

    def close(self) -> None:
        """The table stays."""
