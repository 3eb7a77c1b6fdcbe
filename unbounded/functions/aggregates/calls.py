"""Pieces of engine aggregate calls: computed arguments, extra conditions, states that are their own result."""

from __future__ import annotations

from dataclasses import replace

from unbounded.functions.registry import AggregateState, EngineRule, Invocation, StateColumn, call, fill
from unbounded.functions.signature import Types
from unbounded.types.datatypes import LONG, DataType


def called(name: str, invocation: Invocation, *arguments: str, condition: str = "") -> str:
    """The engine aggregate `name` of these arguments, with the call's own modifiers and one more condition."""
    own = invocation.modifiers.get("condition", "")
    conditions = " AND ".join(f"({c})" for c in (own, condition) if c)
    modifiers = {**invocation.modifiers, "filter": f" FILTER (WHERE {conditions})" if conditions else "", "nulls": ""}
    return fill(call(name), replace(invocation, sql=tuple(arguments), modifiers=modifiers))


def first_type(types: Types) -> DataType:
    return types[0]


def own_state(update: EngineRule, merge: str, data_type: DataType | None = None) -> AggregateState:
    """A state that is the result: `merge` is the engine aggregate of states."""
    return AggregateState((StateColumn(data_type or first_type, update, call(merge, "{0}")),), "{0}")


COUNT_MERGE = f"CAST(coalesce({call('sum', '{0}')}, 0) AS BIGINT)"


def count_column(update: EngineRule) -> StateColumn:
    return StateColumn(LONG, update, COUNT_MERGE, "count", nullable=False)
