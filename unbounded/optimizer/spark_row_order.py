"""Rows of an aggregate in the order in which Spark shows them.

Spark hashes groups to shuffle partitions and hands the partitions over in order, so `show()` after a `groupBy` has an
order that looks random but is always the same: pmod(murmur3(keys), spark.sql.shuffle.partitions). The engine's own
order changes with its threads. For a result that goes to a user this rule sorts by Spark's partition. Within one
Spark's hash aggregation keeps the order in which the groups first appear in the input, and its sort aggregation (the
minimum of a text, for example) that of the keys; finding out where a group appears first costs a pass over numbered
rows, so it is done for small inputs, and larger ones are sorted by the keys. Not for tables that are written or used
further.
"""

from __future__ import annotations

from dataclasses import replace
from typing import cast

from unbounded.connectors.files.scan import FileScan
from unbounded.optimizer.fresh_ids import FreshIds
from unbounded.optimizer.numbering import numbered
from unbounded.plan.expressions import (
    AggregateCall,
    Alias,
    Attribute,
    Call,
    Expression,
    Literal,
    NamedExpression,
    SortOrder,
    to_attribute,
)
from unbounded.plan.logical import (
    Aggregate,
    Deduplicate,
    Filter,
    Limit,
    LocalRelation,
    LogicalPlan,
    Project,
    Range,
    Scan,
    Sort,
    SubqueryAlias,
)
from unbounded.plan.tree import walk_expression
from unbounded.types.datatypes import INTEGER, LONG, BooleanType, DatetimeType, IntervalType, NumericType

SMALL_ROWS = 100_000
SMALL_BYTES = 16 << 20
_OF_VALUES = frozenset({"min", "max", "first", "first_value", "any_value", "last", "last_value", "max_by", "min_by"})
_FIXED_WIDTH = (NumericType, BooleanType, DatetimeType, IntervalType)
ORDER_PRESERVING = (Project, Filter, SubqueryAlias, Limit)


def order_as_spark(plan: LogicalPlan, partition_count: int) -> LogicalPlan:
    """`plan` with the aggregate whose order reaches the result sorted as Spark would show it."""
    match plan:
        case Aggregate(grouping=grouping, grouping_sets=None) if grouping:
            return _sorted_groups(plan, partition_count)
        case Deduplicate(keys=keys) if keys and not plan.is_within_watermark:
            return Sort(plan, _order(keys, partition_count))
        case _ if isinstance(plan, ORDER_PRESERVING):
            return cast(LogicalPlan, replace(plan, child=order_as_spark(plan.child, partition_count)))
        case _:
            return plan


def _sorted_groups(aggregate: Aggregate, partition_count: int) -> LogicalPlan:
    """The keys take part in the sort even if they are not selected."""
    keys = tuple(to_attribute(g) for g in aggregate.grouping)
    selected = {a.id for a in aggregate.output}
    hidden: tuple[NamedExpression, ...] = tuple(key for key in keys if key.id not in selected)
    child, within = aggregate.child, keys
    if _is_small(child) and not any(map(needs_sorting, aggregate.expressions)):
        ids = FreshIds(aggregate)
        child, position = numbered(child, ids)
        first = Alias(AggregateCall("min", (position,), LONG, True), ids.take(), "first_seen")
        hidden, within = (*hidden, first), (first.to_attribute(),)
    widened = replace(aggregate, child=child, expressions=(*aggregate.expressions, *hidden))
    ordered = Sort(widened, (spark_partition(keys, partition_count), *map(SortOrder, within)))
    return Project(ordered, aggregate.output) if hidden else ordered


def needs_sorting(expression: NamedExpression) -> bool:
    """Whether Spark must sort for it: the state of an aggregate is a value that cannot be changed in place."""
    calls = (part for part in walk_expression(expression) if isinstance(part, AggregateCall))
    return any(call.function in _OF_VALUES and not isinstance(call.data_type, _FIXED_WIDTH) for call in calls)


def _is_small(plan: LogicalPlan) -> bool:
    match plan:
        case _ if isinstance(plan, ORDER_PRESERVING):
            return _is_small(plan.child)
        case LocalRelation(table=table):
            return int(table.num_rows) <= SMALL_ROWS
        case Range(start=start, end=end, step=step):
            return abs((end - start) // step) <= SMALL_ROWS
        case Scan(source=FileScan(files=files)):
            return sum(file.size_bytes for file in files) <= SMALL_BYTES
        case _:
            return False


def _order(keys: tuple[Attribute, ...], partition_count: int) -> tuple[SortOrder, ...]:
    return (spark_partition(keys, partition_count), *map(SortOrder, keys))


def spark_partition(keys: tuple[Attribute, ...], partition_count: int) -> SortOrder:
    """By the shuffle partition that Spark sends these keys to."""
    hashed: Expression = Call("hash", keys, INTEGER, False)
    return SortOrder(Call("pmod", (hashed, Literal(partition_count, INTEGER)), INTEGER))
