"""Rows that came too late: kept in a table, and a few of them in memory for whoever watches.

The table is Parquet files, one for each batch of a query that had any. A file's name says query and batch, so a batch
that is done again writes the same file; queries may share the table.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from unbounded.clock import Clock
from unbounded.storage.api import FileSystem
from unbounded.streaming.progress import QueryIdentity
from unbounded.streaming.watermark import event_micros
from unbounded.types.arrow import to_arrow_schema
from unbounded.types.datatypes import LONG, STRING, TIMESTAMP, StructField, StructType

LATE_ROWS_SCHEMA = StructType(
    (
        StructField("query_id", STRING),
        StructField("query_name", STRING),
        StructField("batch_id", LONG),
        StructField("operator", STRING),
        StructField("event_time", TIMESTAMP),
        StructField("watermark", TIMESTAMP),
        StructField("reason", STRING),
        StructField("row", STRING),
    )
)
"""`event_time`: of a row in a window the window's end. `row`: JSON of the row as the operator would have seen it."""

_OF_WINDOW = "its window had ended by the watermark"
_OF_TIME = "its event time is not after the watermark"


@dataclass(frozen=True, slots=True)
class LateRows:
    """What one operator dropped in a batch. `rows`: event time (or a window), and the row as JSON."""

    operator: str
    rows: pa.Table


class LateRowsKeeper(Protocol):
    """Who wants to know which rows an operator dropped."""

    def wants_rows(self) -> bool:
        """Whether those of the batch that begins are wanted: finding them costs a query over the batch."""
        ...

    def write(self, batch_id: int, watermark_ms: int, dropped: Sequence[LateRows]) -> None: ...


SAMPLE_ROWS = 20
SAMPLE_INTERVAL_US = 5_000_000


class LateRowsSample:
    """The last `SAMPLE_ROWS` late rows of batches `SAMPLE_INTERVAL_US` apart, in the columns of `LATE_ROWS_SCHEMA`."""

    def __init__(self, identity: QueryIdentity, clock: Clock) -> None:
        self._identity = identity
        self._clock = clock
        self._due_us = 0
        self.rows = to_arrow_schema(LATE_ROWS_SCHEMA, "UTC").empty_table()

    def wants_rows(self) -> bool:
        return self._clock.monotonic_us() >= self._due_us

    def write(self, batch_id: int, watermark_ms: int, dropped: Sequence[LateRows]) -> None:
        if not any(late.rows.num_rows for late in dropped):
            return
        last = [replace(late, rows=late.rows.slice(max(late.rows.num_rows - SAMPLE_ROWS, 0))) for late in dropped]
        rows = pa.concat_tables([self.rows, *(_table(self._identity, batch_id, watermark_ms, late) for late in last)])
        self.rows = rows.slice(max(rows.num_rows - SAMPLE_ROWS, 0))
        self._due_us = self._clock.monotonic_us() + SAMPLE_INTERVAL_US


class LateRowsTable:
    """The files of one query in the table's folder."""

    def __init__(self, files: FileSystem, folder: str, identity: QueryIdentity) -> None:
        self._files = files
        self._folder = folder
        self._identity = identity

    def wants_rows(self) -> bool:
        return True

    def write(self, batch_id: int, watermark_ms: int, dropped: Sequence[LateRows]) -> None:
        """Durable afterwards; writing a batch again changes nothing. Nothing is written for no rows."""
        tables = [_table(self._identity, batch_id, watermark_ms, late) for late in dropped if late.rows.num_rows]
        if not tables:
            return
        content = io.BytesIO()
        pq.write_table(pa.concat_tables(tables), content)
        path = f"{self._folder}/late-{self._identity.query_id}-{batch_id:010}.parquet"
        self._files.replace(path, content.getvalue())


def _table(identity: QueryIdentity, batch_id: int, watermark_ms: int, late: LateRows) -> pa.Table:
    """In the columns of `LATE_ROWS_SCHEMA`."""
    schema = to_arrow_schema(LATE_ROWS_SCHEMA, "UTC")
    event, row = late.rows.columns
    count = late.rows.num_rows
    reason = _OF_WINDOW if pa.types.is_struct(event.type) else _OF_TIME
    constants = {
        "query_id": identity.query_id,
        "query_name": identity.name,
        "batch_id": batch_id,
        "operator": late.operator,
        "watermark": watermark_ms * 1000,
        "reason": reason,
    }
    types = {name: schema.field(name).type for name in constants}
    columns = {name: pa.repeat(_scalar(value, types[name]), count) for name, value in constants.items()}
    columns |= {"event_time": event_micros(event).cast(types["watermark"]), "row": row}
    return pa.Table.from_arrays([columns[name] for name in schema.names], schema=schema)


def _scalar(value: object, data_type: pa.DataType) -> pa.Scalar:
    return pc.cast(pa.scalar(value), data_type)
