"""`df.write` and `writeStream` with the format delta: options and save mode become a writer of the table."""

from __future__ import annotations

from collections.abc import Mapping

from unbounded.analysis.context import Ids
from unbounded.connectors.delta.log import is_table
from unbounded.connectors.delta.options import DeltaUse, boolean, check_options, version_number
from unbounded.connectors.delta.stream_sink import DeltaStreamSink
from unbounded.connectors.delta.table import open_metadata
from unbounded.connectors.delta.transaction import Stamp, Transaction
from unbounded.connectors.delta.writer import DeltaWriter
from unbounded.connectors.files.paths import local_path
from unbounded.connectors.option_values import illegal_argument
from unbounded.connectors.streams import OutputMode
from unbounded.errors import ErrorKind, SparkError, analysis_error, not_supported
from unbounded.plan import unresolved as u
from unbounded.plan.logical import LogicalPlan
from unbounded.session.commands.context import CommandContext
from unbounded.session.config import SessionConfig
from unbounded.session.delta.replacing import in_table_columns, overwrite_partitions, overwrite_where
from unbounded.session.delta.target import DeltaTarget
from unbounded.sql import parse_expression
from unbounded.streaming.checks import parse_output_mode
from unbounded.types.datatypes import StructType

OPTIMIZE_EVERY = "unbounded.delta.optimizeEvery"


def save_delta(command: u.Write, plan: LogicalPlan, context: CommandContext) -> None:
    """df.write.format("delta").save(path).

    Raises: SparkError DELTA_PATH_EXISTS, DELTA_FAILED_TO_MERGE_FIELDS, … and what the query raises
    """
    path = _path(command.path, u.option(command.options, "path"))
    if command.mode in (u.SaveMode.ERROR, u.SaveMode.IGNORE) and is_table(path):
        check_options(u.lower_case_options(command.options), DeltaUse.WRITE)
        if command.mode is u.SaveMode.IGNORE:
            return
        raise analysis_error("DELTA_PATH_EXISTS", path=f"file:{path}")
    save_delta_at(path, command, plan, context)


def save_delta_at(path: str, command: u.Write, plan: LogicalPlan, context: CommandContext) -> None:
    """Appends to the table at `path`, or overwrites it, as the command's mode and options say."""
    options = u.lower_case_options(command.options)
    check_options(options, DeltaUse.WRITE)
    overwrites = command.mode is u.SaveMode.OVERWRITE
    replace_where = options.get("replacewhere")
    is_dynamic = _is_dynamic(options, context)
    if is_dynamic and replace_where is not None and "partitionoverwritemode" in options:
        raise analysis_error("DELTA_REPLACE_WHERE_WITH_DYNAMIC_PARTITION_OVERWRITE")
    if replace_where is not None and not overwrites:
        raise illegal_argument("The option replaceWhere needs the mode overwrite.")
    writer = _writer(path, command.partition_columns, options, overwrites=overwrites)
    writer.check(plan.schema)
    if overwrites and is_dynamic and replace_where is None and _has_partitions(path):
        _overwrite_partitions(path, command, options, context)
        return
    if replace_where is not None and is_table(path):
        _replace_where(path, command, replace_where, options, context)
        return
    rows = context.pipeline.run(plan, context.cancellation)
    writer.write(rows, plan.schema, _transaction(options))


def delta_sink(command: u.WriteStream, schema: StructType, query_id: str, config: SessionConfig) -> DeltaStreamSink:
    """Raises: SparkError for the update mode, a table name, a missing path, and rows that do not fit the table"""
    mode = parse_output_mode(command.output_mode)
    if mode is OutputMode.UPDATE:
        source = "org.apache.spark.sql.delta.sources.DeltaDataSource"
        raise analysis_error("DELTA_UNSUPPORTED_OUTPUT_MODE", dataSource=source, mode="Update")
    options = u.lower_case_options(command.options)
    check_options(options, DeltaUse.SINK)
    path = _path(command.path, options.get("path"))
    if boolean(options, "overwriteSchema") and mode is not OutputMode.COMPLETE:
        raise illegal_argument("The option overwriteSchema needs the output mode complete.")
    writer = _writer(path, command.partition_columns, options, overwrites=mode is OutputMode.COMPLETE, is_durable=True)
    writer.check(schema)
    return DeltaStreamSink(writer, schema, query_id, int(config.get(OPTIMIZE_EVERY)))


def _writer(
    path: str,
    partition_columns: tuple[str, ...],
    options: Mapping[str, str],
    *,
    overwrites: bool,
    is_durable: bool = False,
) -> DeltaWriter:
    overwrites_schema = boolean(options, "overwriteSchema")
    return DeltaWriter(
        path,
        partition_columns,
        overwrites,
        boolean(options, "mergeSchema"),
        overwrites_schema,
        options.get("usermetadata"),
        is_durable=is_durable,
    )


def _path(given: str | None, option: str | None) -> str:
    path = given if given is not None else option
    if path is None:
        raise SparkError(ErrorKind.ILLEGAL_ARGUMENT, "", {"message": "'path' is not specified"})
    return local_path(path)


def _is_dynamic(options: Mapping[str, str], context: CommandContext) -> bool:
    setting = context.config.get("spark.sql.sources.partitionOverwriteMode")
    return options.get("partitionoverwritemode", setting).lower() == "dynamic"


def _has_partitions(path: str) -> bool:
    return is_table(path) and bool(open_metadata(path).partition_columns)


def _overwrite_partitions(path: str, command: u.Write, options: Mapping[str, str], context: CommandContext) -> None:
    """The mode overwrite that replaces only the partitions of the rows."""
    for name in ("mergeSchema", "overwriteSchema", "txnAppId", "userMetadata"):
        if name.lower() in options:
            raise not_supported(f"{name} with partitionOverwriteMode = dynamic", "Leave one of them out.")
    ids = Ids()
    rows = in_table_columns(command.query, open_metadata(path).schema, context, ids)
    overwrite_partitions(DeltaTarget(path, path), rows, context, ids)


def _replace_where(
    path: str, command: u.Write, condition: str, options: Mapping[str, str], context: CommandContext
) -> None:
    """The mode overwrite that replaces only the rows for which `condition` is true."""
    if boolean(options, "overwriteSchema"):
        raise illegal_argument("The options replaceWhere and overwriteSchema cannot both be given.")
    if boolean(options, "mergeSchema"):
        raise not_supported("mergeSchema with replaceWhere", "Add the columns first: ALTER TABLE … ADD COLUMNS.")
    ids = Ids()
    rows = in_table_columns(command.query, open_metadata(path).schema, context, ids)
    stamp = Stamp(options.get("usermetadata"), _transaction(options))
    target = DeltaTarget(path, path)
    overwrite_where(target, rows, parse_expression(condition), context, ids, shown=condition, stamp=stamp)


def _transaction(options: Mapping[str, str]) -> Transaction | None:
    """A write that happens once, as a function of `foreachBatch` asks for."""
    app_id, version = options.get("txnappid"), options.get("txnversion")
    if (app_id is None) != (version is None):
        raise illegal_argument("Give both of the options txnAppId and txnVersion, or none.")
    return None if app_id is None or version is None else Transaction(app_id, version_number(version, "txnVersion"))
