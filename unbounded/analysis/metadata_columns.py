"""Metadata columns that a query uses come out of their scans and up to where they are used; nothing else changes.

Expressions refer to such a column before any relation has it in its output (see `plan.metadata_columns`).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

from unbounded.plan.expressions import Attribute
from unbounded.plan.logical import Join, LogicalPlan, MapPartitions, Project, Scan, SetOperation, Stored, StreamScan
from unbounded.plan.metadata_columns import metadata_columns
from unbounded.plan.tree import children, map_children, rewrite, rewrite_down, walk

Needed = frozenset[int]
"""Ids of columns that somebody above uses."""

_BY_POSITION = (SetOperation, MapPartitions)
"""Relations that take their input's columns as they come."""


def let_metadata_through(plan: LogicalPlan) -> LogicalPlan:
    """`plan` with the same output, its metadata columns present wherever an expression reads them."""
    sources = _Sources()
    return sources.read_alike(_let_through(plan, frozenset(), sources))


class _Sources:
    """The sources that are asked for their metadata column. A stream that is read in several places is one source."""

    def __init__(self) -> None:
        self._asked: dict[int, tuple[Any, Any]] = {}

    def with_metadata(self, scan: Scan | StreamScan, column: Attribute) -> LogicalPlan:
        _, asked = self._asked.setdefault(id(scan.source), (scan.source, scan.source.with_metadata()))
        return replace(scan, source=asked, output=(*scan.output, column))

    def read_alike(self, plan: LogicalPlan) -> LogicalPlan:
        """`plan` with every stream asked for the column if it is asked for it in one place."""
        return cast(LogicalPlan, rewrite(plan, self._alike)) if self._asked else plan

    def _alike(self, node: object) -> object:
        match node:
            case StreamScan(metadata=Attribute() as column) if id(node.source) in self._asked:
                return Project(self.with_metadata(node, column), node.output)
            case _:
                return node


def _let_through(plan: LogicalPlan, needed: Needed, sources: _Sources) -> LogicalPlan:
    """`plan` with those of the columns `needed` that come from below it between or behind its own."""
    match plan:
        case Scan(metadata=Attribute() as column) | StreamScan(metadata=Attribute() as column):
            return sources.with_metadata(plan, column) if column.id in needed - _ids(plan.output) else plan
        case Stored(computed=computed) if computed is not None:
            is_needed = needed & _ids(metadata_columns(computed.plan))
            return _let_through(computed.plan, needed, sources) if is_needed else plan
        case _:
            return _widened(plan, needed, sources)


def _widened(plan: LogicalPlan, needed: Needed, sources: _Sources) -> LogicalPlan:
    below = frozenset() if isinstance(plan, _BY_POSITION) else needed | _used(plan)
    offered: dict[int, Attribute] = {}

    def change(child: object) -> object:
        if not isinstance(child, LogicalPlan):
            return rewrite_down(child, in_subquery)
        widened = _let_through(child, below, sources)
        offered.update({a.id: a for a in _added(widened, child)})
        return widened

    def in_subquery(node: object) -> object | None:
        return _let_through(node, frozenset(), sources) if isinstance(node, LogicalPlan) else None

    changed = map_children(plan, change)
    if isinstance(plan, Project):
        offered.update({a.id: a for a in plan.hidden})
    if not offered:
        return changed
    if isinstance(changed, Project):
        passed = (a for a in offered.values() if a.id in needed - _ids(plan.output))
        return replace(changed, expressions=(*changed.expressions, *passed))
    added = _added(changed, plan)
    kept = tuple(a for a in added if a.id in needed)
    return changed if len(kept) == len(added) else Project(changed, (*plan.output, *kept))


def _used(plan: LogicalPlan) -> Needed:
    """Columns that the node's own expressions read, those in the right side of a lateral join included."""
    own = [node for node in children(plan) if not isinstance(node, LogicalPlan)]
    if isinstance(plan, Join) and plan.is_lateral:
        own.append(plan.right)
    return frozenset(part.id for node in own for part in walk(node) if isinstance(part, Attribute))


def _added(widened: LogicalPlan, plan: LogicalPlan) -> tuple[Attribute, ...]:
    before = _ids(plan.output)
    return tuple(a for a in widened.output if a.id not in before)


def _ids(attributes: tuple[Attribute, ...]) -> Needed:
    return frozenset(a.id for a in attributes)
