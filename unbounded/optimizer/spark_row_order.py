"""Rows of an aggregate in the order in which Spark shows them.

Spark hashes groups to shuffle partitions and hands the partitions over in order, so `show()` after a `groupBy` has an
order that looks random but is always the same: pmod(murmur3(keys), spark.sql.shuffle.partitions). The engine's own
order changes with its threads. For a result that goes to a user this rule sorts by Spark's partition, and within one
(where Spark's order follows the input) by the keys. Not for tables that are written or used further.
"""

from __future__ import annotations

from dataclasses import replace
from typing import cast

from unbounded.plan.expressions import Attribute, Call, Expression, Literal, SortOrder, to_attribute
from unbounded.plan.logical import (
    Aggregate,
    Deduplicate,
    Filter,
    Limit,
    LogicalPlan,
    Project,
    Sort,
    SubqueryAlias,
)
from unbounded.types.datatypes import INTEGER

_ORDER_PRESERVING = (Project, Filter, SubqueryAlias, Limit)


def order_as_spark(plan: LogicalPlan, partition_count: int) -> LogicalPlan:
    """`plan` with the aggregate whose order reaches the result sorted as Spark would show it."""
    match plan:
        case Aggregate(grouping=grouping, grouping_sets=None) if grouping:
            return _sorted_groups(plan, partition_count)
        case Deduplicate(keys=keys) if keys and not plan.is_within_watermark:
            return Sort(plan, _order(keys, partition_count))
        case _ if isinstance(plan, _ORDER_PRESERVING):
            return cast(LogicalPlan, replace(plan, child=order_as_spark(plan.child, partition_count)))
        case _:
            return plan


def _sorted_groups(aggregate: Aggregate, partition_count: int) -> LogicalPlan:
    """The keys take part in the sort even if they are not selected."""
    keys = tuple(to_attribute(g) for g in aggregate.grouping)
    selected = {a.id for a in aggregate.output}
    hidden = tuple(key for key in keys if key.id not in selected)
    widened = replace(aggregate, expressions=(*aggregate.expressions, *hidden))
    ordered = Sort(widened, _order(keys, partition_count))
    return Project(ordered, aggregate.output) if hidden else ordered


def _order(keys: tuple[Attribute, ...], partition_count: int) -> tuple[SortOrder, ...]:
    hashed: Expression = Call("hash", keys, INTEGER, False)
    partition = Call("pmod", (hashed, Literal(partition_count, INTEGER)), INTEGER)
    return (SortOrder(partition), *(SortOrder(key) for key in keys))
