"""dropDuplicates and dropDuplicatesWithinWatermark: the first row of a key passes, the key is remembered."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from unbounded.state.store import StateTransaction
from unbounded.streaming.operators.batch import EXPIRY, OperatorBatch, OperatorResult, StateLayout
from unbounded.streaming.plans import NEW, IncrementalDeduplicate
from unbounded.streaming.watermark import event_micros, without_late
from unbounded.types.arrow import to_arrow_type


def run_deduplicate(
    operator: IncrementalDeduplicate, rows: pa.Table, state: StateTransaction, batch: OperatorBatch
) -> OperatorResult:
    late_count = 0
    if operator.late is not None:
        rows, late_count = without_late(rows, operator.late, batch.late_us)
    first = batch.runner.run(operator.distinct, {NEW: rows}, batch.now_us)
    keys = _keys(operator, first)
    is_new = np.ones(first.num_rows, dtype=bool)
    is_new[state.positions(keys)] = False
    fresh = first.filter(pa.array(is_new))
    state.put(_remembered(operator, fresh))
    expired = 0 if operator.expiry is None else state.take_expired(EXPIRY, batch.eviction_us).num_rows
    dropped = {"numDroppedDuplicateRows": rows.num_rows - fresh.num_rows}
    return OperatorResult(fresh, fresh.num_rows, expired, late_count, dropped)


def _keys(operator: IncrementalDeduplicate, rows: pa.Table) -> pa.Table:
    return rows.select(list(operator.keys)).rename_columns(_names(operator))


def _remembered(operator: IncrementalDeduplicate, rows: pa.Table) -> pa.Table:
    keys = _keys(operator, rows)
    if operator.expiry is None:
        return keys
    event_us = pc.fill_null(event_micros(rows.column(operator.expiry)), 0)  # so does Spark: NULL goes soon
    expiry = pc.add(event_us, operator.delay_ms * 1000)
    return keys.append_column(EXPIRY, expiry)


def deduplicate_layout(operator: IncrementalDeduplicate, time_zone: str) -> StateLayout:
    output = operator.distinct.output
    types = [to_arrow_type(output[position].data_type, time_zone) for position in operator.keys]
    columns = list(zip(_names(operator), types, strict=True))
    if operator.expiry is None:
        return StateLayout(pa.schema(columns), len(columns))
    return StateLayout(pa.schema([*columns, (EXPIRY, pa.int64())]), len(columns), EXPIRY)


def _names(operator: IncrementalDeduplicate) -> list[str]:
    return [f"s{i}" for i in range(len(operator.keys))]
