"""From a command to what runs it. Decides nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from unbounded.errors import analysis_error, not_supported
from unbounded.plan import unresolved as u
from unbounded.session import show as shown
from unbounded.session.commands import definitions, inserts, show
from unbounded.session.commands.context import NOTHING, CommandContext, result_rows
from unbounded.session.commands.settings import set_config
from unbounded.session.delta import descriptions, upkeep
from unbounded.session.delta.merge import merge_into
from unbounded.session.delta.row_changes import delete_from, update_table
from unbounded.session.formats.registry import save
from unbounded.session.pipeline import refuse_stream
from unbounded.types.datatypes import STRING, StructField


def run_command(command: u.Command, context: CommandContext) -> u.LocalRelation:
    """Runs `command`; the result is what `spark.sql` hands back (`NOTHING` for most).

    Raises: SparkError; UNBOUNDED_NOT_SUPPORTED for commands that are known and not there
    """
    rule = _RULES.get(type(command))
    if rule is None:
        name = command.name if isinstance(command, u.UnsupportedCommand) else type(command).__name__
        raise not_supported(f"Command {name}", "See docs/differences.md.")
    return rule(command, context) or NOTHING


def _write(command: u.Write, context: CommandContext) -> None:
    if command.table:
        inserts.save_as_table(command, context)
        return
    if command.bucket_count is not None:
        raise analysis_error("_LEGACY_ERROR_TEMP_1312", operation="save")
    if command.sort_columns:
        raise analysis_error("_LEGACY_ERROR_TEMP_1311")
    save(command, context.analyze_written(command.query), context)


def _create_table(command: u.CreateTable, context: CommandContext) -> None:
    if command.query is not None:
        inserts.create_table_as(command, context)
    else:
        definitions.create_table(command, context)


def _cache_table(command: u.CacheTable, context: CommandContext) -> None:
    """CACHE TABLE name [AS query]: the query becomes a temporary view. Rows are not kept: reading them is fast."""
    if command.query is not None:
        view = u.CreateView(command.query, command.table[-1], is_global=False, replaces=False)
        context.names.create_view(view, context.analyze(command.query))
    if context.names.has_view(command.table):
        if not command.is_uncache:
            refuse_stream(context.analyze(u.NamedTable(command.table)))
        name: tuple[str, ...] = command.table
    elif command.is_uncache and command.if_exists and context.tables.find(command.table) is None:
        return
    else:
        name = context.tables.get(command.table).parts
    (context.names.uncache if command.is_uncache else context.names.cache)(name)


def _explain(command: u.ExplainQuery, context: CommandContext) -> u.LocalRelation:
    text = shown.explain(command.query, command.mode, context.pipeline)
    return result_rows((StructField("plan", STRING, False),), [(text,)])


_RULES: dict[type[u.Command], Callable[[Any, CommandContext], u.LocalRelation | None]] = {
    u.Write: _write,
    u.WriteTo: inserts.write_to,
    u.InsertInto: inserts.insert_into,
    u.CreateTable: _create_table,
    u.CreatePermanentView: definitions.create_permanent_view,
    u.DeleteFrom: delete_from,
    u.UpdateTable: update_table,
    u.MergeInto: merge_into,
    u.OptimizeTable: upkeep.optimize_table,
    u.VacuumTable: upkeep.vacuum_table,
    u.RestoreTable: upkeep.restore_table,
    u.SetTableProperties: upkeep.set_properties,
    u.AddColumns: upkeep.add_columns,
    u.DescribeHistory: descriptions.describe_history,
    u.DescribeDetail: descriptions.describe_detail,
    u.DropTable: definitions.drop_table,
    u.TruncateTable: definitions.truncate_table,
    u.RenameTable: definitions.rename_table,
    u.CreateDatabase: definitions.create_database,
    u.DropDatabase: definitions.drop_database,
    u.UseDatabase: lambda command, context: definitions.use_database(command.name, context),
    u.ShowTables: show.show_tables,
    u.ShowViews: show.show_views,
    u.ShowDatabases: show.show_databases,
    u.ShowColumns: show.show_columns,
    u.ShowPartitions: show.show_partitions,
    u.ShowCreateTable: show.show_create_table,
    u.ShowFunctions: show.show_functions,
    u.DescribeTable: show.describe_table,
    u.DescribeQuery: show.describe_query,
    u.ExplainQuery: _explain,
    u.SetConfig: set_config,
    u.CacheTable: _cache_table,
}
