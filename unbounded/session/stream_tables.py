"""`toTable`: the table a stream writes into, made if it is not there, and its columns from the rows of the stream."""

from __future__ import annotations

from unbounded.analysis.context import Ids
from unbounded.connectors.formats import DELTA, find_file_format
from unbounded.errors import SparkError, analysis_error, not_supported
from unbounded.plan import unresolved as u
from unbounded.plan.logical import LogicalPlan
from unbounded.session.commands import store_assignment
from unbounded.session.commands.context import CommandContext
from unbounded.session.commands.definitions import create_table
from unbounded.session.warehouse import Table, TableKind
from unbounded.types.datatypes import StructType
from unbounded.types.storing import stored_schema

_OF_THE_STREAM = frozenset({"path", "checkpointlocation", "retention"})
"""Options of the writer that say nothing about the table's files."""


def table_for_stream(command: u.WriteStream, schema: StructType, context: CommandContext) -> Table:
    """Raises: SparkError for views, another format or other partitions than the table's, what CREATE TABLE raises"""
    name = ".".join(command.table)
    if context.names.has_view(command.table):
        raise analysis_error("_LEGACY_ERROR_TEMP_1190", viewName=name)
    source = command.format or context.config.get("spark.sql.sources.default")
    table = context.tables.find(command.table)
    if table is None:
        return create_table(_definition(command, schema), context)
    if table.kind is TableKind.VIEW:
        raise _refused(f"Streaming into views {name} is not supported.")
    if (DELTA if source.lower() == DELTA else find_file_format(source).value) != table.format:
        raise _refused(
            f"The input source({source}) is different from the table {name}'s data source provider({table.format})."
        )
    given = tuple(column.lower() for column in command.partition_columns)
    if given and given != tuple(column.lower() for column in table.partition_columns):
        hint = f"Leave partitionBy out: the table has ({', '.join(table.partition_columns)})."
        raise not_supported("Other partition columns than the table's", hint)
    return table


def _definition(command: u.WriteStream, schema: StructType) -> u.CreateTable:
    options = tuple((key, value) for key, value in command.options if key.lower() not in _OF_THE_STREAM)
    location = u.option(command.options, "path")
    return u.CreateTable(
        command.table, stored_schema(schema), None, command.format, options, location, command.partition_columns
    )


def table_columns(rows: LogicalPlan, table: Table, ids: Ids, policy: str) -> LogicalPlan:
    """`rows` as the columns of `table`, matched by name; missing ones are NULL.

    Raises: SparkError INSERT_COLUMN_ARITY_MISMATCH.*, INCOMPATIBLE_DATA_FOR_TABLE.*
    """
    values = store_assignment.by_name(rows, table)
    return store_assignment.with_columns(rows, table, values, table.schema.fields, ids, policy)


def _refused(message: str) -> SparkError:
    return analysis_error("_LEGACY_ERROR_TEMP_3102", msg=message)
