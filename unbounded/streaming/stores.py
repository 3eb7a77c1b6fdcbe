"""The state stores of a query: one per stateful operator, each in its own folder of the checkpoint."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from unbounded.checkpoint.checkpoint import Checkpoint
from unbounded.clock import Clock
from unbounded.state.background import Background
from unbounded.state.columnar_store import ColumnarStateStore, StateSettings
from unbounded.state.store import StateStore
from unbounded.storage.api import FileSystem
from unbounded.streaming.operators.dispatch import state_layout
from unbounded.streaming.plans import IncrementalPlan


def open_stores(
    plan: IncrementalPlan,
    files: FileSystem,
    checkpoint: Checkpoint,
    time_zone: str,
    clock: Clock,
    *,
    settings: StateSettings | None = None,
    background: Callable[[], Background] | None = None,
) -> Mapping[int, StateStore]:
    """By operator id. `background` makes the one of each store (None: a thread)."""
    stores: dict[int, StateStore] = {}
    for operator in plan.operators():
        layout = state_layout(operator, time_zone)
        directory = checkpoint.state_directory(operator.operator_id)
        stores[operator.operator_id] = ColumnarStateStore(
            files,
            directory,
            layout.schema,
            layout.key_count,
            expiry=layout.expiry,
            settings=settings,
            clock=clock,
            background=None if background is None else background(),
        )
    return stores
