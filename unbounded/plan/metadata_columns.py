"""Columns besides the output of a relation that can be named above it: which of them are in sight.

Sources have columns such as `_metadata` of files; a USING join has the keys of both its sides, by a qualifier alone.
"""

from __future__ import annotations

from dataclasses import replace

from unbounded.plan.expressions import Attribute
from unbounded.plan.logical import (
    Aggregate,
    CoGroupMap,
    GroupMap,
    Join,
    LogicalPlan,
    MapPartitions,
    Project,
    Scan,
    SetOperation,
    Stored,
    StreamScan,
    SubqueryAlias,
    joined_columns,
)
from unbounded.plan.tree import children
from unbounded.types.metadata import METADATA_COLUMN_KEY


def is_of_source(column: Attribute) -> bool:
    """Whether it is a source's; such a column is also found without a qualifier."""
    return any(key == METADATA_COLUMN_KEY for key, _ in column.metadata)


def metadata_columns(plan: LogicalPlan) -> tuple[Attribute, ...]:
    """Those of the scans below which can be named above `plan`, whether or not they are in its output."""
    match plan:
        case Scan(metadata=Attribute() as column) | StreamScan(metadata=Attribute() as column):
            return (column,)
        case Stored(computed=computed) if computed is not None:
            return metadata_columns(computed.plan)
        case Aggregate() | SetOperation() | MapPartitions() | GroupMap() | CoGroupMap() | SubqueryAlias(is_view=True):
            return ()
        case SubqueryAlias(child=child, name=name):
            below = metadata_columns(child)
            return tuple(replace(column, qualifier=name) for column in below if is_of_source(column))
        case Project(hidden=hidden) if hidden:
            return hidden
        case Join(left=left, right=right, kind=kind):
            return joined_columns(metadata_columns(left), metadata_columns(right), kind)
        case _:
            plans = (child for child in children(plan) if isinstance(child, LogicalPlan))
            return tuple(column for child in plans for column in metadata_columns(child))
