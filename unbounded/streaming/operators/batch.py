"""What every stateful operator works with in one batch, and what it answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pyarrow as pa

from unbounded.connectors.streams import OutputMode
from unbounded.streaming.fragments import FragmentRunner

EXPIRY = "expiry"
"""The column of a state by which its rows are forgotten: microseconds, NULL for never."""


@dataclass(frozen=True, slots=True)
class OperatorBatch:
    """`late_us`: rows at or before it come too late. `eviction_us`: what is at or before it is complete."""

    mode: OutputMode
    runner: FragmentRunner
    now_us: int
    late_us: int
    eviction_us: int


@dataclass(frozen=True, slots=True)
class OperatorResult:
    """`rows` for the operators above; counts of rows of state written and removed, and of input dropped as late.

    `added_count`: by how much the state has grown, where a row of the store is not what Spark counts.
    """

    rows: pa.Table
    updated_count: int = 0
    removed_count: int = 0
    late_count: int = 0
    custom: Mapping[str, int] = field(default_factory=dict)
    added_count: int | None = None


@dataclass(frozen=True, slots=True)
class StateLayout:
    """Columns of an operator's state, keys first, and the one by which rows expire."""

    schema: pa.Schema
    key_count: int
    expiry: str | None = None
