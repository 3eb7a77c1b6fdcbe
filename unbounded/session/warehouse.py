"""The warehouse folder: databases, and one small JSON file per table or view. Knows names and metadata, no rows.

Layout, as Spark's: tables of `default` are folders of the warehouse, those of another database stand in
`<database>.db`. Metadata is beside, in `_unbounded/<database>/<table>.json`, which readers of files pass over.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

from unbounded.storage.api import FileSystem
from unbounded.types.datatypes import StructType
from unbounded.types.json_form import from_json_value, to_json_value

DEFAULT_DATABASE = "default"
_METADATA = "_unbounded"
_VERSION = 1

Pairs = tuple[tuple[str, str], ...]


class TableKind(Enum):
    """The value is what Spark calls it."""

    MANAGED = "MANAGED"
    EXTERNAL = "EXTERNAL"
    VIEW = "VIEW"


@dataclass(frozen=True, slots=True)
class Table:
    """`location` is an absolute path; a view has `view_text` and no location. `created_ms`: epoch milliseconds."""

    database: str
    name: str
    kind: TableKind
    schema: StructType
    format: str = ""
    location: str = ""
    partition_columns: tuple[str, ...] = ()
    options: Pairs = ()
    comment: str | None = None
    properties: Pairs = ()
    created_ms: int = 0
    view_text: str | None = None
    view_database: str = DEFAULT_DATABASE

    @property
    def is_path(self) -> bool:
        """Whether it has no name in the warehouse: ``delta.`/path` ``."""
        return self.name.startswith("/")

    @property
    def parts(self) -> tuple[str, ...]:
        """The full name; of what is in no database, the name alone."""
        return ("spark_catalog", self.database, self.name) if self.database else (self.name,)

    @property
    def data_schema(self) -> StructType:
        return StructType(tuple(f for f in self.schema.fields if f.name not in self.partition_columns))

    @property
    def partition_schema(self) -> StructType:
        by_name = {f.name: f for f in self.schema.fields}
        return StructType(tuple(by_name[name] for name in self.partition_columns))


class Warehouse:
    """Names are compared without case, as Spark's catalog does; they are kept in lower case."""

    def __init__(self, root: str, files: FileSystem) -> None:
        self.root = root.rstrip("/")
        self._files = files

    # ------------------------------------------------------------------------------------------ databases

    def databases(self) -> Sequence[str]:
        """Sorted; `default` is always there."""
        found = {_name(s.path) for s in self._files.list(f"{self.root}/{_METADATA}") if s.is_directory}
        return sorted(found | {DEFAULT_DATABASE})

    def has_database(self, name: str) -> bool:
        is_default = name.lower() == DEFAULT_DATABASE
        return is_default or self._files.exists(self._metadata_folder(name))

    def create_database(self, name: str) -> None:
        self._files.make_directory(self._metadata_folder(name))
        self._files.make_directory(self.database_folder(name))

    def drop_database(self, name: str) -> None:
        """With everything in it."""
        self._files.delete(self._metadata_folder(name))
        self._files.delete(self.database_folder(name))

    def database_folder(self, name: str) -> str:
        return self.root if name.lower() == DEFAULT_DATABASE else f"{self.root}/{name.lower()}.db"

    # ------------------------------------------------------------------------------------------ tables

    def tables(self, database: str) -> Sequence[Table]:
        """Tables and views, sorted by name."""
        statuses = self._files.list(self._metadata_folder(database))
        return [self._read(s.path) for s in statuses if s.path.endswith(".json") and not _name(s.path).startswith(".")]

    def find(self, database: str, name: str) -> Table | None:
        path = self._metadata_path(database, name)
        return self._read(path) if self._files.exists(path) else None

    def put(self, table: Table) -> None:
        """Adds `table`, or replaces what has its name."""
        content = json.dumps(_to_json(table), ensure_ascii=False, indent=1).encode()
        self._files.replace(self._metadata_path(table.database, table.name), content)

    def drop(self, table: Table) -> None:
        """The metadata first; the folder of a managed table goes with it."""
        self._files.delete(self._metadata_path(table.database, table.name))
        if table.kind is TableKind.MANAGED:
            self._files.delete(table.location)

    def rename(self, table: Table, name: str) -> None:
        """A managed table's folder moves with it."""
        location = table.location
        if table.kind is TableKind.MANAGED:
            location = self.table_folder(table.database, name)
            if self._files.exists(table.location):
                self._files.rename(table.location, location)
        self.put(replace(table, name=name.lower(), location=location))
        self._files.delete(self._metadata_path(table.database, table.name))

    def table_folder(self, database: str, name: str) -> str:
        """Where a managed table's files are."""
        return f"{self.database_folder(database)}/{name.lower()}"

    def _read(self, path: str) -> Table:
        return _from_json(json.loads(self._files.read(path)))

    def _metadata_folder(self, database: str) -> str:
        return f"{self.root}/{_METADATA}/{database.lower()}"

    def _metadata_path(self, database: str, name: str) -> str:
        return f"{self._metadata_folder(database)}/{name.lower()}.json"


def _name(path: str) -> str:
    return path.rsplit("/", 1)[-1]


def _to_json(table: Table) -> dict[str, Any]:
    return {
        "version": _VERSION,
        "database": table.database,
        "name": table.name,
        "kind": table.kind.value,
        "schema": to_json_value(table.schema),
        "format": table.format,
        "location": table.location,
        "partitionColumns": list(table.partition_columns),
        "options": dict(table.options),
        "comment": table.comment,
        "properties": dict(table.properties),
        "createdMs": table.created_ms,
        "viewText": table.view_text,
        "viewDatabase": table.view_database,
    }


def _from_json(value: dict[str, Any]) -> Table:
    schema = from_json_value(value["schema"])
    assert isinstance(schema, StructType)
    return Table(
        value["database"],
        value["name"],
        TableKind(value["kind"]),
        schema,
        value["format"],
        value["location"],
        tuple(value["partitionColumns"]),
        tuple(value["options"].items()),
        value["comment"],
        tuple(value["properties"].items()),
        value["createdMs"],
        value["viewText"],
        value["viewDatabase"],
    )
