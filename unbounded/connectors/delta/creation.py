"""An empty Delta table, or the same table replaced by one: columns, partitions and properties, no rows."""

from __future__ import annotations

from dataclasses import dataclass

from unbounded.connectors.delta.fitting import check_partitions, check_types
from unbounded.connectors.delta.library import library
from unbounded.connectors.delta.table import failed
from unbounded.types.datatypes import StructType
from unbounded.types.json_form import to_json


@dataclass(frozen=True, slots=True)
class Definition:
    """What a table is made with; `properties` are those of `TBLPROPERTIES`."""

    schema: StructType
    partition_columns: tuple[str, ...] = ()
    properties: tuple[tuple[str, str], ...] = ()
    comment: str | None = None


def create(path: str, definition: Definition, *, replaces: bool) -> None:
    """Makes the table at `path` (absolute). `replaces`: one that is there gets a version without its rows.

    Raises: SparkError for types and partitions a Delta table cannot have, and for properties delta-rs does not know
    """
    check_types(definition.schema)
    names = check_partitions(definition.schema, definition.partition_columns)
    schema = library().Schema.from_json(to_json(definition.schema))
    try:
        library().DeltaTable.create(
            path,
            schema,
            mode="overwrite" if replaces else "error",
            partition_by=list(names) or None,
            description=definition.comment,
            configuration=dict(definition.properties),
            raise_if_key_not_exists=False,
        )
    except library().exceptions.DeltaError as error:
        raise failed(path, error) from error
