"""The one table of stateful operators: Spark's name, the state, and the work of a batch."""

from __future__ import annotations

import pyarrow as pa

from unbounded.connectors.streams import OutputMode
from unbounded.state.store import StateTransaction
from unbounded.streaming.operators.aggregate import aggregate_layout, run_aggregate
from unbounded.streaming.operators.batch import OperatorBatch, OperatorResult, StateLayout
from unbounded.streaming.operators.deduplicate import deduplicate_layout, run_deduplicate
from unbounded.streaming.operators.limit import limit_layout, run_limit
from unbounded.streaming.operators.session import count_sessions, run_sessions, session_layout
from unbounded.streaming.plans import (
    IncrementalAggregate,
    IncrementalDeduplicate,
    IncrementalLimit,
    IncrementalSessions,
    StatefulOperator,
)


def operator_name(operator: StatefulOperator) -> str:
    """As Spark's progress and metadata call it."""
    match operator:
        case IncrementalAggregate():
            return "stateStoreSave"
        case IncrementalSessions():
            return "sessionWindowStateStoreSaveExec"
        case IncrementalDeduplicate(is_within_watermark=is_within):
            return "dedupeWithinWatermark" if is_within else "dedupe"
        case IncrementalLimit():
            return "globalLimit"


def state_layout(operator: StatefulOperator, time_zone: str) -> StateLayout:
    match operator:
        case IncrementalAggregate():
            return aggregate_layout(operator, time_zone)
        case IncrementalSessions():
            return session_layout(operator, time_zone)
        case IncrementalDeduplicate():
            return deduplicate_layout(operator, time_zone)
        case IncrementalLimit():
            return limit_layout()


def run_operator(
    operator: StatefulOperator, rows: pa.Table, state: StateTransaction, batch: OperatorBatch
) -> OperatorResult:
    """`rows` are those of the fragment below in this batch."""
    match operator:
        case IncrementalAggregate():
            return run_aggregate(operator, rows, state, batch)
        case IncrementalSessions():
            return run_sessions(operator, rows, state, batch)
        case IncrementalDeduplicate():
            return run_deduplicate(operator, rows, state, batch)
        case IncrementalLimit():
            return run_limit(operator, rows, state)


def asks_for_batch(operator: StatefulOperator, mode: OutputMode) -> bool:
    """Whether it has work when the watermark has moved, though no row has come."""
    match operator:
        case IncrementalAggregate() | IncrementalSessions():
            return operator.has_watermark and mode is not OutputMode.COMPLETE
        case IncrementalDeduplicate():
            return operator.has_watermark
        case IncrementalLimit():
            return False


def counted_rows(operator: StatefulOperator, state: StateTransaction) -> int | None:
    """Rows of the state as Spark counts them, before a batch; None if those are the store's own."""
    return count_sessions(state) if isinstance(operator, IncrementalSessions) else None
