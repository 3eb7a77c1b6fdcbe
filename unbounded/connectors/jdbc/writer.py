"""Rows into a table of a database: all of them in one transaction, or none."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from enum import Enum

import pyarrow as pa

from unbounded.cancellation import Cancellation
from unbounded.connectors.jdbc.batch_numbers import BatchNumber, BatchNumbers
from unbounded.connectors.jdbc.database import Access, Connection, Database
from unbounded.connectors.jdbc.databases.opening import database_of
from unbounded.connectors.jdbc.databases.statements import name_list
from unbounded.connectors.jdbc.failures import DatabaseFailure, database_failed
from unbounded.connectors.jdbc.source import connected, refuse_if_cancelled
from unbounded.connectors.jdbc.table_names import TableName
from unbounded.connectors.jdbc.tables import NewTable, check_types, column_list, fitted
from unbounded.errors import analysis_error, not_supported
from unbounded.ids import new_id
from unbounded.types.datatypes import StructField, StructType


class Existing(Enum):
    """What becomes of a table that is there. EMPTY and REFILL keep it: the first truncates it, the second deletes its
    rows, which readers see until the end of the transaction."""

    REFUSE = "refuse"
    LEAVE = "leave"
    APPEND = "append"
    UPSERT = "upsert"
    EMPTY = "empty"
    REFILL = "refill"
    REPLACE = "replace"


@dataclass(frozen=True, slots=True)
class JdbcWriter:
    """`cascades`: truncating empties the tables that refer to this one, too. `keys`: of UPSERT."""

    access: Access = field(repr=False)
    table: TableName
    new_table: NewTable
    existing: Existing
    cascades: bool = False
    keys: tuple[str, ...] = ()

    def check(self, schema: StructType) -> None:
        """Whether rows of `schema` can be written as things are. Raises: SparkError"""
        database = database_of(self.access.url.kind)
        check_types(schema, database.dialect)
        with connected(self.access, Cancellation()) as connection:
            try:
                _Work(self, connection, database, schema).check()
            except DatabaseFailure as failure:
                raise database_failed("The table could not be looked at", failure, self.access.secrets) from failure

    def write(
        self,
        rows: Iterable[pa.RecordBatch],
        arrow_schema: pa.Schema,
        schema: StructType,
        batch: BatchNumber | None = None,
        cancellation: Cancellation | None = None,
    ) -> bool:
        """Writes `rows` (`arrow_schema` by position). False, without a look at them, if the table is there and is to be
        left alone, or if `batch` is there already. Raises: SparkError"""
        cancellation = cancellation or Cancellation()
        database = database_of(self.access.url.kind)
        check_types(schema, database.dialect)
        incoming = _Incoming(rows, arrow_schema)
        with connected(self.access, cancellation) as connection:
            work = _Work(self, connection, database, schema)
            try:
                return work.write(incoming, batch)
            except DatabaseFailure as failure:
                refuse_if_cancelled(cancellation)
                what = self._outcome(is_known=not work.is_committing or not failure.is_lost)
                raise incoming.failure or database_failed(what, failure, self.access.secrets) from failure

    def _outcome(self, *, is_known: bool) -> str:
        if is_known:
            return f"Nothing was written to {self.table.text}"
        return f"The connection broke while rows were committed, so they may be in {self.table.text}, all or none"


@dataclass(slots=True)
class _Work:
    """One write, or the look before it."""

    writer: JdbcWriter
    connection: Connection
    database: Database
    schema: StructType
    is_committing: bool = False

    def check(self) -> None:
        if self.database.has_table(self.connection, self.writer.table):
            self._fitted()

    def write(self, rows: _Incoming, batch: BatchNumber | None) -> bool:
        if self._is_left_alone():
            return False
        numbers = BatchNumbers(self.connection, self.database, self.writer.table)
        if batch is not None:
            self._prepare_for_number()
            if numbers.is_done(batch):
                return False
        self._put(rows)
        if batch is not None:
            numbers.set_done(batch)
        self.is_committing = True
        self.connection.commit()
        return True

    def _prepare_for_number(self) -> None:
        """The number is locked until the end of the transaction, which a new table may be."""
        table, dialect = self.writer.table, self.database.dialect
        if self.writer.existing is Existing.REPLACE and not dialect.can_swap_in_transaction:
            raise not_supported(f"txnAppId with the mode overwrite on {dialect.name}", "Add the option truncate.")
        if not self.database.has_table(self.connection, table):
            self._create(table)

    def _is_left_alone(self) -> bool:
        existing, table = self.writer.existing, self.writer.table
        if existing not in (Existing.REFUSE, Existing.LEAVE) or not self.database.has_table(self.connection, table):
            return False
        if existing is Existing.REFUSE:
            raise analysis_error("_LEGACY_ERROR_TEMP_1288", name=table.text)
        return True

    def _put(self, rows: _Incoming) -> None:
        table = self.writer.table
        if not self.database.has_table(self.connection, table):
            self._create(table)
            with self._undone(table):
                self._append(rows, table, self.schema)
            return
        match self.writer.existing:
            case Existing.REPLACE:
                self._replace(rows)
            case Existing.EMPTY:
                schema = self._fitted()
                staging = self._staged(rows, schema)
                self._run(self.database.dialect.truncate(table, cascades=self.writer.cascades))
                self._run(self._insertion(staging, schema))
            case Existing.REFILL:
                self._run(f"DELETE FROM {table.text}")
                self._append(rows, table, self._fitted())
            case Existing.UPSERT:
                self._upsert(rows)
            case _:
                self._append(rows, table, self._fitted())

    def _replace(self, rows: _Incoming) -> None:
        """The rows go into a table of their own, so that the query may read the one that they replace."""
        table = self.writer.table
        successor = table.sibling(f"unbounded_{new_id().replace('-', '')}")
        self._create(successor)
        with self._undone(successor):
            self._append(rows, successor, self.schema)
        for statement in self.database.dialect.swap(table, successor):
            self._run(statement)

    @contextmanager
    def _undone(self, table: TableName) -> Iterator[None]:
        """Drops a new table whose rows did not come, where the transaction does not do so."""
        try:
            yield
        except BaseException:
            if not self.database.dialect.can_swap_in_transaction:
                with suppress(DatabaseFailure):
                    self._run(f"DROP TABLE {table.text}")
            raise

    def _upsert(self, rows: _Incoming) -> None:
        schema = self._fitted()
        staging = self._staged(rows, schema)
        names = {name.lower(): name for name in schema.names}
        keys = [names[key.lower()] for key in self.writer.keys]
        selection = f"SELECT {self._values(schema)} FROM {staging.text}"
        if not self.database.has_key(self.connection, self.writer.table, keys):
            raise self._no_key(keys, "there is no unique key")
        try:
            self._run(self.database.dialect.upsert(self.writer.table, schema.names, keys, selection))
        except DatabaseFailure as failure:
            if _NO_UNIQUE_KEY.search(failure.reason) is None:
                raise
            raise self._no_key(keys, failure.reason) from failure

    def _no_key(self, keys: Sequence[str], reason: str) -> DatabaseFailure:
        fix = f"ALTER TABLE {self.writer.table.text} ADD PRIMARY KEY ({', '.join(keys)})"
        return DatabaseFailure(f"{reason}. The columns of upsertKeys must be a key: {fix}")

    def _append(self, rows: _Incoming, table: TableName, schema: StructType) -> None:
        if self.database.takes_directly(self.connection, table, schema):
            self.connection.insert(table, rows.reader(schema))
            return
        staging = self._staged(rows, schema)
        self._run(f"INSERT INTO {table.text} ({self._names(schema)}) SELECT {self._values(schema)} FROM {staging.text}")

    def _insertion(self, staging: TableName, schema: StructType) -> str:
        into = f"INSERT INTO {self.writer.table.text} ({self._names(schema)})"
        return f"{into} SELECT {self._values(schema)} FROM {staging.text}"

    def _staged(self, rows: _Incoming, schema: StructType) -> TableName:
        """A temporary table of this connection with the rows."""
        dialect = self.database.dialect
        nullable = StructType(tuple(StructField(f.name, f.data_type, True) for f in schema.fields))
        self._run(f"CREATE TEMPORARY TABLE {_STAGING} ({column_list(nullable, dialect, {})})")
        staging = dialect.temporary(_STAGING)
        self.connection.insert(staging, rows.reader(schema))
        return staging

    def _create(self, table: TableName) -> None:
        dialect = self.database.dialect
        self._run(self.writer.new_table.statement(table, self.schema, dialect))
        comment = dialect.comment(table, self.writer.new_table.comment or "")
        if self.writer.new_table.comment and comment is not None:
            self._run(comment)

    def _fitted(self) -> StructType:
        there = self.database.columns(self.connection, self.writer.table.text, "", prefers_ntz=False)
        return fitted(self.schema, [column.name for column in there], self.writer.table)

    def _names(self, schema: StructType) -> str:
        return name_list(schema.names, self.database.dialect)

    def _values(self, schema: StructType) -> str:
        return ", ".join(self.database.stored_values(self.connection, self.writer.table, schema, self.writer.access))

    def _run(self, statement: str) -> None:
        self.connection.execute(statement)


_STAGING = "unbounded_rows"
_NO_UNIQUE_KEY = re.compile(r"ON CONFLICT (specification|clause|target)|unique/primary key", re.IGNORECASE)
"""How databases say that nothing makes the keys unique."""


class _Incoming:
    """Rows on their way into a client library, which would wrap an error of the query: `failure` keeps it."""

    def __init__(self, batches: Iterable[pa.RecordBatch], schema: pa.Schema) -> None:
        self._batches = batches
        self._schema = schema
        self.failure: Exception | None = None

    def reader(self, schema: StructType) -> pa.RecordBatchReader:
        """The rows under the names of `schema`."""
        fields = zip(self._schema, schema.names, strict=True)
        renamed = pa.schema([pa.field(name, old.type) for old, name in fields])
        return pa.RecordBatchReader.from_batches(renamed, self._read(renamed))

    def _read(self, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        try:
            for batch in self._batches:
                yield pa.RecordBatch.from_arrays(batch.columns, schema=schema)
        except Exception as error:
            self.failure = error
            raise
