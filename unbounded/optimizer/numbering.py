"""Rows numbered in the order of the input."""

from __future__ import annotations

from typing import Protocol

from unbounded.plan.expressions import Alias, Attribute, Frame, FrameEdge, FrameUnit, WindowCall, WindowFunctionCall
from unbounded.plan.logical import LogicalPlan, Project
from unbounded.types.datatypes import LONG

_UP_TO_ROW = Frame(FrameUnit.ROWS, FrameEdge.UNBOUNDED, FrameEdge.CURRENT_ROW)


class IdSource(Protocol):
    """Gives ids for new columns."""

    def take(self) -> int: ...


def numbered(plan: LogicalPlan, ids: IdSource) -> tuple[LogicalPlan, Attribute]:
    """`plan` with one more column: the position of the row, from 1."""
    numbering = WindowFunctionCall("row_number", (), LONG, nullable=False)
    position = Alias(WindowCall(numbering, (), (), _UP_TO_ROW), ids.take(), "position")
    return Project(plan, (*plan.output, position)), position.to_attribute()
