"""The calls of `spark.catalog`: each operation of the protocol, with its arguments, answered with rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from unbounded.errors import SparkError, analysis_error, not_supported
from unbounded.functions.catalog import REGISTRY
from unbounded.plan import unresolved as u
from unbounded.plan.identifiers import parse_table_name, quote_parts
from unbounded.session.commands import definitions, show
from unbounded.session.commands.context import NOTHING, CommandContext, result_rows
from unbounded.session.tables import CATALOG
from unbounded.session.warehouse import DEFAULT_DATABASE, Table, TableKind
from unbounded.types.datatypes import BOOLEAN, STRING, ArrayType, DataType, StructField, StructType

Arguments = Mapping[str, Any]
Answer = Callable[[Arguments, CommandContext], u.LocalRelation]


def call_catalog(operation: str, arguments: Arguments, context: CommandContext) -> u.LocalRelation:
    """Raises: SparkError UNBOUNDED_NOT_SUPPORTED for operations that are known and not there"""
    answer = _CALLS.get(operation)
    if answer is None:
        raise not_supported(f"spark.catalog: {operation}", "Use SQL.")
    return answer(arguments, context)


def _value(name: str, data_type: DataType, value: object) -> u.LocalRelation:
    return result_rows((StructField(name, data_type),), [(value,)])


def _rows(columns: Sequence[tuple[str, DataType]], rows: Sequence[tuple[object, ...]]) -> u.LocalRelation:
    return result_rows(tuple(StructField(name, data_type) for name, data_type in columns), rows)


def _name(arguments: Arguments, key: str = "table_name") -> tuple[str, ...]:
    """The name, with the (deprecated) separate database before it."""
    parts = parse_table_name(arguments[key])
    database = arguments.get("db_name")
    return (database, *parts) if database else parts


# ---------------------------------------------------------------------------------------------- databases, catalogs

_DATABASE: tuple[tuple[str, DataType], ...] = (
    ("name", STRING), ("catalog", STRING), ("description", STRING), ("locationUri", STRING),
)  # fmt: skip


def _database_row(name: str, context: CommandContext) -> tuple[str, str, str, str]:
    description = "default database" if name == DEFAULT_DATABASE else ""
    return (name, CATALOG, description, f"file:{context.tables.warehouse.database_folder(name)}")


def _list_databases(arguments: Arguments, context: CommandContext) -> u.LocalRelation:
    names = (n for n in context.tables.warehouse.databases() if show.matches(n, arguments["pattern"]))
    return _rows(_DATABASE, [_database_row(name, context) for name in names])


def _get_database(arguments: Arguments, context: CommandContext) -> u.LocalRelation:
    name = context.tables.require_database(_last(arguments["db_name"]))
    return _rows(_DATABASE, [_database_row(name, context)])


def _last(name: str) -> str:
    return parse_table_name(name)[-1]


def _set_current_database(arguments: Arguments, context: CommandContext) -> u.LocalRelation:
    definitions.use_database(_last(arguments["db_name"]), context)
    return NOTHING


def _create_database(arguments: Arguments, context: CommandContext) -> u.LocalRelation:
    command = u.CreateDatabase(_last(arguments["db_name"]), bool(arguments["if_not_exists"]))
    definitions.create_database(command, context)
    return NOTHING


def _drop_database(arguments: Arguments, context: CommandContext) -> u.LocalRelation:
    name, if_exists, cascades = _last(arguments["db_name"]), bool(arguments["if_exists"]), bool(arguments["cascade"])
    definitions.drop_database(u.DropDatabase(name, if_exists, cascades), context)
    return NOTHING


def _list_catalogs(arguments: Arguments, context: CommandContext) -> u.LocalRelation:
    rows = [(CATALOG, None)] if show.matches(CATALOG, arguments["pattern"]) else []
    return _rows((("name", STRING), ("description", STRING)), rows)


def _set_current_catalog(arguments: Arguments, context: CommandContext) -> u.LocalRelation:
    if arguments["catalog_name"] != CATALOG:
        name = arguments["catalog_name"]
        raise analysis_error("CATALOG_NOT_FOUND", catalogName=f"`{name}`", config=f'"spark.sql.catalog.{name}"')
    return NOTHING


# ---------------------------------------------------------------------------------------------- tables

_TABLE: tuple[tuple[str, DataType], ...] = (
    ("name", STRING), ("catalog", STRING), ("namespace", ArrayType(STRING)), ("description", STRING),
    ("tableType", STRING), ("isTemporary", BOOLEAN),
)  # fmt: skip
_COLUMN: tuple[tuple[str, DataType], ...] = (
    ("name", STRING), ("description", STRING), ("dataType", STRING), ("nullable", BOOLEAN),
    ("isPartition", BOOLEAN), ("isBucket", BOOLEAN), ("isCluster", BOOLEAN),
)  # fmt: skip


def _table_row(table: Table) -> tuple[object, ...]:
    return (table.name, CATALOG, [table.database], table.comment, table.kind.value, False)


def _view_row(name: str) -> tuple[object, ...]:
    return (name, None, [], None, "TEMPORARY", True)


def _list(arguments: Arguments, context: CommandContext, *, only_views: bool) -> u.LocalRelation:
    database = arguments["db_name"]
    name = context.tables.require_database(_last(database) if database else context.tables.database)
    tables = [t for t in context.tables.warehouse.tables(name) if not only_views or t.kind is TableKind.VIEW]
    pattern = arguments["pattern"]
    rows = [_table_row(t) for t in tables if show.matches(t.name, pattern)]
    rows += [_view_row(view) for view in context.names.view_names() if show.matches(view, pattern)]
    return _rows(_TABLE, rows)


def _list_tables(arguments: Arguments, context: CommandContext) -> u.LocalRelation:
    return _list(arguments, context, only_views=False)


def _list_views(arguments: Arguments, context: CommandContext) -> u.LocalRelation:
    return _list(arguments, context, only_views=True)


def _get_table(arguments: Arguments, context: CommandContext) -> u.LocalRelation:
    parts = _name(arguments)
    if context.names.has_view(parts):
        return _rows(_TABLE, [_view_row(parts[-1].lower())])
    table = context.tables.find(parts)
    if table is None:
        raise _not_found(parts, context)
    return _rows(_TABLE, [_table_row(table)])


def _not_found(parts: tuple[str, ...], context: CommandContext) -> SparkError:
    path = f"[`system`.`session`, {quote_parts((CATALOG, context.tables.database))}]"
    return analysis_error("TABLE_OR_VIEW_NOT_FOUND", relationName=quote_parts(parts), searchPath=path)


def _exists(parts: tuple[str, ...], context: CommandContext) -> bool:
    return context.names.has_view(parts) or context.tables.find(parts) is not None


def _list_columns(arguments: Arguments, context: CommandContext) -> u.LocalRelation:
    parts = _name(arguments)
    if not _exists(parts, context):
        raise _not_found(parts, context)
    table = None if context.names.has_view(parts) else context.tables.find(parts)
    partitions = table.partition_columns if table is not None else ()
    rows = [
        (f.name, show.comment_of(f), f.data_type.simple_string, f.nullable, f.name in partitions, False, False)
        for f in show.schema_of(parts, context).fields
    ]
    return _rows(_COLUMN, rows)


def _create_table(arguments: Arguments, context: CommandContext) -> u.LocalRelation:
    """Without a schema the files at the path say what the columns are."""
    schema, path = arguments["schema"], arguments["path"]
    command = u.CreateTable(
        parse_table_name(arguments["table_name"]),
        schema if isinstance(schema, StructType) and schema.fields else None,
        None,
        arguments["source"],
        tuple(arguments["options"]),
        path,
        comment=arguments.get("description"),
    )
    table = definitions.create_table(command, context)
    return result_rows(table.schema.fields, [])


def _drop(arguments: Arguments, context: CommandContext, key: str, *, is_view: bool) -> u.LocalRelation:
    parts = parse_table_name(arguments[key])
    definitions.drop_table(u.DropTable(parts, bool(arguments["if_exists"]), is_view), context)
    return NOTHING


def _truncate(arguments: Arguments, context: CommandContext) -> u.LocalRelation:
    definitions.truncate_table(u.TruncateTable(parse_table_name(arguments["table_name"])), context)
    return NOTHING


def _list_partitions(arguments: Arguments, context: CommandContext) -> u.LocalRelation:
    names = show.partition_names(context.tables.get(parse_table_name(arguments["table_name"])), context)
    return _rows((("partition", STRING),), [(name,) for name in names])


def _properties(arguments: Arguments, context: CommandContext) -> u.LocalRelation:
    table = context.tables.get(parse_table_name(arguments["table_name"]))
    return _rows((("key", STRING), ("value", STRING)), sorted(table.properties))


def _create_text(arguments: Arguments, context: CommandContext) -> u.LocalRelation:
    if arguments.get("as_serde"):
        raise not_supported("SHOW CREATE TABLE … AS SERDE", "Leave out asSerde.")
    table = context.tables.get(parse_table_name(arguments["table_name"]))
    return _value("createtab_stmt", STRING, show.create_text(table))


# ---------------------------------------------------------------------------------------------- cache


def _cache(arguments: Arguments, context: CommandContext) -> u.LocalRelation:
    context.names.cache(_existing(arguments, context))
    return NOTHING


def _uncache(arguments: Arguments, context: CommandContext) -> u.LocalRelation:
    context.names.uncache(_existing(arguments, context))
    return NOTHING


def _existing(arguments: Arguments, context: CommandContext) -> tuple[str, ...]:
    """The full name of a table or view that is there."""
    parts = parse_table_name(arguments["table_name"])
    if context.names.has_view(parts):
        return parts
    return context.tables.get(parts).parts


def _clear_cache(arguments: Arguments, context: CommandContext) -> u.LocalRelation:
    context.names.clear_cache()
    return NOTHING


def _refresh(arguments: Arguments, context: CommandContext) -> u.LocalRelation:
    """Nothing is remembered about files, so there is nothing to refresh; a missing table is an error."""
    if "table_name" in arguments:
        _existing(arguments, context)
    return NOTHING


# ---------------------------------------------------------------------------------------------- functions

_FUNCTION: tuple[tuple[str, DataType], ...] = (
    ("name", STRING), ("catalog", STRING), ("namespace", ArrayType(STRING)), ("description", STRING),
    ("className", STRING), ("isTemporary", BOOLEAN),
)  # fmt: skip


def _function_row(name: str) -> tuple[object, ...]:
    return (name, None, None, "", f"unbounded.{name}", True)


def _list_functions(arguments: Arguments, context: CommandContext) -> u.LocalRelation:
    names = sorted(n for n in show.function_names(context) if show.matches(n, arguments["pattern"]))
    return _rows(_FUNCTION, [_function_row(name) for name in names])


def _function_exists(arguments: Arguments, context: CommandContext) -> u.LocalRelation:
    return _value("function_exists", BOOLEAN, _has_function(arguments, context))


def _has_function(arguments: Arguments, context: CommandContext) -> bool:
    name = parse_table_name(arguments["function_name"])[-1].lower()
    return REGISTRY.find(name) is not None or name in context.names.function_names()


def _get_function(arguments: Arguments, context: CommandContext) -> u.LocalRelation:
    name = arguments["function_name"]
    if not _has_function(arguments, context):
        path = f"[`system`.`builtin`, `system`.`session`, `{CATALOG}`.`{context.tables.database}`]"
        raise analysis_error("UNRESOLVED_ROUTINE", routineName=quote_parts(parse_table_name(name)), searchPath=path)
    return _rows(_FUNCTION, [_function_row(parse_table_name(name)[-1].lower())])


_CALLS: Mapping[str, Answer] = {
    "current_database": lambda a, c: _value("current_database", STRING, c.tables.database),
    "set_current_database": _set_current_database,
    "list_databases": _list_databases,
    "get_database": _get_database,
    "database_exists": lambda a, c: _value(
        "database_exists", BOOLEAN, c.tables.warehouse.has_database(_last(a["db_name"]))
    ),
    "create_database": _create_database,
    "drop_database": _drop_database,
    "current_catalog": lambda a, c: _value("current_catalog", STRING, CATALOG),
    "set_current_catalog": _set_current_catalog,
    "list_catalogs": _list_catalogs,
    "list_tables": _list_tables,
    "list_views": _list_views,
    "get_table": _get_table,
    "table_exists": lambda a, c: _value("table_exists", BOOLEAN, _exists(_name(a), c)),
    "list_columns": _list_columns,
    "create_table": _create_table,
    "create_external_table": _create_table,
    "drop_table": lambda a, c: _drop(a, c, "table_name", is_view=False),
    "drop_view": lambda a, c: _drop(a, c, "view_name", is_view=True),
    "drop_temp_view": lambda a, c: _value("dropped", BOOLEAN, c.names.drop_view(a["view_name"])),
    "drop_global_temp_view": lambda a, c: _value("dropped", BOOLEAN, c.names.drop_view(a["view_name"], is_global=True)),
    "truncate_table": _truncate,
    "list_partitions": _list_partitions,
    "get_table_properties": _properties,
    "get_create_table_string": _create_text,
    "is_cached": lambda a, c: _value("is_cached", BOOLEAN, c.names.is_cached(_existing(a, c))),
    "cache_table": _cache,
    "uncache_table": _uncache,
    "clear_cache": _clear_cache,
    "refresh_table": _refresh,
    "refresh_by_path": _refresh,
    "list_functions": _list_functions,
    "function_exists": _function_exists,
    "get_function": _get_function,
}
