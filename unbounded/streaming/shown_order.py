"""The order in which Spark would show the rows of a batch: by shuffle partition, then as their groups first came.

For aggregates in update mode and for duplicates. What append and complete mode give comes out of Spark's state in the
order of a hash table that depends on its history; here it is sorted by `optimizer.spark_row_order`.
"""

from __future__ import annotations

from unbounded.analysis.context import Ids
from unbounded.optimizer.numbering import numbered
from unbounded.optimizer.spark_row_order import ORDER_PRESERVING, needs_sorting, spark_partition
from unbounded.plan.expressions import AggregateCall, Alias, Attribute, NamedExpression, SortOrder
from unbounded.plan.logical import Aggregate, Deduplicate, LogicalPlan, Project, Sort
from unbounded.types.datatypes import LONG

Shown = Aggregate | Deduplicate


def find_shown(plan: LogicalPlan) -> Shown | None:
    """The operator whose order reaches the sink, if its rows can be told in the order of their input."""
    match plan:
        case Aggregate(grouping=grouping, grouping_sets=None) if grouping:
            return None if any(map(needs_sorting, plan.expressions)) else plan
        case Deduplicate(keys=keys) if keys:
            return plan
        case _ if isinstance(plan, ORDER_PRESERVING):
            return find_shown(plan.child)
        case _:
            return None


def with_first_seen(
    child: LogicalPlan, outputs: tuple[NamedExpression, ...], ids: Ids
) -> tuple[LogicalPlan, tuple[NamedExpression, ...]]:
    """`child` and `outputs` of an aggregate over it, widened by the position of each group's first row."""
    rows, position = numbered(child, ids)
    return rows, (*outputs, _least(position, ids))


def in_order_seen(
    merged: Aggregate, keys: tuple[Attribute, ...], first_seen: Attribute, partition_count: int, ids: Ids
) -> LogicalPlan:
    """The rows of `merged`, whose child has the column `first_seen`, in the order shown."""
    least = _least(first_seen, ids)
    widened = Aggregate(merged.child, merged.grouping, (*merged.expressions, least))
    order = (spark_partition(keys, partition_count), SortOrder(least.to_attribute()))
    return Project(Sort(widened, order), merged.output)


def distinct_in_order(rows: LogicalPlan, keys: tuple[Attribute, ...], partition_count: int, ids: Ids) -> LogicalPlan:
    """The first of `rows` for every combination of `keys`, in the order shown."""
    given, position = numbered(rows, ids)
    order = (spark_partition(keys, partition_count), SortOrder(position))
    return Project(Sort(Deduplicate(given, keys), order), rows.output)


def first_seen_column(ids: Ids) -> Attribute:
    """A column for the position of a group's first row; NULL where it has none in this batch."""
    return ids.attribute("first_seen", LONG)


def _least(position: Attribute, ids: Ids) -> Alias:
    return ids.alias(AggregateCall("min", (position,), LONG, True), "first_seen")
