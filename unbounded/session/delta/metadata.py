"""What the warehouse says about a Delta table: its name and place; columns and properties come from its log."""

from __future__ import annotations

from dataclasses import replace

from unbounded.connectors.delta.log import is_table
from unbounded.connectors.delta.table import open_metadata
from unbounded.connectors.files.paths import local_path
from unbounded.connectors.formats import DELTA
from unbounded.session.warehouse import Table, TableKind
from unbounded.types.datatypes import StructType


def table_at_path(parts: tuple[str, ...]) -> Table | None:
    """The table that ``delta.`/path` `` means, if one is there."""
    if len(parts) != 2 or parts[0].lower() != DELTA or not is_table(local_path(parts[1])):
        return None
    path = local_path(parts[1])
    return as_in_log(Table(DELTA, path, TableKind.EXTERNAL, StructType(), DELTA, path))


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
