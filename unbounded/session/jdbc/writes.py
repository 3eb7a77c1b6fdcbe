"""`df.write` and `writeStream` with the format jdbc: options and save mode become a writer of the table."""

from __future__ import annotations

from collections.abc import Mapping

from unbounded.cancellation import Cancellation
from unbounded.connectors.jdbc.batch_numbers import BatchNumber
from unbounded.connectors.jdbc.options import JdbcOptions, read_options
from unbounded.connectors.jdbc.stream_sink import JdbcStreamSink
from unbounded.connectors.jdbc.table_names import table_to_write
from unbounded.connectors.jdbc.tables import NewTable, custom_create_types
from unbounded.connectors.jdbc.writer import Existing, JdbcWriter
from unbounded.connectors.option_values import illegal_argument, whole_number
from unbounded.connectors.streams import OutputMode
from unbounded.errors import ErrorKind, SparkError, not_supported, requirement_failed
from unbounded.plan import unresolved as u
from unbounded.plan.logical import LogicalPlan
from unbounded.session.commands.context import CommandContext
from unbounded.session.settings_table import local_time_zone
from unbounded.streaming.checks import parse_output_mode
from unbounded.types.arrow import to_arrow_schema
from unbounded.types.datatypes import StructType

_NO_QUERY = "Option 'dbtable' is required. Option 'query' is not applicable while writing."
_MODES: Mapping[u.SaveMode, Existing] = {
    u.SaveMode.APPEND: Existing.APPEND,
    u.SaveMode.ERROR: Existing.REFUSE,
    u.SaveMode.IGNORE: Existing.LEAVE,
    u.SaveMode.OVERWRITE: Existing.REPLACE,
}
_OUTPUTS: Mapping[OutputMode, Existing] = {
    OutputMode.APPEND: Existing.APPEND,
    OutputMode.UPDATE: Existing.UPSERT,
    OutputMode.COMPLETE: Existing.REFILL,
}


def save_jdbc(command: u.Write, plan: LogicalPlan, context: CommandContext) -> None:
    """df.write.format("jdbc").save() and df.write.jdbc(…).

    Raises: SparkError _LEGACY_ERROR_TEMP_1288, UNBOUNDED_DATABASE, … and what the query raises
    """
    options = _options(command.options, command.path, command.partition_columns)
    existing = _MODES[command.mode]
    if existing is Existing.REPLACE and options.boolean("truncate"):
        existing = Existing.EMPTY
    keys = _upsert_keys(options, plan.schema)
    if keys and existing is not Existing.APPEND:
        raise illegal_argument("The option upsertKeys needs the mode append.")
    writer = _writer(options, plan.schema, Existing.UPSERT if keys else existing, keys)
    arrow_schema = to_arrow_schema(plan.schema, context.environment.time_zone)
    rows = context.pipeline.run(plan, context.cancellation)
    writer.write(rows, arrow_schema, plan.schema, _once(options), context.cancellation)


def jdbc_sink(command: u.WriteStream, schema: StructType, query_id: str, cancellation: Cancellation) -> JdbcStreamSink:
    """Raises: SparkError for wrong options, a database that cannot be reached, rows that do not fit the table"""
    if command.table:
        raise not_supported("toTable with the format jdbc", "Name the table with the option dbtable.")
    mode = parse_output_mode(command.output_mode)
    options = _options(command.options, command.path, command.partition_columns, for_sink=True)
    keys = _upsert_keys(options, schema)
    if keys and mode is not OutputMode.UPDATE:
        raise illegal_argument("The option upsertKeys needs the output mode update.")
    if not keys and mode is OutputMode.UPDATE:
        message = (
            "The output mode update needs the option upsertKeys: the columns that tell which row of the table changes."
        )
        raise illegal_argument(message)
    writer = _writer(options, schema, _OUTPUTS[mode], keys)
    writer.check(schema)
    return JdbcStreamSink(writer, schema, query_id, cancellation)


def _options(
    given: u.Options, path: str | None, partition_columns: tuple[str, ...], *, for_sink: bool = False
) -> JdbcOptions:
    options = dict(u.lower_case_options(given))
    if path is not None:
        options["path"] = path
    if partition_columns:
        raise not_supported("partitionBy with the format jdbc", "Tables of databases have no folders: leave it out.")
    parsed = read_options(options, local_time_zone(), for_sink=for_sink)
    if parsed.table is None:
        raise requirement_failed(_NO_QUERY)
    _check_partition_count(options)
    return parsed


def _check_partition_count(options: Mapping[str, str]) -> None:
    count = options.get("numpartitions")
    if count is not None and int(count) < 1:
        parameters = {"n": count, "jdbcNumPartitions": "numPartitions"}
        raise SparkError(ErrorKind.ILLEGAL_ARGUMENT, "_LEGACY_ERROR_TEMP_2087", parameters)


def _writer(options: JdbcOptions, schema: StructType, existing: Existing, keys: tuple[str, ...]) -> JdbcWriter:
    table = table_to_write(options.table or "")
    types = custom_create_types(options.text("createTableColumnTypes"), schema)
    new_table = NewTable(types, options.text("createTableOptions") or "", options.text("tableComment"), keys)
    return JdbcWriter(options.access, table, new_table, existing, options.boolean("cascadeTruncate"), keys)


def _upsert_keys(options: JdbcOptions, schema: StructType) -> tuple[str, ...]:
    """The columns of `upsertKeys` as the rows call them. Raises: SparkError for a name that is none of them"""
    text = options.text("upsertKeys")
    if text is None:
        return ()
    names = {name.lower(): name for name in schema.names}
    keys = [key.strip() for key in text.split(",")]
    unknown = [key for key in keys if key.lower() not in names]
    if unknown:
        shown = ", ".join(schema.names)
        raise illegal_argument(f"The option upsertKeys names {', '.join(unknown)}, but the rows have {shown}.")
    return tuple(names[key.lower()] for key in keys)


def _once(options: JdbcOptions) -> BatchNumber | None:
    """A write that happens once, as a function of `foreachBatch` asks for."""
    writer, version = options.text("txnAppId"), options.text("txnVersion")
    if (writer is None) != (version is None):
        raise illegal_argument("Give both of the options txnAppId and txnVersion, or none.")
    return None if writer is None or version is None else BatchNumber(writer, whole_number(version))
