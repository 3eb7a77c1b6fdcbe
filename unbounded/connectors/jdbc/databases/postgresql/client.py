"""PostgreSQL through ADBC: COPY both ways, tables in transactions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa

from unbounded.connectors.jdbc.arrow_values import instants
from unbounded.connectors.jdbc.database import Access, Connection, ForeignColumn, Isolation
from unbounded.connectors.jdbc.databases.adbc import AdbcConnection, adbc_driver
from unbounded.connectors.jdbc.databases.postgresql.access import connection_text, takes_untyped_texts
from unbounded.connectors.jdbc.databases.postgresql.dialect import PostgresDialect
from unbounded.connectors.jdbc.databases.postgresql.types import (
    Declared,
    declared_type,
    foreign_column,
    needs_catalog,
    takes_rows_of,
)
from unbounded.connectors.jdbc.databases.statements import name_list
from unbounded.connectors.jdbc.failures import DatabaseFailure
from unbounded.connectors.jdbc.table_names import TableName, find_table_name, unquoted
from unbounded.types.datatypes import StringType, StructType

_DIALECT = PostgresDialect()
_SYNTAX_CLASS = "42"
"""The class of SQLSTATEs that are about a query's text and names."""
_LOST_CLASSES = ("08", "57P")
"""Those of broken connections, and of servers that go down."""


class PostgresConnection(AdbcConnection):
    """Implements `database.Connection`."""

    def __init__(self, access: Access) -> None:
        driver = adbc_driver("adbc_driver_postgresql.dbapi", "PostgreSQL", "adbc-driver-postgresql", "postgres")
        try:
            connection = driver.connect(connection_text(access))
        except driver.Error as error:
            raise failure_of(error) from error
        super().__init__(connection, driver.Error, failure_of)
        try:
            for statement in _session_statements(access):
                self.execute(statement)
            self.commit()
        except BaseException:
            self.close()
            raise

    def insert(self, table: TableName, rows: pa.RecordBatchReader) -> None:
        *schemas, name = table.parts
        schema = _folded(schemas[-1]) if schemas else None
        self.ingest(_folded(name), _as_ingested(rows), db_schema_name=schema)


class Postgres:
    """Implements `database.Database`."""

    dialect = _DIALECT

    def connect(self, access: Access) -> Connection:
        return PostgresConnection(access)

    def columns(
        self, connection: Connection, relation: str, prefix: str, *, prefers_ntz: bool
    ) -> tuple[ForeignColumn, ...]:
        assert isinstance(connection, PostgresConnection)
        schema = connection.result_schema(f"{prefix}SELECT * FROM {relation} WHERE 1=0")
        table = find_table_name(relation)
        declared = _declared(connection, table) if table is not None and needs_catalog(schema) else {}
        return tuple(foreign_column(field, declared.get(field.name), prefers_ntz=prefers_ntz) for field in schema)

    def has_table(self, connection: Connection, table: TableName) -> bool:
        return bool(connection.rows(f"SELECT to_regclass({_text(table.text)}) IS NOT NULL")[0][0])

    def has_key(self, connection: Connection, table: TableName, keys: Sequence[str]) -> bool:
        """The statement of an upsert names its key, and fails if there is none."""
        return True

    def stored_values(
        self, connection: Connection, table: TableName, schema: StructType, access: Access
    ) -> Sequence[str]:
        """Texts are turned into the types of the table's columns if the program says that they have none."""
        names = [_DIALECT.quote(name) for name in schema.names]
        if not takes_untyped_texts(access.properties):
            return names
        return [
            f'{name}::"{declared_type(there)}"' if isinstance(wanted.data_type, StringType) else name
            for name, there, wanted in zip(names, _table_columns(connection, table, schema), schema.fields, strict=True)
        ]

    def takes_directly(self, connection: Connection, table: TableName, schema: StructType) -> bool:
        pairs = zip(_table_columns(connection, table, schema), schema.fields, strict=True)
        return all(takes_rows_of(declared_type(there), wanted.data_type) for there, wanted in pairs)


def _table_columns(connection: Connection, table: TableName, schema: StructType) -> pa.Schema:
    """What the library says of the table's columns that `schema` names."""
    assert isinstance(connection, PostgresConnection)
    return connection.result_schema(f"SELECT {name_list(schema.names, _DIALECT)} FROM {table.text} WHERE 1=0")


def _declared(connection: Connection, table: TableName) -> dict[str, Declared]:
    """What only the catalog knows of a table's columns, by name."""
    query = (
        "SELECT attname::text, atttypmod, attndims::int4 FROM pg_catalog.pg_attribute "
        f"WHERE attrelid = to_regclass({_text(table.text)}) AND attnum > 0 AND NOT attisdropped"
    )
    return {name: Declared(modifier, dimensions) for name, modifier, dimensions in connection.rows(query)}


def _session_statements(access: Access) -> Iterator[str]:
    yield f"SET TIME ZONE {_text(access.local_zone)}"
    yield "SET intervalstyle = 'postgres'"
    if access.timeout_s:
        yield f"SET statement_timeout = {access.timeout_s * 1000}"
    if access.isolation is not Isolation.READ_UNCOMMITTED:
        yield f"SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL {access.isolation.value}"


def _as_ingested(rows: pa.RecordBatchReader) -> pa.RecordBatchReader:
    """`rows` in the types whose binary form the columns of `create_type` have."""
    schema = pa.schema([pa.field(field.name, _ingested_type(field.type)) for field in rows.schema])

    def convert(batch: pa.RecordBatch) -> pa.RecordBatch:
        columns = [
            instants(column) if pa.types.is_timestamp(field.type) and field.type.tz else column.cast(field.type)
            for column, field in zip(batch.columns, schema, strict=True)
        ]
        return pa.RecordBatch.from_arrays(columns, schema=schema)

    return pa.RecordBatchReader.from_batches(schema, map(convert, rows))


def _ingested_type(arrow_type: pa.DataType) -> pa.DataType:
    if pa.types.is_int8(arrow_type):
        return pa.int16()
    if pa.types.is_timestamp(arrow_type) and arrow_type.tz is not None:
        return pa.timestamp("us", tz="UTC")
    if pa.types.is_list(arrow_type):
        return pa.list_(_ingested_type(arrow_type.value_type))
    return arrow_type


def failure_of(error: Any) -> DatabaseFailure:
    """The server's own sentences; the library's text names its calls and repeats the query."""
    found = {key: value.decode(errors="replace") for key, value in getattr(error, "details", None) or ()}
    message = found.get(b"PG_DIAG_MESSAGE_PRIMARY", found.get("PG_DIAG_MESSAGE_PRIMARY"))
    if message is None:
        return DatabaseFailure(_library_text(str(error)), is_lost=True)
    lines = [f"ERROR: {message}"]
    for label, key in (("Detail", "MESSAGE_DETAIL"), ("Hint", "MESSAGE_HINT"), ("Where", "CONTEXT")):
        value = found.get(f"PG_DIAG_{key}".encode())
        lines += [f"  {label}: {value}"] if value else []
    state = getattr(error, "sqlstate", None) or ""
    return DatabaseFailure(
        "\n".join(lines), is_syntax=state.startswith(_SYNTAX_CLASS), is_lost=state.startswith(_LOST_CLASSES)
    )


def _library_text(text: str) -> str:
    return text.partition("[libpq] ")[2].strip() or text.strip()


def _folded(part: str) -> str:
    name, is_quoted = unquoted(part)
    return name if is_quoted else name.lower()


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
