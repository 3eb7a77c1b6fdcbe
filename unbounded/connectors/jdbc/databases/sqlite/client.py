"""SQLite files through ADBC. SQLite types values, not columns: what a column is declared as decides what is read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import pyarrow as pa

from unbounded.connectors.jdbc.arrow_values import local_times
from unbounded.connectors.jdbc.database import Access, Connection, ForeignColumn
from unbounded.connectors.jdbc.databases.adbc import AdbcConnection, adbc_driver
from unbounded.connectors.jdbc.databases.sqlite.dialect import SqliteDialect
from unbounded.connectors.jdbc.databases.sqlite.types import first_value, foreign_column
from unbounded.connectors.jdbc.failures import DatabaseFailure
from unbounded.connectors.jdbc.table_names import TableName, unquoted
from unbounded.connectors.option_values import illegal_argument
from unbounded.errors import not_supported
from unbounded.types.datatypes import StructType

_DIALECT = SqliteDialect()
_BUSY_TIMEOUT_MS = "3000"
_PRAGMAS: Mapping[str, str] = {"busy_timeout": _BUSY_TIMEOUT_MS, "foreign_keys": "off"}
"""Properties of a URL that are settings of a connection, with the defaults of sqlite-jdbc."""
_ROWS_PER_BATCH = 10_000
_VIEW = "temp.unbounded_columns"


class SqliteConnection(AdbcConnection):
    """Implements `database.Connection`."""

    def __init__(self, access: Access) -> None:
        driver = adbc_driver("adbc_driver_sqlite.dbapi", "SQLite", "adbc-driver-sqlite", "sqlite")
        if access.timeout_s:
            raise not_supported("The option queryTimeout with jdbc:sqlite:", "Leave it out.")
        pragmas = _pragmas(access)
        options = {"adbc.sqlite.query.batch_rows": str(access.fetch_size or _ROWS_PER_BATCH)}
        try:
            connection = driver.connect(access.url.path)
        except driver.Error as error:
            raise _failure_of(error) from error
        super().__init__(connection, driver.Error, _failure_of, options)
        self._local_zone = access.local_zone
        try:
            for statement in ("COMMIT", *(f"PRAGMA {name} = {value}" for name, value in pragmas.items()), "BEGIN"):
                self.execute(statement)
        except BaseException:
            self.close()
            raise

    def read(self, query: str, columns: Sequence[ForeignColumn]) -> Iterator[pa.RecordBatch]:
        """The library takes the type of a column from its first values: a row before all others tells it."""
        first = ", ".join(first_value(column.data_type) for column in columns) or "0"
        batches = super().read(f"SELECT {first} UNION ALL SELECT * FROM ({query})", columns)
        yield next(batches).slice(1)
        yield from batches

    def insert(self, table: TableName, rows: pa.RecordBatchReader) -> None:
        *schemas, name = (unquoted(part)[0] for part in table.parts)
        place = {"catalog_name": schemas[-1]} if schemas else {}
        self.ingest(name, _as_stored(rows, self._local_zone), **place)


class Sqlite:
    """Implements `database.Database`."""

    dialect = _DIALECT

    def connect(self, access: Access) -> Connection:
        return SqliteConnection(access)

    def columns(
        self, connection: Connection, relation: str, prefix: str, *, prefers_ntz: bool
    ) -> tuple[ForeignColumn, ...]:
        """A temporary view knows how its columns are declared; what is declared nowhere is as in the first row."""
        connection.rows(f"{prefix}SELECT * FROM {relation} WHERE 1=0")
        connection.execute(f"CREATE TEMP VIEW unbounded_columns AS {prefix}SELECT * FROM {relation}")
        declared = [(row[1], row[2]) for row in connection.rows("PRAGMA temp.table_info(unbounded_columns)")]
        connection.execute(f"DROP VIEW {_VIEW}")
        found = _first_types(connection, relation, prefix, [name for name, _ in declared])
        return tuple(
            foreign_column(name, declaration or first, prefers_ntz=prefers_ntz)
            for (name, declaration), first in zip(declared, found, strict=True)
        )

    def has_table(self, connection: Connection, table: TableName) -> bool:
        *schemas, name = (unquoted(part)[0] for part in table.parts)
        catalog = f"{_DIALECT.quote(schemas[-1])}.sqlite_master" if schemas else "sqlite_master"
        query = f"SELECT count(*) FROM {catalog} WHERE lower(name) = lower({_DIALECT.text(name)})"
        return bool(connection.rows(query)[0][0])

    def has_key(self, connection: Connection, table: TableName, keys: Sequence[str]) -> bool:
        """The statement of an upsert names its key, and fails if there is none."""
        return True

    def stored_values(
        self, connection: Connection, table: TableName, schema: StructType, access: Access
    ) -> Sequence[str]:
        return [_DIALECT.quote(name) for name in schema.names]

    def takes_directly(self, connection: Connection, table: TableName, schema: StructType) -> bool:
        return True


def _first_types(connection: Connection, relation: str, prefix: str, names: Sequence[str]) -> Sequence[str]:
    kinds = ", ".join(f"typeof({_DIALECT.quote(name)})" for name in names)
    rows = connection.rows(f"{prefix}SELECT {kinds} FROM {relation} LIMIT 1")
    return rows[0] if rows else ["text"] * len(names)


def _pragmas(access: Access) -> dict[str, str]:
    found = dict(_PRAGMAS)
    for name, value in access.properties:
        if name.lower() not in found or not value.isalnum():
            raise illegal_argument(f"The connection property '{name}' of a jdbc:sqlite: URL is not supported.")
        found[name.lower()] = value
    return found


def _as_stored(rows: pa.RecordBatchReader, zone: str) -> pa.RecordBatchReader:
    """Decimals, dates and times are texts; times without a zone are those of the local clock."""
    schema = pa.schema([pa.field(field.name, _stored_type(field.type)) for field in rows.schema])

    def convert(batch: pa.RecordBatch) -> pa.RecordBatch:
        columns = (
            local_times(column, zone) if pa.types.is_timestamp(column.type) and column.type.tz else column
            for column in batch.columns
        )
        arrays = [column.cast(field.type) for column, field in zip(columns, schema, strict=True)]
        return pa.RecordBatch.from_arrays(arrays, schema=schema)

    return pa.RecordBatchReader.from_batches(schema, map(convert, rows))


def _stored_type(arrow_type: pa.DataType) -> pa.DataType:
    is_text = pa.types.is_decimal(arrow_type) or pa.types.is_temporal(arrow_type)
    return pa.string() if is_text else arrow_type


def _failure_of(error: Exception) -> DatabaseFailure:
    text = str(error).partition("[SQLite] ")[2].partition("\nquery: ")[0].strip() or str(error).strip()
    is_syntax = any(sign in text for sign in ("no such table", "no such column", "syntax error"))
    return DatabaseFailure(text, is_syntax=is_syntax)
