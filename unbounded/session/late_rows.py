"""The table of late rows (`unbounded.streaming.lateRows.table`): made if it is not there, filled by its queries."""

from __future__ import annotations

from unbounded.errors import analysis_error
from unbounded.plan import unresolved as u
from unbounded.plan.identifiers import parse_table_name
from unbounded.session.commands.context import CommandContext
from unbounded.session.commands.definitions import create_table
from unbounded.storage.api import FileSystem
from unbounded.streaming.late_rows import LATE_ROWS_SCHEMA, LateRowsTable
from unbounded.streaming.progress import QueryIdentity

LATE_ROWS_TABLE = "unbounded.streaming.lateRows.table"
_FORMAT = "parquet"


def late_rows_table(identity: QueryIdentity, context: CommandContext, files: FileSystem) -> LateRowsTable | None:
    """None if the session keeps none.

    Raises: SparkError for a table with other columns, and what CREATE TABLE raises
    """
    name = context.config.find(LATE_ROWS_TABLE)
    if not name:
        return None
    definition = u.CreateTable(parse_table_name(name), LATE_ROWS_SCHEMA, None, _FORMAT, if_not_exists=True)
    table = create_table(definition, context)
    if table.schema != LATE_ROWS_SCHEMA or table.format != _FORMAT:
        message = (
            f"The table {name} ({LATE_ROWS_TABLE}) does not have the columns of late rows, "
            f"{LATE_ROWS_SCHEMA.simple_string}, in Parquet. Name another table."
        )
        raise analysis_error("_LEGACY_ERROR_TEMP_3102", msg=message)
    return LateRowsTable(files, table.location, identity)
