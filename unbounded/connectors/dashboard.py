"""The dashboard sink: the rows of a query as a bounded live table. Draws nothing; the monitoring page reads it.

The query only hands its batch over. Rows of the same key are made one when the table is read, at most ten times a
second, or when too many batches wait for it.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from unbounded.connectors.dashboard_options import DashboardOptions, flat_fields, is_window
from unbounded.connectors.streams import OutputMode

ROWS_HELD_MAX = 100_000
PARTS_MAX = 64
_POSITION = "position"


@dataclass(frozen=True, slots=True)
class LiveTable:
    """Rows of the flat table, the newest last unless the query has an order of its own (complete mode)."""

    rows: pa.Table
    version: int
    mode: OutputMode


class DashboardSink:
    """Append mode adds rows, update mode replaces those of its key, complete mode replaces all.

    A batch that is already held is ignored. `has_order`: whether the query sorts its rows; otherwise their order in
    complete mode means nothing, and changes.
    """

    takes_parts = False

    def __init__(
        self, options: DashboardOptions, schema: pa.Schema, mode: OutputMode, *, has_order: bool = False
    ) -> None:
        self.options = options
        self.has_order = has_order
        self._mode = mode
        self._lock = threading.Lock()
        self._parts: tuple[pa.Table, ...] = (schema.empty_table(),)
        self._generation = 0
        self._last_batch_id = -1
        self.version = 0
        """Changes with every batch."""

    @property
    def description(self) -> str:
        return f"DashboardSink[{self.options.chart.value}]"

    def write(self, batch_id: int, rows: pa.Table, mode: OutputMode) -> int:
        with self._lock:
            if batch_id > self._last_batch_id:
                self._last_batch_id = batch_id
                self._take(rows)
            is_full = len(self._parts) > PARTS_MAX or sum(part.num_rows for part in self._parts) > 2 * ROWS_HELD_MAX
        if is_full:
            self._fold()
        return int(rows.num_rows)

    def _take(self, rows: pa.Table) -> None:
        if self._mode is OutputMode.COMPLETE:
            self._parts = (rows.slice(0, ROWS_HELD_MAX),)
            self._generation += 1
            self.version += 1
        elif rows.num_rows:
            self._parts = (*self._parts, _newest(rows))
            self.version += 1

    def live(self) -> LiveTable:
        """The table as it is now."""
        version, table = self._fold()
        return LiveTable(flat(table), version, self._mode)

    def _fold(self) -> tuple[int, pa.Table]:
        """All parts as one, without holding up a query that writes meanwhile."""
        with self._lock:
            parts, generation, version = self._parts, self._generation, self.version
        if len(parts) == 1:
            return version, parts[0]
        folded = pa.concat_tables(parts)
        if self._mode is OutputMode.UPDATE and self.options.keys:
            folded = latest_of_keys(folded, self.options.keys)
        folded = _newest(folded).combine_chunks()
        with self._lock:
            if self._generation == generation:
                self._parts = (folded, *self._parts[len(parts) :])
                self._generation += 1
        return version, folded

    def close(self) -> None:
        """The table stays to be seen."""


def flat(rows: pa.Table) -> pa.Table:
    """`rows` with the columns of `flat_fields`; no field of a window is NULL unless the window is."""
    columns: list[pa.ChunkedArray] = []
    for column in rows.columns:
        columns += column.flatten() if is_window(column.type) else [column]
    return pa.table(columns, names=[name for name, _ in flat_fields(rows.schema)])


def latest_of_keys(rows: pa.Table, keys: Sequence[str]) -> pa.Table:
    """The last row of each combination of `keys` (columns of the flat table), in the order of the rows."""
    shown = flat(rows)
    names = [f"k{i}" for i in range(len(keys))]
    columns = [_comparable(shown.column(key)) for key in keys]
    numbered = pa.table([*columns, pa.array(np.arange(rows.num_rows))], names=[*names, _POSITION])
    last = numbered.group_by(names, use_threads=False).aggregate([(_POSITION, "max")])
    return rows.take(last.column(f"{_POSITION}_max").combine_chunks().sort())


def _comparable(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return column.cast(pa.string()) if pa.types.is_nested(column.type) else column


def _newest(rows: pa.Table) -> pa.Table:
    """The last `ROWS_HELD_MAX` rows; copied, so that the others need no memory."""
    if rows.num_rows <= ROWS_HELD_MAX:
        return rows
    return rows.take(pa.array(np.arange(rows.num_rows - ROWS_HELD_MAX, rows.num_rows)))
