"""Columns that sources can give besides their output, such as `_metadata` of files: which of them are in sight."""

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
    Scan,
    SetOperation,
    Stored,
    StreamScan,
    SubqueryAlias,
    joined_columns,
)
from unbounded.plan.tree import children


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
            return tuple(replace(column, qualifier=name) for column in metadata_columns(child))
        case Join(left=left, right=right, kind=kind):
            return joined_columns(metadata_columns(left), metadata_columns(right), kind)
        case _:
            below = (child for child in children(plan) if isinstance(child, LogicalPlan))
            return tuple(column for child in below for column in metadata_columns(child))
