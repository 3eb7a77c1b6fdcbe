"""DuckDB files, opened as databases of their own beside the engine: here DuckDB is what a program reads and writes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import duckdb
import pyarrow as pa

from unbounded.connectors.jdbc.arrow_values import instants
from unbounded.connectors.jdbc.database import Access, Comparison, Connection, ForeignColumn
from unbounded.connectors.jdbc.databases.duckdb_file.dialect import DuckDbDialect
from unbounded.connectors.jdbc.databases.statements import name_list
from unbounded.connectors.jdbc.failures import DatabaseFailure
from unbounded.connectors.jdbc.table_names import TableName, unquoted
from unbounded.errors import SparkError, not_supported
from unbounded.types.arrow import from_arrow_type
from unbounded.types.datatypes import (
    INTEGER,
    LONG,
    SHORT,
    STRING,
    TIMESTAMP,
    TIMESTAMP_NTZ,
    ArrayType,
    CalendarIntervalType,
    DataType,
    DayTimeIntervalType,
    DecimalType,
    MapType,
    StructType,
)

_DIALECT = DuckDbDialect()
_ROWS_PER_BATCH = 100_000
_INCOMING = "unbounded_incoming"
_UNSIGNED = {pa.uint8(): SHORT, pa.uint16(): INTEGER, pa.uint32(): LONG, pa.uint64(): DecimalType(20, 0)}


class DuckDbConnection:
    """Implements `database.Connection`."""

    def __init__(self, access: Access) -> None:
        if access.timeout_s:
            raise not_supported("The option queryTimeout with jdbc:duckdb:", "Leave it out.")
        settings: dict[str, Any] = {name.removeprefix("duckdb."): value for name, value in access.properties}
        is_read_only = settings.pop("read_only", "false").lower() == "true"
        with _failures():
            self._connection = duckdb.connect(access.url.path, read_only=is_read_only, config=settings)
            self._connection.execute(f"SET TimeZone = {_DIALECT.text(access.local_zone)}")
            self._connection.begin()
        self._batch_size = access.fetch_size or _ROWS_PER_BATCH

    def execute(self, statement: str) -> None:
        with _failures():
            self._connection.execute(statement)

    def execute_script(self, statements: str) -> None:
        self.execute(statements)

    def rows(self, query: str) -> Sequence[tuple[Any, ...]]:
        with _failures():
            return self._connection.execute(query).fetchall()

    def result_schema(self, query: str) -> pa.Schema:
        """The columns of `query`, which is not run."""
        with _failures():
            return self._connection.sql(f"SELECT * FROM ({query}) AS q LIMIT 0").to_arrow_table().schema

    def read(self, query: str, columns: Sequence[ForeignColumn]) -> Iterator[pa.RecordBatch]:
        with _failures():
            yield from self._connection.sql(query).to_arrow_reader(self._batch_size)

    def insert(self, table: TableName, rows: pa.RecordBatchReader) -> None:
        names = name_list(rows.schema.names, _DIALECT)
        with _failures():
            self._connection.register(_INCOMING, _as_stored(rows))
            self._connection.execute(f"INSERT INTO {table.text} ({names}) SELECT {names} FROM {_INCOMING}")

    def commit(self) -> None:
        with _failures():
            self._connection.commit()
            self._connection.begin()

    def cancel(self) -> None:
        with suppress(duckdb.Error):
            self._connection.interrupt()

    def close(self) -> None:
        with suppress(duckdb.Error):
            self._connection.rollback()
        self._connection.close()


class DuckDbFile:
    """Implements `database.Database`."""

    dialect = _DIALECT

    def connect(self, access: Access) -> Connection:
        return DuckDbConnection(access)

    def columns(
        self, connection: Connection, relation: str, prefix: str, *, prefers_ntz: bool
    ) -> tuple[ForeignColumn, ...]:
        assert isinstance(connection, DuckDbConnection)
        schema = connection.result_schema(f"{prefix}SELECT * FROM {relation}")
        return tuple(_foreign_column(field, prefers_ntz=prefers_ntz) for field in schema)

    def has_table(self, connection: Connection, table: TableName) -> bool:
        *schemas, name = (unquoted(part)[0] for part in table.parts)
        place = f" AND lower(table_schema) = lower({_DIALECT.text(schemas[-1])})" if schemas else ""
        where = f"lower(table_name) = lower({_DIALECT.text(name)}){place}"
        return bool(connection.rows(f"SELECT count(*) FROM information_schema.tables WHERE {where}")[0][0])

    def has_key(self, connection: Connection, table: TableName, keys: Sequence[str]) -> bool:
        """The statement of an upsert names its key, and fails if there is none."""
        return True

    def stored_values(
        self, connection: Connection, table: TableName, schema: StructType, access: Access
    ) -> Sequence[str]:
        return [_DIALECT.quote(name) for name in schema.names]

    def takes_directly(self, connection: Connection, table: TableName, schema: StructType) -> bool:
        return True


def _foreign_column(field: pa.Field[pa.DataType], *, prefers_ntz: bool) -> ForeignColumn:
    """What Spark has no type for is read as text."""
    column = _DIALECT.quote(field.name)
    data_type = _data_type(field.type)
    if data_type is None:
        return ForeignColumn(field.name, STRING, f"CAST({column} AS VARCHAR)")
    if data_type == TIMESTAMP_NTZ and not prefers_ntz:
        return ForeignColumn(field.name, TIMESTAMP, column)
    is_nested = isinstance(data_type, ArrayType | MapType | StructType)
    return ForeignColumn(field.name, data_type, column, Comparison.NONE if is_nested else Comparison.ORDER)


def _data_type(arrow_type: pa.DataType) -> DataType | None:
    if arrow_type in _UNSIGNED:
        return _UNSIGNED[arrow_type]
    try:
        found = from_arrow_type(arrow_type)
    except SparkError:
        return None
    return None if isinstance(found, CalendarIntervalType | DayTimeIntervalType) else found


def _as_stored(rows: pa.RecordBatchReader) -> pa.RecordBatchReader:
    """Instants in UTC, whatever zone their label names."""
    zoned = [pa.types.is_timestamp(field.type) and field.type.tz is not None for field in rows.schema]
    fields = zip(rows.schema, zoned, strict=True)
    schema = pa.schema([pa.field(f.name, pa.timestamp("us", tz="UTC")) if is_zoned else f for f, is_zoned in fields])

    def convert(batch: pa.RecordBatch) -> pa.RecordBatch:
        columns = zip(batch.columns, zoned, strict=True)
        arrays = [instants(column) if is_zoned else column for column, is_zoned in columns]
        return pa.RecordBatch.from_arrays(arrays, schema=schema)

    return pa.RecordBatchReader.from_batches(schema, map(convert, rows))


@contextmanager
def _failures() -> Iterator[None]:
    try:
        yield
    except (duckdb.Error, pa.ArrowException) as error:
        is_syntax = isinstance(error, duckdb.ProgrammingError)
        raise DatabaseFailure(str(error).strip(), is_syntax=is_syntax) from error
