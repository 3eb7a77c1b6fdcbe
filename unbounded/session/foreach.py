"""The sink of `foreach`: each row of a batch goes through a Python function in the engine."""

from __future__ import annotations

import pyarrow as pa

from unbounded.cancellation import Cancellation
from unbounded.connectors.streams import OutputMode


class ForeachSink:
    """Implements `connectors.streams.StreamSink`. A batch that is written again goes through the function again."""

    takes_parts = True

    description = "ForeachWriterTable"

    def __init__(self, command: bytes, cancellation: Cancellation) -> None:
        self._command = command
        self._cancellation = cancellation

    def write(self, batch_id: int, rows: pa.Table, mode: OutputMode) -> int:
        from unbounded.execution.python_rows import run_foreach  # noqa: PLC0415  loads the client's conversions

        run_foreach(self._command, rows, batch_id, self._cancellation)
        return int(rows.num_rows)

    def close(self) -> None:
        """Holds nothing open."""
