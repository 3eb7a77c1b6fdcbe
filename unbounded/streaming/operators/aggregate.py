"""Incremental aggregation: merge the groups of a batch with their stored state, and give the rows the mode asks for."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from unbounded.connectors.streams import OutputMode
from unbounded.state.store import StateTransaction
from unbounded.streaming.fragments import FragmentRunner
from unbounded.streaming.plans import NEW, STATE, STORED, IncrementalAggregate
from unbounded.types.arrow import to_arrow_type


@dataclass(frozen=True, slots=True)
class OperatorResult:
    """`rows` for the operators above; `updated_count`: groups written in this batch."""

    rows: pa.Table
    updated_count: int


def run_aggregate(
    operator: IncrementalAggregate,
    new: pa.Table,
    state: StateTransaction,
    mode: OutputMode,
    runner: FragmentRunner,
    now_us: int,
) -> OperatorResult:
    """One batch: `new` has one row of state per touched group; their state is merged, stored and finished.

    Update mode gives the touched groups, complete mode all groups.
    """
    names = state_column_names(operator)
    new = new.rename_columns(names)
    stored = state.get(new.select(names[: operator.key_count]))
    merged = runner.run(operator.merge, {NEW: new, STORED: stored}, now_us).rename_columns(names)
    state.put(merged)
    shown = state.scan() if mode is OutputMode.COMPLETE else merged
    return OperatorResult(runner.run(operator.finish, {STATE: shown}, now_us), merged.num_rows)


def state_column_names(operator: IncrementalAggregate) -> list[str]:
    """Columns of state go by position: two of them may have the same name in the query."""
    return [f"s{position}" for position in range(len(operator.state))]


def state_schema(operator: IncrementalAggregate, time_zone: str) -> pa.Schema:
    """The columns of the operator's state, keys first."""
    types = [to_arrow_type(attribute.data_type, time_zone) for attribute in operator.state]
    return pa.schema(list(zip(state_column_names(operator), types, strict=True)))
