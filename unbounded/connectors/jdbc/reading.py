"""From the options of a read to a `JdbcScan`: the columns are asked for, custom types and parts are worked out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from unbounded.cancellation import Cancellation
from unbounded.connectors.jdbc.arrow_values import read_schema
from unbounded.connectors.jdbc.database import ForeignColumn
from unbounded.connectors.jdbc.databases.opening import database_of
from unbounded.connectors.jdbc.failures import DatabaseFailure, schema_failed
from unbounded.connectors.jdbc.options import JdbcOptions
from unbounded.connectors.jdbc.partitions import Zones, part_conditions
from unbounded.connectors.jdbc.source import JdbcScan, connected
from unbounded.errors import analysis_error
from unbounded.types.datatypes import DataType
from unbounded.types.ddl import parse_columns


def open_scan(options: JdbcOptions, predicates: Sequence[str], zones: Zones) -> JdbcScan:
    """Connects once, for the columns. Raises: SparkError"""
    access = options.access
    database = database_of(access.url.kind)
    prepare = options.text("prepareQuery")
    prefix = f"{prepare} " if prepare else ""
    prefers_ntz = options.boolean("preferTimestampNTZ")
    with connected(access, Cancellation()) as connection:
        try:
            columns = database.columns(connection, options.relation, prefix, prefers_ntz=prefers_ntz)
        except DatabaseFailure as failure:
            query = f"{prefix}SELECT * FROM {options.relation} WHERE 1=0"
            raise schema_failed(query, failure, access.secrets) from failure
    _refuse_repeated([column.name for column in columns])
    parts: tuple[str | None, ...] = (None,)
    if options.partitioning is not None:
        parts = part_conditions(options.partitioning, columns, read_schema(columns), zones, database.dialect)
    return JdbcScan(
        access,
        options.relation,
        columns,
        columns,
        tuple(predicates) or parts,
        prefix,
        options.text("sessionInitStatement"),
        options.boolean("pushDownPredicate", default=True),
    )


def custom_types(options: JdbcOptions, columns: Sequence[ForeignColumn]) -> Mapping[str, DataType]:
    """The types of `customSchema` by the names of columns; names that are no columns are passed over, as in Spark.

    Raises: SparkError COLUMN_ALREADY_EXISTS, and for what is no list of columns
    """
    text = options.text("customSchema")
    if not text:
        return {}
    wanted = parse_columns(text)
    _refuse_repeated(wanted.names)
    by_name = {field.name.lower(): field.data_type for field in wanted.fields}
    return {column.name: by_name[column.name.lower()] for column in columns if column.name.lower() in by_name}


def _refuse_repeated(names: Sequence[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name.lower() in seen:
            raise analysis_error("COLUMN_ALREADY_EXISTS", columnName=f"`{name.lower()}`")
        seen.add(name.lower())
