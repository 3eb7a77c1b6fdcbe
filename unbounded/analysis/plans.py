"""Small pieces of typed plans that several relation families need."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import cast

from unbounded.analysis.context import Ids
from unbounded.functions.signature import implicit_cast
from unbounded.plan.expressions import Alias, Attribute, LambdaVariable, NamedExpression
from unbounded.plan.logical import Aggregate, LogicalPlan, Project, Stored
from unbounded.plan.tree import map_children, walk
from unbounded.types.datatypes import DataType


def cast_output(plan: LogicalPlan, types: Sequence[DataType]) -> LogicalPlan:
    """`plan` with its columns cast by position; itself if they have these types."""
    if all(a.data_type == t for a, t in zip(plan.output, types, strict=True)):
        return plan
    return Project(plan, cast_columns(plan.output, types))


def cast_columns(attributes: Sequence[Attribute], types: Sequence[DataType]) -> tuple[NamedExpression, ...]:
    """Each column cast under a new id derived from its own (negative, so it cannot meet an id handed out)."""
    return tuple(
        a if a.data_type == t else Alias(implicit_cast(a, t), -a.id, a.name, a.metadata)
        for a, t in zip(attributes, types, strict=True)
    )


def groups_of_equal_rows(plan: LogicalPlan) -> LogicalPlan:
    """DISTINCT of SQL over a stream: an aggregate there, unlike dropDuplicates."""
    return Aggregate(plan, plan.output, plan.output)


def with_fresh_ids(plan: LogicalPlan, ids: Ids) -> LogicalPlan:
    """A copy of `plan` whose columns and lambda variables all have new ids: a view or CTE used once more.

    Rows it has stored are no longer computed again in it: that plan would have the old ids.
    """
    renamed = {
        node.id: ids.take()
        for node in {n.id: n for n in walk(plan) if isinstance(n, Attribute | Alias | LambdaVariable)}.values()
    }

    def renew(node: object) -> object:
        changed = map_children(node, renew)
        if isinstance(changed, Attribute | Alias | LambdaVariable):
            return replace(changed, id=renamed[changed.id])
        return replace(changed, computed=None) if isinstance(changed, Stored) else changed

    return cast(LogicalPlan, renew(plan))
