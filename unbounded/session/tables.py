"""Tables of the warehouse as a session sees them: names are completed, missing ones refused, rows become scans."""

from __future__ import annotations

import os
from dataclasses import replace

from unbounded.connectors.files.listing import Listing
from unbounded.connectors.files.options import FileOptions
from unbounded.connectors.files.scan import FileScan
from unbounded.connectors.formats import find_file_format
from unbounded.errors import SparkError, analysis_error, not_supported
from unbounded.plan import unresolved as u
from unbounded.plan.identifiers import quote_parts
from unbounded.session.delta.metadata import as_in_log, table_at_path
from unbounded.session.file_sources import FileSources
from unbounded.session.warehouse import Table, Warehouse
from unbounded.sql import parse_statement
from unbounded.types.datatypes import StructType

CATALOG = "spark_catalog"


class Tables:
    """Look-ups of one query; `database` is the current one."""

    def __init__(self, warehouse: Warehouse, files: FileSources, database: str) -> None:
        self.warehouse = warehouse
        self.database = database
        self._files = files

    def in_database(self, database: str) -> Tables:
        return Tables(self.warehouse, self._files, database)

    def complete(self, parts: tuple[str, ...]) -> tuple[str, str] | None:
        """Database and name, in lower case; None for a name of another catalog or with too many parts."""
        lower = tuple(part.lower() for part in parts)
        if len(lower) == 3 and lower[0] == CATALOG:
            return lower[1], lower[2]
        if len(lower) == 2:
            return lower[0], lower[1]
        return (self.database, lower[0]) if len(lower) == 1 else None

    def new_name(self, parts: tuple[str, ...]) -> tuple[str, str]:
        """Database and name of a table to be made. Raises: SparkError SCHEMA_NOT_FOUND"""
        name = self.complete(parts)
        if name is None:
            raise not_supported(f"The catalog of {quote_parts(parts)}", f"There is only {CATALOG}.")
        return self.require_database(name[0]), name[1]

    def find(self, parts: tuple[str, ...]) -> Table | None:
        """The columns and properties of a Delta table are those its log has now."""
        name = self.complete(parts)
        table = None if name is None else self.warehouse.find(*name)
        return table_at_path(parts) if table is None else as_in_log(table)

    def get(self, parts: tuple[str, ...]) -> Table:
        """Raises: SparkError TABLE_OR_VIEW_NOT_FOUND"""
        table = self.find(parts)
        if table is None:
            raise self.not_found(parts)
        return table

    def not_found(self, parts: tuple[str, ...]) -> SparkError:
        path = f"[`system`.`builtin`, `system`.`session`, {quote_parts((CATALOG, self.database))}]"
        return analysis_error("TABLE_OR_VIEW_NOT_FOUND", relationName=quote_parts(parts), searchPath=path)

    def require_database(self, name: str) -> str:
        """Raises: SparkError SCHEMA_NOT_FOUND"""
        if not self.warehouse.has_database(name):
            raise analysis_error("SCHEMA_NOT_FOUND", schemaName=quote_parts((CATALOG, name)))
        return name.lower()

    def scan(self, table: Table, options: u.Options = ()) -> FileScan:
        """The rows of a table; a folder that is not there yet has none."""
        file_format = find_file_format(table.format)
        parsed = FileOptions((*table.options, *options), file_format)
        listing = self._files.list_files([table.location], parsed) if os.path.exists(table.location) else Listing(())
        scan = self._files.of_listing(file_format, listing, table.data_schema, parsed)
        by_name = {f.name.lower(): f for f in table.partition_schema.fields}
        found = tuple(by_name.get(f.name.lower(), f) for f in scan.partition_schema.fields)
        partitions = found if scan.files else table.partition_schema.fields
        return replace(scan, data_schema=_nullable(table.data_schema), partition_schema=StructType(partitions))

    def view_query(self, table: Table) -> u.Relation:
        """The query of a view, its columns under the names of the view."""
        assert table.view_text is not None
        query = parse_statement(table.view_text)
        assert isinstance(query, u.Relation)
        return u.SubqueryAlias(query, table.name, table.schema.names)


def already_exists(table: Table) -> SparkError:
    return analysis_error("TABLE_OR_VIEW_ALREADY_EXISTS", relationName=quote_parts(table.parts))


def _nullable(schema: StructType) -> StructType:
    return StructType(tuple(replace(f, nullable=True) for f in schema.fields))
