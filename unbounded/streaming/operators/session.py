"""Session windows: the sessions of a key are one row of state, a list; a batch that touches a key rewrites its list.

A row's own session may bridge several stored ones, so all sessions of its key are merged with it. Counts are of
sessions, as Spark's state has one entry for each.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from unbounded.connectors.streams import OutputMode
from unbounded.state.arrays import Words
from unbounded.state.key_words import KeyWords, encode_keys
from unbounded.state.store import StateTransaction
from unbounded.streaming.operators.batch import EXPIRY, OperatorBatch, OperatorResult, StateLayout
from unbounded.streaming.plans import NEW, STORED, IncrementalSessions
from unbounded.streaming.watermark import event_micros, is_late, without_late
from unbounded.types.arrow import to_arrow_type

SESSIONS = "sessions"


def run_sessions(
    operator: IncrementalSessions, rows: pa.Table, state: StateTransaction, batch: OperatorBatch
) -> OperatorResult:
    """`rows` have their own session each, which is late or not before it is merged."""
    layout = _Layout(operator, batch.runner.environment.time_zone)
    drops = batch.mode is not OutputMode.COMPLETE and operator.has_watermark
    late_count = 0
    if drops:
        rows, late_count = without_late(rows, operator.row_session, batch.late_us)
    new = batch.runner.run(operator.update, {NEW: rows}, batch.now_us).rename_columns(layout.names)
    stored = layout.exploded(state.get(new.select(layout.keys)))
    merged = batch.runner.run(operator.merge, {NEW: new, STORED: stored}, batch.now_us).rename_columns(layout.names)
    state.put(layout.packed(merged))
    removed = _count_not_in(stored, merged, layout)
    closed = None
    if drops:
        expired = layout.exploded(state.take_expired(EXPIRY, batch.eviction_us))
        is_closed = is_late(expired.column(layout.session), batch.eviction_us)
        closed = expired.filter(is_closed)
        state.put(layout.packed(expired.filter(pc.invert(is_closed))))
        removed += closed.num_rows
    shown = layout.exploded(state.scan()) if batch.mode is OutputMode.COMPLETE else closed
    shown = merged.slice(0, 0) if shown is None else shown
    gone = 0 if closed is None else closed.num_rows
    return OperatorResult(
        shown, merged.num_rows, removed, late_count, added_count=merged.num_rows - stored.num_rows - gone
    )


def count_sessions(state: StateTransaction) -> int:
    """All sessions in the state: read once per run, then kept up by the changes."""
    return int(pc.sum(pc.list_value_length(state.scan().column(SESSIONS))).as_py() or 0)


def session_layout(operator: IncrementalSessions, time_zone: str) -> StateLayout:
    layout = _Layout(operator, time_zone)
    keys = [layout.schema.field(name) for name in layout.keys]
    sessions = pa.field(SESSIONS, pa.list_(pa.struct(layout.values)))
    return StateLayout(pa.schema([*keys, sessions, (EXPIRY, pa.int64())]), len(keys), EXPIRY)


def session_columns(rows: pa.Table) -> dict[str, pa.Array | pa.ChunkedArray]:
    """Rows of the state -> columns by name with a row per session; first those of the key, then those of a session."""
    lists = _whole(rows.column(SESSIONS))
    owners, sessions = pc.list_parent_indices(lists), pc.list_flatten(lists)
    keys = rows.schema.names[: rows.schema.get_field_index(SESSIONS)]
    columns = {name: rows.column(name).take(owners) for name in keys}
    return columns | {field.name: pc.struct_field(sessions, [i]) for i, field in enumerate(sessions.type)}


class _Layout:
    """Sessions as rows (`schema`), and as one row per key with a list of them."""

    def __init__(self, operator: IncrementalSessions, time_zone: str) -> None:
        self.names = [f"s{i}" for i in range(len(operator.state))]
        types = [to_arrow_type(attribute.data_type, time_zone) for attribute in operator.state]
        self.schema = pa.schema(list(zip(self.names, types, strict=True)))
        self.session = self.names[operator.session]
        self.keys = [name for name in self.names[: operator.key_count] if name != self.session]
        self.values = [self.schema.field(name) for name in self.names if name not in self.keys]

    def exploded(self, rows: pa.Table) -> pa.Table:
        """A row per session, those of a key together."""
        columns = session_columns(rows)
        return pa.table([columns[name] for name in self.names], schema=self.schema)

    def packed(self, rows: pa.Table) -> pa.Table:
        """A row per key; those of `rows` with equal keys stand together."""
        schema = pa.schema(
            [*(self.schema.field(name) for name in self.keys), (SESSIONS, pa.list_(pa.struct(self.values)))]
        )
        if rows.num_rows == 0:
            return schema.append(pa.field(EXPIRY, pa.int64())).empty_table()
        starts = self._starts(rows)
        offsets = pa.array(np.append(starts, rows.num_rows).astype(np.int32))
        values = pa.StructArray.from_arrays(
            [_whole(rows.column(field.name)) for field in self.values], fields=self.values
        )
        lists = pa.ListArray.from_arrays(offsets, values, type=schema.field(SESSIONS).type)
        ends = event_micros(rows.column(self.session)).to_numpy()
        expiry = pa.array(np.minimum.reduceat(ends, starts))
        keys = [rows.column(name).take(pa.array(starts)) for name in self.keys]
        return pa.table([*keys, lists, expiry], names=[*self.keys, SESSIONS, EXPIRY])

    def _starts(self, rows: pa.Table) -> np.ndarray:
        """Where in `rows` a new key begins."""
        words = self._words(rows, self.keys)
        after, before = np.arange(1, rows.num_rows), np.arange(rows.num_rows - 1)
        is_same = words.take(after).equals(words.take(before))
        return np.append(0, after[~is_same])

    def _words(self, rows: pa.Table, names: list[str]) -> KeyWords:
        return encode_keys([_whole(rows.column(name)) for name in names], rows.num_rows)

    def session_hashes(self, rows: pa.Table) -> Words:
        """Of the key with the start of the session."""
        starts = _whole(pc.struct_field(rows.column(self.session), [0]))
        keys = [_whole(rows.column(name)) for name in self.keys]
        return encode_keys([*keys, starts], rows.num_rows).hashes()


def _count_not_in(stored: pa.Table, merged: pa.Table, layout: _Layout) -> int:
    """How many stored sessions are no longer there, by key and start. A metric, so equal hashes are equal keys."""
    is_kept = np.isin(layout.session_hashes(stored), layout.session_hashes(merged))
    return int(np.count_nonzero(~is_kept))


def _whole(column: pa.ChunkedArray) -> pa.Array:
    whole = column.combine_chunks()
    if isinstance(whole, pa.ChunkedArray):
        return whole.chunk(0) if whole.num_chunks else pa.array([], whole.type)
    return whole
