"""A read of a database as a value: which columns, which rows, in which parts. Connects when it is read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import pyarrow as pa

from unbounded.cancellation import Cancellation
from unbounded.connectors.jdbc.arrow_values import from_database, read_schema
from unbounded.connectors.jdbc.conditions import Condition, condition_sql
from unbounded.connectors.jdbc.database import Access, Connection, Database, ForeignColumn
from unbounded.connectors.jdbc.databases.opening import database_of
from unbounded.connectors.jdbc.failures import DatabaseFailure, connection_failed, query_failed
from unbounded.errors import ErrorKind, SparkError
from unbounded.types.arrow import to_arrow_schema
from unbounded.types.datatypes import StructType

_NO_COLUMNS = '1 AS "none"'


@dataclass(frozen=True, slots=True)
class JdbcScan:
    """Implements `connectors.api.ArrowSource`.

    `relation` stands in FROM, `prefix` before SELECT. `parts` are conditions in SQL, read one after another; None is
    everything. `columns` are those wanted, `all_columns` those there are.
    """

    access: Access = field(repr=False)
    relation: str
    all_columns: tuple[ForeignColumn, ...]
    columns: tuple[ForeignColumn, ...]
    parts: tuple[str | None, ...] = (None,)
    prefix: str = ""
    session_statement: str | None = None
    takes_conditions: bool = True
    conditions: tuple[Condition, ...] = ()
    limit: int | None = None

    @property
    def schema(self) -> StructType:
        return read_schema(self.columns)

    def input_files(self) -> Sequence[str]:
        return []

    def with_columns(self, positions: Sequence[int]) -> JdbcScan:
        """A read of these of its columns, in this order."""
        return replace(self, columns=tuple(self.columns[position] for position in positions))

    def with_condition(self, condition: Condition) -> JdbcScan | None:
        """A read of the rows for which it is true; None if the database would not answer as Spark does."""
        if not self.takes_conditions or self.limit is not None or self._sql_of(condition) is None:
            return None
        return replace(self, conditions=(*self.conditions, condition))

    def with_limit(self, count: int) -> JdbcScan:
        """A read of at least so many rows, or all there are."""
        return replace(self, limit=count if self.limit is None else min(count, self.limit))

    def read(self) -> pa.RecordBatchReader:
        """Raises: SparkError"""
        return self.read_until(Cancellation())

    def read_until(self, cancellation: Cancellation) -> pa.RecordBatchReader:
        """Implements `connectors.api.InterruptibleSource`."""
        schema = to_arrow_schema(self.schema, "UTC")
        return pa.RecordBatchReader.from_batches(schema, self._batches(cancellation))

    @property
    def description(self) -> str:
        """As `explain` shows it."""
        relation = f"JDBCRelation({self.relation}) [numPartitions={len(self.parts)}]"
        queries = (f"\nExternal engine query: {self.query(part)}" for part in self.parts)
        return f"Scan {relation}{''.join(queries)}"

    def query(self, part: str | None) -> str:
        """The SELECT of one part."""
        wanted = ", ".join(self._item(column) for column in self.columns) or _NO_COLUMNS
        conditions = [*([part] if part is not None else []), *filter(None, map(self._sql_of, self.conditions))]
        where = " WHERE " + " AND ".join(f"({c})" for c in conditions) if conditions else ""
        limit = "" if self.limit is None else f" LIMIT {self.limit}"
        return f"{self.prefix}SELECT {wanted} FROM {self.relation}{where}{limit}"

    def _item(self, column: ForeignColumn) -> str:
        name = self._database.dialect.quote(column.name)
        return name if column.expression == name else f"{column.expression} AS {name}"

    def _sql_of(self, condition: Condition) -> str | None:
        columns = {column.name: column for column in self.all_columns}
        return condition_sql(condition, columns, self._database.dialect)

    @property
    def _database(self) -> Database:
        return database_of(self.access.url.kind)

    def _batches(self, cancellation: Cancellation) -> Iterator[pa.RecordBatch]:
        with connected(self.access, cancellation) as connection:
            query = self.session_statement or ""
            try:
                if query:
                    connection.execute_script(query)
                for part in self.parts:
                    query = self.query(part)
                    for batch in connection.read(query, self.columns):
                        yield self._as_wanted(batch)
            except DatabaseFailure as failure:
                refuse_if_cancelled(cancellation)
                raise query_failed(query, failure, self.access.secrets) from failure

    def _as_wanted(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        if not self.columns:
            nothing = pa.StructArray.from_buffers(pa.struct([]), batch.num_rows, [None])
            return pa.RecordBatch.from_struct_array(nothing)
        return from_database(batch, self.columns, self.access.local_zone)


@contextmanager
def connected(access: Access, cancellation: Cancellation) -> Iterator[Connection]:
    """A connection, closed in any case; what it waits for ends when it is cancelled.

    Raises: SparkError FAILED_JDBC.CONNECTION, OPERATION_CANCELED
    """
    refuse_if_cancelled(cancellation)
    try:
        connection = database_of(access.url.kind).connect(access)
    except DatabaseFailure as failure:
        raise connection_failed(access.url.shown, failure.reason, access.secrets) from failure
    forget = cancellation.on_cancel(connection.cancel)
    try:
        yield connection
    finally:
        forget()
        connection.close()


def refuse_if_cancelled(cancellation: Cancellation) -> None:
    """Raises: SparkError OPERATION_CANCELED"""
    if cancellation.is_cancelled:
        raise SparkError(ErrorKind.SPARK, "OPERATION_CANCELED", {})
