"""SHOW and DESCRIBE: what the catalog holds, as result tables to the character."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from unbounded.connectors.delta.table import open_metadata
from unbounded.connectors.formats import DELTA
from unbounded.errors import SparkError, analysis_error
from unbounded.functions.catalog import REGISTRY
from unbounded.plan import unresolved as u
from unbounded.plan.identifiers import quote_parts
from unbounded.session.commands.context import CommandContext, result_rows
from unbounded.session.tables import CATALOG
from unbounded.session.warehouse import Table, TableKind
from unbounded.types.datatypes import BOOLEAN, STRING, StructField, StructType, quote_name
from unbounded.types.metadata import COMMENT_KEY

_NAMESPACE = StructField("namespace", STRING, False)
_IS_TEMPORARY = StructField("isTemporary", BOOLEAN, False)
_DESCRIPTION = (
    StructField("col_name", STRING, False),
    StructField("data_type", STRING, False),
    StructField("comment", STRING),
)


def matches(name: str, pattern: str | None) -> bool:
    """Spark's SHOW patterns: `*` for anything, `|` for alternatives, without case."""
    if pattern is None:
        return True
    choices = (choice.strip().replace("*", ".*") for choice in pattern.split("|"))
    return any(re.fullmatch(choice, name, re.IGNORECASE) is not None for choice in choices)


def show_tables(command: u.ShowTables, context: CommandContext) -> u.LocalRelation:
    database = context.tables.require_database(command.database or context.tables.database)
    rows = _named_rows(context.tables.warehouse.tables(database), command.pattern, context)
    return result_rows((_NAMESPACE, StructField("tableName", STRING, False), _IS_TEMPORARY), rows)


def show_views(command: u.ShowViews, context: CommandContext) -> u.LocalRelation:
    database = context.tables.require_database(command.database or context.tables.database)
    views = [t for t in context.tables.warehouse.tables(database) if t.kind is TableKind.VIEW]
    rows = _named_rows(views, command.pattern, context)
    return result_rows((_NAMESPACE, StructField("viewName", STRING, False), _IS_TEMPORARY), rows)


def _named_rows(tables: Sequence[Table], pattern: str | None, context: CommandContext) -> list[tuple[str, str, bool]]:
    """Database, name, whether it is temporary: tables first, each kind by name."""
    stored = [(t.database, t.name, False) for t in tables if matches(t.name, pattern)]
    return stored + [("", name, True) for name in context.names.view_names() if matches(name, pattern)]


def show_databases(command: u.ShowDatabases, context: CommandContext) -> u.LocalRelation:
    names = (name for name in context.tables.warehouse.databases() if matches(name, command.pattern))
    return result_rows((_NAMESPACE,), [(name,) for name in names])


def show_columns(command: u.ShowColumns, context: CommandContext) -> u.LocalRelation:
    schema = schema_of(command.table, context)
    return result_rows((StructField("col_name", STRING, False),), [(name,) for name in schema.names])


def show_functions(command: u.ShowFunctions, context: CommandContext) -> u.LocalRelation:
    names = sorted(name for name in function_names(context) if matches(name, command.pattern))
    return result_rows((StructField("function", STRING, False),), [(name,) for name in names])


def function_names(context: CommandContext) -> frozenset[str]:
    return REGISTRY.names | context.names.function_names()


def show_partitions(command: u.ShowPartitions, context: CommandContext) -> u.LocalRelation:
    names = partition_names(context.tables.get(command.table), context)
    return result_rows((StructField("partition", STRING, False),), [(name,) for name in names])


def partition_names(table: Table, context: CommandContext) -> Sequence[str]:
    """`k=v/l=w` of every partition folder with files. Raises INVALID_PARTITION_OPERATION.PARTITION_SCHEMA_IS_EMPTY"""
    if table.format == DELTA:
        condition = "INVALID_PARTITION_OPERATION.PARTITION_MANAGEMENT_IS_UNSUPPORTED"
        raise analysis_error(condition, name=quote_parts(table.parts))
    if not table.partition_columns:
        raise analysis_error("INVALID_PARTITION_OPERATION.PARTITION_SCHEMA_IS_EMPTY", name=quote_parts(table.parts))
    prefix = table.location.rstrip("/") + "/"
    paths = context.tables.scan(table).paths
    return sorted({path.removeprefix(prefix).rsplit("/", 1)[0] for path in paths})


# ---------------------------------------------------------------------------------------------- DESCRIBE


def describe_table(command: u.DescribeTable, context: CommandContext) -> u.LocalRelation:
    table = None if context.names.has_view(command.table) else context.tables.find(command.table)
    schema = schema_of(command.table, context)
    rows = _column_rows(schema)
    if table is not None and table.partition_columns:
        rows += [("# Partition Information", "", ""), ("# col_name", "data_type", "comment")]
        rows += _column_rows(table.partition_schema)
    if table is not None and command.is_extended:
        rows += [("", "", ""), ("# Detailed Table Information", "", "")]
        details = _delta_details if table.format == DELTA else _details
        rows += [(name, value, "") for name, value in details(table)]
    return result_rows(_DESCRIPTION, rows)


