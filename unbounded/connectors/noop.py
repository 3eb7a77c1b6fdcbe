"""The noop sink: takes every batch and keeps nothing."""

from __future__ import annotations

import pyarrow as pa

from unbounded.connectors.streams import OutputMode


class NoopSink:
    """Implements `connectors.streams.StreamSink`."""

    takes_parts = True

    @property
    def description(self) -> str:
        return "NoopTable"

    def write(self, batch_id: int, rows: pa.Table, mode: OutputMode) -> int:
        count: int = rows.num_rows
        return count

    def close(self) -> None:
        """Holds nothing."""
