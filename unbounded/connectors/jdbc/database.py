"""What the connector asks of a kind of database: its SQL as text, and a connection that speaks Arrow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Protocol

import pyarrow as pa

from unbounded.connectors.jdbc.table_names import TableName
from unbounded.connectors.jdbc.urls import JdbcUrl
from unbounded.types.datatypes import DataType, StructType


class Comparison(Enum):
    """Which comparisons of a column the database answers as Spark does; ORDER includes equality."""

    NONE = "none"
    EQUALITY = "equality"
    ORDER = "order"


class Isolation(Enum):
    """The value is its name in SQL."""

    READ_UNCOMMITTED = "READ UNCOMMITTED"
    READ_COMMITTED = "READ COMMITTED"
    REPEATABLE_READ = "REPEATABLE READ"
    SERIALIZABLE = "SERIALIZABLE"


@dataclass(frozen=True, slots=True)
class ForeignColumn:
    """A column of a query as a read gives it.

    `expression`: SQL that yields its values in the form `arrow_values` takes. `is_exact`: texts of decimals have the
    scale of the type already.
    """

    name: str
    data_type: DataType
    expression: str
    comparison: Comparison = Comparison.NONE
    is_exact: bool = False


@dataclass(frozen=True, slots=True)
class Access:
    """Where a database is and as whom to go there. `local_zone`: of times without a zone, as the JVM's is in Spark.

    `timeout_s` limits a statement, 0 does not.
    """

    url: JdbcUrl
    user: str | None
    password: str | None = field(repr=False)
    properties: tuple[tuple[str, str], ...] = field(repr=False)
    local_zone: str
    timeout_s: int = 0
    fetch_size: int = 0
    insert_size: int = 1000
    isolation: Isolation = Isolation.READ_UNCOMMITTED

    @property
    def secrets(self) -> tuple[str, ...]:
        """What no text for a user may hold."""
        found = [value for name, value in self.properties if "password" in name.lower()]
        return tuple(text for text in (self.password, *found) if text)


class Connection(Protocol):
    """One transaction. Every method raises `failures.DatabaseFailure`."""

    def execute(self, statement: str) -> None: ...

    def execute_script(self, statements: str) -> None:
        """Several statements with semicolons between them, where the database takes such."""
        ...

    def rows(self, query: str) -> Sequence[tuple[Any, ...]]:
        """All rows of a small result."""
        ...

    def read(self, query: str, columns: Sequence[ForeignColumn]) -> Iterator[pa.RecordBatch]:
        """The rows of `query`, which has these columns, streamed."""
        ...

    def insert(self, table: TableName, rows: pa.RecordBatchReader) -> None:
        """Adds rows to a table that has their columns, under these names and in the types of `Dialect.create_type`."""
        ...

    def commit(self) -> None: ...

    def cancel(self) -> None:
        """From another thread: what the connection is waiting for ends, with a failure. Never raises."""
        ...

    def close(self) -> None:
        """Takes back what is not committed."""
        ...


class Dialect(Protocol):
    """The SQL of one kind of database: pure text."""

    @property
    def name(self) -> str: ...

    @property
    def can_swap_in_transaction(self) -> bool:
        """Whether creating, dropping and renaming tables is part of a transaction."""
        ...

    def quote(self, name: str) -> str: ...

    def literal(self, value: Any, data_type: DataType) -> str | None:
        """A constant; None if this database has none for it."""
        ...

    def ordered(self, column: str, data_type: DataType) -> str:
        """`column` so that `<` orders texts by their characters, as Spark does."""
        ...

    def null_safe_equal(self, left: str, right: str) -> str: ...

    def matches(self, column: str, start: str, middle: str, end: str) -> str | None:
        """`column` begins with, contains and ends with these texts (of which one is given); None if it cannot tell."""
        ...

    def create_type(self, data_type: DataType) -> str | None:
        """The type of a new column; None if there is none."""
        ...

    def temporary(self, name: str) -> TableName:
        """The full name of a temporary table."""
        ...

    def comment(self, table: TableName, text: str) -> str | None:
        """The statement that comments a table; None if there are no comments."""
        ...

    def truncate(self, table: TableName, *, cascades: bool) -> str: ...

    def swap(self, table: TableName, successor: TableName) -> Sequence[str]:
        """Statements after which `successor` is what `table` is called."""
        ...

    def upsert(self, table: TableName, columns: Sequence[str], keys: Sequence[str], rows: str) -> str:
        """Puts the rows of the query `rows` into `table`; those whose keys are there replace them."""
        ...


class Database(Protocol):
    """One kind of database."""

    @property
    def dialect(self) -> Dialect: ...

    def connect(self, access: Access) -> Connection:
        """Raises: DatabaseFailure, SparkError if the client library is missing"""
        ...

    def columns(
        self, connection: Connection, relation: str, prefix: str, *, prefers_ntz: bool
    ) -> tuple[ForeignColumn, ...]:
        """The columns of `SELECT * FROM relation`, with `prefix` before it. Raises: DatabaseFailure"""
        ...

    def has_table(self, connection: Connection, table: TableName) -> bool: ...

    def has_key(self, connection: Connection, table: TableName, keys: Sequence[str]) -> bool:
        """Whether an upsert by these columns finds a unique key, or says so itself."""
        ...

    def stored_values(
        self, connection: Connection, table: TableName, schema: StructType, access: Access
    ) -> Sequence[str]:
        """How a SELECT asks for columns of `schema` so that `table` takes them."""
        ...

    def takes_directly(self, connection: Connection, table: TableName, schema: StructType) -> bool:
        """Whether `Connection.insert` may put rows of `schema` straight into this table."""
        ...