def describe_query(command: u.DescribeQuery, context: CommandContext) -> u.LocalRelation:
    return result_rows(_DESCRIPTION, _column_rows(context.analyze(command.query).schema))


def schema_of(parts: tuple[str, ...], context: CommandContext) -> StructType:
    """The schema of a view or table. Raises: SparkError TABLE_OR_VIEW_NOT_FOUND"""
    if context.names.has_view(parts):
        return context.analyze(u.NamedTable(parts)).schema
    return context.tables.get(parts).schema


def _column_rows(schema: StructType) -> list[tuple[str, str, str | None]]:
    return [(f.name, f.data_type.simple_string, comment_of(f)) for f in schema.fields]


def comment_of(field: StructField) -> str | None:
    comment = dict(field.metadata).get(COMMENT_KEY)
    return None if comment is None else str(comment)


def _details(table: Table) -> Iterable[tuple[str, str]]:
    created = datetime.fromtimestamp(table.created_ms / 1000, UTC)
    yield "Catalog", CATALOG
    yield "Database", table.database
    yield "Table", table.name
    yield "Created Time", created.strftime("%a %b %d %H:%M:%S UTC %Y")
    yield "Last Access", "UNKNOWN"
    yield "Created By", "Spark 4.2.0"
    yield "Type", table.kind.value
    if table.format:
        yield "Provider", table.format
    if table.comment is not None:
        yield "Comment", table.comment
    if table.view_text is not None:
        yield "View Text", table.view_text
    if table.properties:
        yield "Table Properties", f"[{', '.join(f'{k}={v}' for k, v in sorted(table.properties))}]"
    if table.location:
        yield "Location", f"file:{table.location}"
    if table.partition_columns:
        yield "Partition Provider", "Catalog"


def _delta_details(table: Table) -> Iterable[tuple[str, str]]:
    """Delta tables are described by their own catalog."""
    metadata = open_metadata(table.location)
    versions = {"minReaderVersion": metadata.reader_version, "minWriterVersion": metadata.writer_version}
    properties = sorted({**dict(table.properties), **{f"delta.{k}": str(v) for k, v in versions.items()}}.items())
    yield "Name", ".".join(table.parts)
    yield "Type", table.kind.value
    if table.comment is not None:
        yield "Comment", table.comment
    yield "Location", f"file:{table.location}"
    yield "Provider", DELTA
    yield "Table Properties", f"[{','.join(f'{k}={v}' for k, v in properties)}]"


# ---------------------------------------------------------------------------------------------- SHOW CREATE TABLE


def show_create_table(command: u.ShowCreateTable, context: CommandContext) -> u.LocalRelation:
    if context.names.has_view(command.table):
        raise _refuse_temporary(command.table)
    text = create_text(context.tables.get(command.table))
    return result_rows((StructField("createtab_stmt", STRING, False),), [(text,)])


def _refuse_temporary(parts: tuple[str, ...]) -> SparkError:
    return analysis_error("UNSUPPORTED_SHOW_CREATE_TABLE.ON_TEMPORARY_VIEW", tableName=quote_parts(parts))


def create_text(table: Table) -> str:
    """The statement that would make `table`. Raises: SparkError DELTA_OPERATION_NOT_ALLOWED"""
    if table.format == DELTA:
        raise analysis_error("DELTA_OPERATION_NOT_ALLOWED", operation="SHOW CREATE TABLE")
    name = ".".join(quote_name(part) for part in table.parts)
    if table.view_text is not None:
        columns = ",\n  ".join(quote_name(n) for n in table.schema.names)
        return f"CREATE VIEW {name} (\n  {columns})\nAS {table.view_text}\n"
    columns = ",\n  ".join(_column_text(f) for f in table.schema.fields)
    lines = [f"CREATE TABLE {name} (\n  {columns})", f"USING {table.format}"]
    if table.options:
        lines.append(f"OPTIONS (\n  {_pairs_text(table.options)})")
    if table.partition_columns:
        lines.append(f"PARTITIONED BY ({', '.join(map(quote_name, table.partition_columns))})")
    if table.comment is not None:
        lines.append(f"COMMENT {_text(table.comment)}")
    if table.kind is TableKind.EXTERNAL:
        lines.append(f"LOCATION 'file:{table.location}'")
    if table.properties:
        lines.append(f"TBLPROPERTIES (\n  {_pairs_text(table.properties)})")
    return "\n".join(lines) + "\n"


def _column_text(field: StructField) -> str:
    comment = comment_of(field)
    collation = " COLLATE UTF8_BINARY" if field.data_type == STRING else ""
    shown = "" if comment is None else f" COMMENT {_text(comment)}"
    return f"{quote_name(field.name)} {field.data_type.sql_name}{collation}{shown}"


def _pairs_text(pairs: Iterable[tuple[str, str]]) -> str:
    return ",\n  ".join(f"{_text(key)} = {_text(value)}" for key, value in sorted(pairs))


def _text(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
