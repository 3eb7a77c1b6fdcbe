"""limit(n) on a stream: the state is one row, the number of rows given so far."""

from __future__ import annotations

import pyarrow as pa

from unbounded.state.store import StateTransaction
from unbounded.streaming.operators.batch import OperatorResult, StateLayout
from unbounded.streaming.plans import IncrementalLimit

_SCHEMA = pa.schema([("given", pa.int64())])


def run_limit(operator: IncrementalLimit, rows: pa.Table, state: StateTransaction) -> OperatorResult:
    stored = state.scan()
    given = int(stored.column(0)[0].as_py()) if stored.num_rows else 0
    passed = rows.slice(0, max(operator.row_count - given, 0))
    if passed.num_rows == 0 and stored.num_rows:
        return OperatorResult(passed)
    state.put(pa.table([pa.array([given + passed.num_rows], pa.int64())], schema=_SCHEMA))
    return OperatorResult(passed, updated_count=1)


def limit_layout() -> StateLayout:
    return StateLayout(_SCHEMA, 0)
