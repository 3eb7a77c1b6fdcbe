"""INSERT INTO a temporary view over a table of a database: `CREATE TEMPORARY VIEW v USING jdbc OPTIONS (…)`."""

from __future__ import annotations

from dataclasses import replace

from unbounded.analysis.context import Ids
from unbounded.connectors.jdbc.source import JdbcScan
from unbounded.connectors.jdbc.table_names import table_to_write
from unbounded.connectors.jdbc.tables import NewTable
from unbounded.connectors.jdbc.writer import Existing, JdbcWriter
from unbounded.errors import analysis_error, not_supported
from unbounded.plan import unresolved as u
from unbounded.plan.expressions import Expression, Literal
from unbounded.plan.logical import LogicalPlan, Scan
from unbounded.session.commands import store_assignment
from unbounded.session.commands.context import CommandContext
from unbounded.session.commands.target_columns import named_fields
from unbounded.session.pipeline import refuse_stream
from unbounded.session.warehouse import Table, TableKind
from unbounded.types.arrow import to_arrow_schema

_UNKNOWN = "unknown"
"""What Spark's errors call a relation that is no table of a catalog."""


def find_database(parts: tuple[str, ...], context: CommandContext) -> JdbcScan | None:
    """The read behind the temporary view `parts`, if it is one of a database and nothing else."""
    view = context.names.find_view(parts, Ids())
    is_read = isinstance(view, Scan) and isinstance(view.source, JdbcScan)
    return view.source if is_read and isinstance(view, Scan) else None


def insert_into_database(command: u.InsertInto, database: JdbcScan, context: CommandContext) -> None:
    """Raises: SparkError INSERT_COLUMN_ARITY_MISMATCH.*, INCOMPATIBLE_DATA_FOR_TABLE.*, UNBOUNDED_DATABASE, …"""
    if command.overwrites:
        hint = 'Use df.write.format("jdbc").mode("overwrite").'
        raise not_supported("INSERT OVERWRITE of a view over jdbc", hint)
    if command.static_partition:
        names = ", ".join(f"`{name}`" for name, _ in command.static_partition)
        raise analysis_error("PARTITIONS_NOT_FOUND", partitionList=names, tableName=f"`{_UNKNOWN}`")
    ids = Ids()
    plan = context.analyze(command.query, ids)
    refuse_stream(plan)
    rows = _table_rows(command, plan, database, context, ids)
    table = table_to_write(database.relation)
    writer = JdbcWriter(database.access, table, NewTable({}), Existing.APPEND)
    arrow_schema = to_arrow_schema(rows.schema, context.environment.time_zone)
    batches = context.pipeline.run(rows, context.cancellation)
    writer.write(batches, arrow_schema, rows.schema, cancellation=context.cancellation)


def _table_rows(
    command: u.InsertInto, plan: LogicalPlan, database: JdbcScan, context: CommandContext, ids: Ids
) -> LogicalPlan:
    """The rows with all columns of the table; those not given are NULL."""
    table = Table("", _UNKNOWN, TableKind.EXTERNAL, database.schema)
    fields = list(database.schema.fields)
    if command.is_by_name:
        values = store_assignment.by_name(plan, table)
    else:
        chosen = named_fields(command.columns, fields)
        given = store_assignment.by_position(plan, table, chosen)
        by_name: dict[str, Expression] = {f.name: value for f, value in zip(chosen, given, strict=True)}
        values = [by_name.get(f.name, Literal(None, f.data_type)) for f in fields]
    policy = context.config.get("spark.sql.storeAssignmentPolicy")
    nullable = [replace(field, nullable=True) for field in fields]
    return store_assignment.with_columns(plan, table, values, nullable, ids, policy)
