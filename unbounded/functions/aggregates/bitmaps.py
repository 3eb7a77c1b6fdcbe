"""Aggregates of bitmaps (`kernels.bitmaps`): made of positions, joined by OR and AND. Never NULL."""

from __future__ import annotations

from collections.abc import Callable

from unbounded.functions.aggregates.calls import called
from unbounded.functions.registry import (
    AggregateState,
    Function,
    Invocation,
    Nullability,
    StateColumn,
    aggregate,
)
from unbounded.functions.signature import P_LONG, Parameter
from unbounded.types.datatypes import BINARY, BinaryType

_BLOBS = "CAST([] AS BLOB[])"
_BITMAP = Parameter('"BINARY"', lambda given: given if isinstance(given, BinaryType) else None)


def _lower_construct(invocation: Invocation) -> str:
    position = invocation.sql[0]
    listed = called("list", invocation, f"DISTINCT {position}", condition=f"{position} IS NOT NULL")
    return f"kernel_bitmap_from_positions(coalesce({listed}, CAST([] AS BIGINT[])))"


def _joined(kernel: str) -> Callable[[Invocation], str]:
    def lower(invocation: Invocation) -> str:
        bitmap = invocation.sql[0]
        listed = called("list", invocation, f"DISTINCT {bitmap}", condition=f"{bitmap} IS NOT NULL")
        return f"{kernel}(coalesce({listed}, {_BLOBS}))"

    return lower


_OR, _AND = _joined("kernel_bitmap_any_of"), _joined("kernel_bitmap_all_of")


def _row(parameter: Parameter, update: Callable[[Invocation], str], merge: Callable[[Invocation], str]) -> Function:
    state = AggregateState((StateColumn(BINARY, update, merge),), "{0}")
    return aggregate([parameter], BINARY, update, nullability=Nullability.NEVER, state=state)


FUNCTIONS: dict[str, Function] = {
    "bitmap_construct_agg": _row(P_LONG, _lower_construct, _OR),
    "bitmap_or_agg": _row(_BITMAP, _OR, _OR),
    "bitmap_and_agg": _row(_BITMAP, _AND, _AND),
}
