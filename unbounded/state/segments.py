"""The rows of a state: Arrow record batches that only grow in number, with a flag per row that says whether it counts.

A row has an id, given in the order of arrival and kept when segments are merged, so that nothing that refers to a row
changes then. A segment has the ids of a range that no other segment reaches into. Who has which key is not known here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from unbounded.state.arrays import Flags, Ids, Positions
from unbounded.state.kernels import kernels

SEGMENT_ROWS = 1 << 20
"""No segment grows beyond this by merging, and larger ones are split when they come."""

_LARGEST_SPREAD = 8


@dataclass(frozen=True, slots=True)
class ExpiryOrder:
    """The rows of a segment by their expiry; rows without one (NULL) never expire and are not in it."""

    values: npt.NDArray[np.int64]
    positions: Positions


@dataclass(eq=False, slots=True)
class Segment:
    """`ids` is None if the rows have the ids from `first_id` without a gap; else it says them, ascending.

    `places[id - first_id]` is the position of a row, kept while the gaps are few; else it is searched for.
    """

    first_id: int
    ids: Ids | None
    places: npt.NDArray[np.int32] | None
    rows: pa.RecordBatch
    is_live: Flags
    live_count: int
    size_bytes: int
    is_spilled: bool = False
    expiry_order: ExpiryOrder | None = None
    expired_count: int = 0

    @classmethod
    def of(cls, rows: pa.RecordBatch, first_id: int, ids: Ids | None = None) -> Segment:
        """A segment of rows that all count."""
        is_live = np.ones(rows.num_rows, dtype=np.bool_)
        return cls(first_id, ids, _places(ids), rows, is_live, rows.num_rows, rows.nbytes)

    @property
    def memory_bytes(self) -> int:
        order = self.expiry_order
        size = self.is_live.nbytes + (0 if self.ids is None else self.ids.nbytes)
        size += 0 if self.places is None else self.places.nbytes
        size += 0 if order is None else order.values.nbytes + order.positions.nbytes
        return size + (0 if self.is_spilled else self.size_bytes)

    def positions(self, ids: Ids) -> Positions:
        if self.ids is None:
            return ids - self.first_id
        if self.places is None:
            return np.searchsorted(self.ids, ids)
        return self.places[ids - self.first_id].astype(np.int64)

    def ids_at(self, positions: Positions) -> Ids:
        return positions + self.first_id if self.ids is None else self.ids[positions]

    def mark(self, positions: Positions, *, is_live: bool) -> None:
        self.is_live[positions] = is_live
        self.live_count += len(positions) if is_live else -len(positions)

    def live_rows(self) -> pa.RecordBatch:
        return live_part(self.rows, self.is_live, self.live_count)


def _places(ids: Ids | None) -> npt.NDArray[np.int32] | None:
    if ids is None or ids[-1] - ids[0] >= _LARGEST_SPREAD * len(ids):
        return None
    places = np.zeros(int(ids[-1] - ids[0]) + 1, dtype=np.int32)
    places[ids - ids[0]] = np.arange(len(ids), dtype=np.int32)
    return places


def live_part(rows: pa.RecordBatch, is_live: Flags, live_count: int) -> pa.RecordBatch:
    return rows if live_count == rows.num_rows else rows.filter(pa.array(is_live))


@dataclass(eq=False)
class Segments:
    """All segments by their ids. `expiry`: the path of the column by which rows expire."""

    schema: pa.Schema
    expiry: tuple[str, ...] | None = None
    parts: list[Segment] = field(default_factory=list)
    next_id: int = 0
    _first_ids: Ids = field(default_factory=lambda: np.zeros(0, dtype=np.int64))

    def append(self, rows: pa.Table) -> Ids:
        """Adds rows; their ids."""
        first_id = self.next_id
        for batch in rows.combine_chunks().to_batches(max_chunksize=SEGMENT_ROWS):
            if batch.num_rows:
                self.parts.append(Segment.of(batch, self.next_id))
                self.next_id += batch.num_rows
        self._changed()
        return np.arange(first_id, self.next_id)

    def truncate(self, next_id: int) -> None:
        """Forgets the rows from `next_id` on. No merged segment may reach over it."""
        self.parts = [part for part in self.parts if part.first_id < next_id]
        self.next_id = next_id
        self._changed()

    def substitute(self, old: Sequence[Segment], new: Sequence[Segment]) -> None:
        """Puts `new` in the place of neighbours; it has those of their rows that count."""
        start = self.parts.index(old[0])
        self.parts[start : start + len(old)] = new
        self._changed()

    def take(self, ids: Ids, names: list[str] | None = None) -> pa.Table:
        """The rows with these ids, in their order; all columns or those named."""
        if names is not None and not names:
            return pa.table({"ids": ids}).select([])
        schema = self.schema if names is None else pa.schema([self.schema.field(name) for name in names])
        batches: list[pa.RecordBatch] = []
        places: list[Positions] = []
        for segment, chosen in self._by_segment(ids):
            rows = segment.rows if names is None else segment.rows.select(names)
            batches.append(rows.take(pa.array(segment.positions(ids[chosen]))))
            places.append(chosen)
        found = pa.Table.from_batches(batches, schema=schema)
        if not places:
            return found
        order = np.empty(len(ids), dtype=np.int64)
        order[np.concatenate(places)] = np.arange(len(ids))
        return found.combine_chunks().take(pa.array(order))

    def mark(self, ids: Ids, *, is_live: bool) -> None:
        for segment, chosen in self._by_segment(ids):
            segment.mark(segment.positions(ids[chosen]), is_live=is_live)

    def scan(self) -> pa.Table:
        """Every row that counts, in the order of arrival."""
        return pa.Table.from_batches([part.live_rows() for part in self.parts], schema=self.schema)

    def expire(self, limit: int) -> Ids:
        """The ids of the rows that count and whose expiry is `limit` or less; the next call does not look at them."""
        found: list[Ids] = []
        for segment in self.parts:
            order = segment.expiry_order or self._order_by_expiry(segment)
            end = int(np.searchsorted(order.values, limit, side="right"))
            positions = order.positions[segment.expired_count : end]
            positions = positions[segment.is_live[positions]]
            segment.expired_count = max(segment.expired_count, end)
            if positions.size:
                found.append(np.sort(segment.ids_at(positions)))
        return np.concatenate(found) if found else np.zeros(0, dtype=np.int64)

    def look_again(self) -> None:
        """Rows that expired may count again."""
        for segment in self.parts:
            segment.expired_count = 0

    @property
    def memory_bytes(self) -> int:
        return sum(part.memory_bytes for part in self.parts)

    def _changed(self) -> None:
        self._first_ids = np.array([part.first_id for part in self.parts], dtype=np.int64)

    def _by_segment(self, ids: Ids) -> Iterator[tuple[Segment, Positions]]:
        """Each segment that has some of `ids`, with their positions in `ids`, in the order of the rows stored."""
        order = np.empty(len(ids), dtype=np.int64)
        kernels.argsort(ids, order)
        starts = np.append(np.searchsorted(ids[order], self._first_ids), len(ids))
        for number in np.flatnonzero(np.diff(starts)):
            yield self.parts[number], order[starts[number] : starts[number + 1]]

    def _order_by_expiry(self, segment: Segment) -> ExpiryOrder:
        values, is_present = _expiry_values(segment.rows, self.expiry or ())
        positions = np.argsort(values, kind="stable")
        if is_present is not None:
            positions = positions[is_present[positions]]
        segment.expiry_order = ExpiryOrder(values[positions], positions)
        return segment.expiry_order


def _expiry_values(rows: pa.RecordBatch, path: tuple[str, ...]) -> tuple[npt.NDArray[np.int64], Flags | None]:
    """The expiry of each row as a number, and which rows have one (None: all)."""
    column = rows.column(path[0])
    for name in path[1:]:
        column = pc.struct_field(column, name)
    is_present = column.is_valid().to_numpy(zero_copy_only=False) if column.null_count else None
    width = column.type.bit_width
    numbers = column.view(f"int{width}").cast(pa.int64()).fill_null(0)
    values: npt.NDArray[np.int64] = numbers.to_numpy()
    return values, is_present
