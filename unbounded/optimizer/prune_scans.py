"""Tells scans which columns a query uses.

The engine leaves out unused columns of files by itself. But what counts as a malformed record, and whether a query asks
for the corrupt record column alone, depends on it too; and a database is asked for no column that nobody uses.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from unbounded.connectors.files.scan import FileScan
from unbounded.connectors.jdbc.source import JdbcScan
from unbounded.plan.expressions import Attribute
from unbounded.plan.logical import (
    Aggregate,
    CollectMetrics,
    Filter,
    Join,
    Limit,
    LogicalPlan,
    Project,
    Sample,
    Scan,
    Sort,
    SubqueryAlias,
    Tail,
    WithWatermark,
)
from unbounded.plan.tree import map_children, walk

Needed = frozenset[int] | None
"""Ids of the columns that are used; None for all."""


def prune_scans(plan: LogicalPlan) -> LogicalPlan:
    """`plan` with `FileScan.required` set, and columns left out of a database's scan, wherever they are known."""
    return _prune(plan, frozenset(a.id for a in plan.output))


def _prune(plan: LogicalPlan, needed: Needed) -> LogicalPlan:
    match plan:
        case Scan(source=FileScan() as source, output=output) if needed is not None:
            positions = frozenset(i for i, a in enumerate(output) if a.id in needed)
            return plan if len(positions) == len(output) else replace(plan, source=source.with_required(positions))
        case Scan(source=JdbcScan() as database, output=output) if needed is not None:
            kept = [i for i, a in enumerate(output) if a.id in needed]
            return plan if len(kept) == len(output) else _narrowed(database, output, kept)
        case Project(child=child, expressions=expressions):
            return replace(plan, child=_prune(child, _columns(expressions)))
        case Aggregate(child=child, grouping=grouping, expressions=expressions):
            return replace(plan, child=_prune(child, _columns((*grouping, *expressions))))
        case Filter(child=child, condition=condition):
            return replace(plan, child=_prune(child, _also(needed, (condition,))))
        case Sort(child=child, order=order):
            return replace(plan, child=_prune(child, _also(needed, (o.child for o in order))))
        case CollectMetrics(child=child, metrics=metrics):
            return replace(plan, child=_prune(child, _also(needed, metrics)))
        case WithWatermark(child=child, event_time=event_time):
            return replace(plan, child=_prune(child, _also(needed, (event_time,))))
        case Limit(child=child) | Tail(child=child) | Sample(child=child) | SubqueryAlias(child=child):
            return replace(plan, child=_prune(child, needed))
        case Join(left=left, right=right, condition=condition, is_lateral=False):
            both = _also(needed, () if condition is None else (condition,))
            return replace(plan, left=_prune(left, both), right=_prune(right, both))
        case _:
            return map_children(plan, lambda child: _prune(child, None) if isinstance(child, LogicalPlan) else child)


def _narrowed(database: JdbcScan, output: tuple[Attribute, ...], kept: list[int]) -> Scan:
    return Scan(database.with_columns(kept), tuple(output[i] for i in kept))


def _columns(expressions: Iterable[object]) -> frozenset[int]:
    return frozenset(node.id for e in expressions for node in walk(e) if isinstance(node, Attribute))


def _also(needed: Needed, expressions: Iterable[object]) -> Needed:
    return None if needed is None else needed | _columns(expressions)
