"""What the warehouse says about a Delta table: its name and place; columns and properties come from its log."""

from __future__ import annotations

from dataclasses import replace

from unbounded.connectors.delta.log import is_table
from unbounded.connectors.delta.table import open_metadata
from unbounded.connectors.formats import DELTA
from unbounded.session.warehouse import Table


def as_in_log(table: Table) -> Table:
    """`table` with what its log says now, if it is a Delta table whose log is there."""
    if table.format != DELTA or not is_table(table.location):
        return table
    found = open_metadata(table.location)
    return replace(
        table,
        schema=found.schema,
        partition_columns=found.partition_columns,
        properties=found.properties,
        comment=found.comment,
    )
