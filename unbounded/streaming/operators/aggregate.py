"""Incremental aggregation: merge the groups of a batch with their stored state, and give the rows the mode asks for.

Append gives the groups that the watermark has passed and forgets them; update gives the groups of this batch and
forgets in silence; complete gives all groups and forgets none.
"""

from __future__ import annotations

import pyarrow as pa

from unbounded.connectors.streams import OutputMode
from unbounded.state.store import StateTransaction
from unbounded.streaming.operators.batch import EXPIRY, OperatorBatch, OperatorResult, StateLayout
from unbounded.streaming.plans import NEW, STORED, IncrementalAggregate
from unbounded.streaming.watermark import event_micros, without_late
from unbounded.types.arrow import to_arrow_type

_FIRST_SEEN = "first_seen"


def run_aggregate(
    operator: IncrementalAggregate, new: pa.Table, state: StateTransaction, batch: OperatorBatch
) -> OperatorResult:
    """`new` has one row of state per touched group; groups of the past are late as a whole."""
    names = _names(operator)
    new = new.rename_columns([*names, *([_FIRST_SEEN] if operator.tells_first_seen else [])])
    event_key = None if batch.mode is OutputMode.COMPLETE else operator.event_key
    late_count = 0
    if event_key is not None and operator.has_watermark:
        new, late_count = without_late(new, event_key, batch.late_us)
    stored = state.get(new.select(names[: operator.key_count])).select(names)
    if operator.tells_first_seen:
        stored = stored.append_column(_FIRST_SEEN, pa.nulls(stored.num_rows, pa.int64()))
    given = {NEW: new, STORED: stored}
    merged = batch.runner.run(operator.merge, given, batch.now_us).rename_columns(names)
    state.put(_with_expiry(merged, operator))
    expired = None
    if event_key is not None and operator.has_watermark:
        expired = state.take_expired(EXPIRY, batch.eviction_us).select(names)
    shown = _shown(merged, expired, state, batch.mode, names)
    return OperatorResult(shown, merged.num_rows, 0 if expired is None else expired.num_rows, late_count)


def _shown(
    merged: pa.Table, expired: pa.Table | None, state: StateTransaction, mode: OutputMode, names: list[str]
) -> pa.Table:
    match mode:
        case OutputMode.COMPLETE:
            return state.scan().select(names)
        case OutputMode.UPDATE:
            return merged
        case OutputMode.APPEND:
            return merged.slice(0, 0) if expired is None else expired


def _with_expiry(rows: pa.Table, operator: IncrementalAggregate) -> pa.Table:
    if operator.event_key is None:
        return rows
    return rows.append_column(EXPIRY, event_micros(rows.column(operator.event_key)))


def aggregate_layout(operator: IncrementalAggregate, time_zone: str) -> StateLayout:
    types = [to_arrow_type(attribute.data_type, time_zone) for attribute in operator.state]
    columns = list(zip(_names(operator), types, strict=True))
    if operator.event_key is None:
        return StateLayout(pa.schema(columns), operator.key_count)
    return StateLayout(pa.schema([*columns, (EXPIRY, pa.int64())]), operator.key_count, EXPIRY)


def _names(operator: IncrementalAggregate) -> list[str]:
    """Columns of state go by position: two of them may have the same name in the query."""
    return [f"s{position}" for position in range(len(operator.state))]
