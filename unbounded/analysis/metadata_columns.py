"""Metadata columns that a query uses come out of their scans and up to where they are used; nothing else changes.

Expressions refer to such a column before any relation has it in its output (see `plan.metadata_columns`).
"""

from __future__ import annotations

from dataclasses import replace

from unbounded.plan.expressions import Attribute
from unbounded.plan.logical import Join, LogicalPlan, MapPartitions, Project, Scan, SetOperation, Stored, StreamScan
from unbounded.plan.metadata_columns import metadata_columns
from unbounded.plan.tree import children, map_children, rewrite_down, walk

Needed = frozenset[int]
"""Ids of columns that somebody above uses."""

_BY_POSITION = (SetOperation, MapPartitions)
"""Relations that take their input's columns as they come."""


def let_metadata_through(plan: LogicalPlan) -> LogicalPlan:
    """`plan` with the same output, its metadata columns present wherever an expression reads them."""
    return _let_through(plan, frozenset())


def _let_through(plan: LogicalPlan, needed: Needed) -> LogicalPlan:
    """`plan` with those of the columns `needed` that come from below it between or behind its own."""
    match plan:
        case Scan(metadata=Attribute() as column) | StreamScan(metadata=Attribute() as column):
            return _with_metadata(plan, column) if column.id in needed - _ids(plan.output) else plan
        case Stored(computed=computed) if computed is not None:
            is_needed = needed & _ids(metadata_columns(computed.plan))
            return _let_through(computed.plan, needed) if is_needed else plan
        case _:
            return _widened(plan, needed)


def _with_metadata(scan: Scan | StreamScan, column: Attribute) -> LogicalPlan:
    return replace(scan, source=scan.source.with_metadata(), output=(*scan.output, column))


def _widened(plan: LogicalPlan, needed: Needed) -> LogicalPlan:
    below = frozenset() if isinstance(plan, _BY_POSITION) else needed | _used(plan)
    offered: dict[int, Attribute] = {}

    def change(child: object) -> object:
        if not isinstance(child, LogicalPlan):
            return rewrite_down(child, _in_subquery)
        widened = _let_through(child, below)
        offered.update({a.id: a for a in _added(widened, child)})
        return widened

    changed = map_children(plan, change)
    if not offered:
        return changed
    if isinstance(changed, Project):
        passed = (a for a in offered.values() if a.id in needed - _ids(plan.output))
        return replace(changed, expressions=(*changed.expressions, *passed))
    added = _added(changed, plan)
    kept = tuple(a for a in added if a.id in needed)
    return changed if len(kept) == len(added) else Project(changed, (*plan.output, *kept))


def _in_subquery(node: object) -> object | None:
    return let_metadata_through(node) if isinstance(node, LogicalPlan) else None


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
