"""MySQL and MariaDB through PyMySQL, whose rows are Python's: they become Arrow columns as texts, and are written as
statements that Arrow puts together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from importlib import import_module
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from unbounded.connectors.jdbc.arrow_values import local_times
from unbounded.connectors.jdbc.database import Access, Connection, ForeignColumn, Isolation
from unbounded.connectors.jdbc.databases.mysql.dialect import MySqlDialect
from unbounded.connectors.jdbc.databases.mysql.types import ResultField, foreign_column
from unbounded.connectors.jdbc.databases.statements import name_list
from unbounded.connectors.jdbc.failures import DatabaseFailure, missing_package
from unbounded.connectors.jdbc.table_names import TableName, unquoted
from unbounded.connectors.option_values import illegal_argument, whole_number
from unbounded.types.datatypes import BinaryType, StructType

_DIALECT = MySqlDialect()
_PORT = 3306
_ROWS_PER_BATCH = 10_000
_WITHOUT_EFFECT = frozenset(
    {
        "rewritebatchedstatements",
        "useunicode",
        "characterencoding",
        "useserverprepstmts",
        "cacheprepstmts",
        "allowpublickeyretrieval",
    }
)
"""Tuning of Connector/J, and what PyMySQL always does."""
_SSL_MODES: Mapping[str, Mapping[str, Any]] = {
    "disabled": {"ssl_disabled": True},
    "preferred": {},
    "required": {"ssl": {"check_hostname": False}},
}
_LOST_CONNECTIONS = frozenset({0, 2006, 2013, 2014, 2055})
_SYNTAX_ERRORS = frozenset({1054, 1064, 1146})


class MySqlConnection:
    """Implements `database.Connection`."""

    def __init__(self, access: Access) -> None:
        try:
            self._library: Any = import_module("pymysql")
        except ImportError as error:
            raise missing_package("MySQL", "PyMySQL", "mysql") from error
        self._arguments = _arguments(access)
        with self._failures():
            self._connection = self._library.connect(**self._arguments, conv=_text_conversions(self._library))
        self._local_zone = access.local_zone
        self._fetch_size = access.fetch_size or _ROWS_PER_BATCH
        self._insert_size = access.insert_size
        try:
            for statement in _session_statements(access, self._connection.get_server_info()):
                self.execute(statement)
        except BaseException:
            self.close()
            raise

    def execute(self, statement: str) -> None:
        with self._failures(), self._connection.cursor() as cursor:
            cursor.execute(statement)

    def execute_script(self, statements: str) -> None:
        self.execute(statements)

    def rows(self, query: str) -> Sequence[tuple[Any, ...]]:
        with self._failures(), self._connection.cursor() as cursor:
            cursor.execute(query)
            found: Sequence[tuple[Any, ...]] = cursor.fetchall()
            return found

    def result_fields(self, query: str) -> list[ResultField]:
        """The columns of `query`. The library's own description leaves out whether a number has a sign."""
        with self._failures(), self._connection.cursor() as cursor:
            cursor.execute(query)
            return [
                ResultField(f.name, f.type_code, f.length, f.scale, f.flags, f.charsetnr) for f in cursor._result.fields
            ]

    def read(self, query: str, columns: Sequence[ForeignColumn]) -> Iterator[pa.RecordBatch]:
        with self._failures(), self._connection.cursor(self._library.cursors.SSCursor) as cursor:
            cursor.execute(query)
            while rows := cursor.fetchmany(self._fetch_size):
                texts = zip(zip(*rows, strict=True), columns, strict=False)
                arrays = [pa.array(values, _wire_type(column)) for values, column in texts] or [pa.nulls(len(rows))]
                yield pa.RecordBatch.from_arrays(arrays, names=[f"c{i}" for i in range(len(arrays))])

    def insert(self, table: TableName, rows: pa.RecordBatchReader) -> None:
        into = f"INSERT INTO {table.text} ({name_list(rows.schema.names, _DIALECT)}) VALUES "
        for batch in rows:
            for start in range(0, batch.num_rows, self._insert_size):
                values = _value_lists(batch.slice(start, self._insert_size), self._local_zone)
                self.execute(into + ",".join(values.to_pylist()))

    def commit(self) -> None:
        with self._failures():
            self._connection.commit()

    def cancel(self) -> None:
        """A connection cannot be interrupted but by another one."""
        with suppress(self._library.MySQLError, OSError):
            other = self._library.connect(**self._arguments)
            with other, other.cursor() as cursor:
                cursor.execute(f"KILL QUERY {self._connection.thread_id()}")

    def close(self) -> None:
        """The server takes back what is not committed."""
        if self._connection.open:
            self._connection.close()

    @contextmanager
    def _failures(self) -> Iterator[None]:
        try:
            yield
        except (self._library.MySQLError, OSError) as error:
            code, *texts = error.args or (0,)
            reason = f"ERROR {code}: {' '.join(map(str, texts))}"
            is_lost = code in _LOST_CONNECTIONS or isinstance(error, OSError)
            raise DatabaseFailure(reason, is_syntax=code in _SYNTAX_ERRORS, is_lost=is_lost) from error


class MySql:
    """Implements `database.Database`."""

    dialect = _DIALECT

    def connect(self, access: Access) -> Connection:
        return MySqlConnection(access)

    def columns(
        self, connection: Connection, relation: str, prefix: str, *, prefers_ntz: bool
    ) -> tuple[ForeignColumn, ...]:
        assert isinstance(connection, MySqlConnection)
        fields = connection.result_fields(f"{prefix}SELECT * FROM {relation} WHERE 1=0")
        return tuple(foreign_column(field, prefers_ntz=prefers_ntz) for field in fields)

    def has_table(self, connection: Connection, table: TableName) -> bool:
        return bool(connection.rows(f"SELECT 1 FROM information_schema.tables WHERE {_where(table)}"))

    def has_key(self, connection: Connection, table: TableName, keys: Sequence[str]) -> bool:
        """The statement of an upsert does not say which key it means, so there must be one of just these columns."""
        query = (
            "SELECT GROUP_CONCAT(LOWER(column_name) ORDER BY column_name SEPARATOR ',') FROM "
            f"information_schema.statistics WHERE non_unique = 0 AND {_where(table)} GROUP BY index_name"
        )
        wanted = sorted(key.lower() for key in keys)
        return any(sorted(str(found).split(",")) == wanted for (found,) in connection.rows(query))

    def stored_values(
        self, connection: Connection, table: TableName, schema: StructType, access: Access
    ) -> Sequence[str]:
        return [_DIALECT.quote(name) for name in schema.names]

    def takes_directly(self, connection: Connection, table: TableName, schema: StructType) -> bool:
        return True


def _where(table: TableName) -> str:
    *schemas, name = (unquoted(part)[0] for part in table.parts)
    place = _DIALECT.text(schemas[-1]) if schemas else "DATABASE()"
    return f"table_schema = {place} AND table_name = {_DIALECT.text(name)}"


def _arguments(access: Access) -> dict[str, Any]:
    host, port = access.url.hosts[0] if access.url.hosts else ("localhost", "")
    found: dict[str, Any] = {"host": host or "localhost", "port": int(port or _PORT), "charset": "utf8mb4"}
    found |= {"user": access.user or "", "password": access.password or "", "database": access.url.database or None}
    for name, value in access.properties:
        found |= _property(name, value)
    return found


def _property(name: str, value: str) -> Mapping[str, Any]:
    key, chosen = name.lower(), value.lower()
    if key == "connecttimeout":
        return {"connect_timeout": max(whole_number(value) // 1000, 1)}
    if key == "sslmode" and chosen in _SSL_MODES:
        return _SSL_MODES[chosen]
    if key == "usessl" and chosen in ("true", "false"):
        return _SSL_MODES["required" if chosen == "true" else "disabled"]
    if key in _WITHOUT_EFFECT:
        return {}
    raise illegal_argument(f"The connection property '{name}={value}' of a jdbc:mysql: URL is not supported.")


def _session_statements(access: Access, version: str) -> Iterator[str]:
    zone = "+00:00" if access.local_zone in ("UTC", "Etc/UTC") else access.local_zone
    yield f"SET time_zone = {_DIALECT.text(zone)}"
    yield "SET sql_mode = CONCAT(@@sql_mode, ',STRICT_ALL_TABLES')"
    if access.timeout_s and "MariaDB" in version:
        yield f"SET SESSION max_statement_time = {access.timeout_s}"
    elif access.timeout_s:
        yield f"SET SESSION max_execution_time = {access.timeout_s * 1000}"
    if access.isolation is not Isolation.READ_UNCOMMITTED:
        yield f"SET SESSION TRANSACTION ISOLATION LEVEL {access.isolation.value}"
    yield "SET autocommit = 0"


def _text_conversions(library: Any) -> dict[Any, Any]:
    """No values of Python are made of what the server sends: texts stay texts, bytes bytes."""
    return {key: value for key, value in library.converters.conversions.items() if not isinstance(key, int)}


def _wire_type(column: ForeignColumn) -> pa.DataType:
    return pa.binary() if isinstance(column.data_type, BinaryType) else pa.string()


def _value_lists(batch: pa.RecordBatch, zone: str) -> pa.Array:
    """`(1,'a',NULL)` for every row."""
    parts: list[Any] = ["("]
    for i, column in enumerate(batch.columns):
        parts += [*([","] if i else []), pc.fill_null(_constants(column, zone), "NULL")]
    return pc.binary_join_element_wise(*parts, ")", "")


def _constants(column: pa.Array, zone: str) -> pa.Array:
    """The values of a column as constants in SQL; NULL stays NULL."""
    kind = column.type
    if pa.types.is_boolean(kind):
        return column.cast(pa.int8()).cast(pa.string())
    if pa.types.is_binary(kind):
        return pa.array([None if value is None else f"x'{value.hex()}'" for value in column.to_pylist()], pa.string())
    if pa.types.is_timestamp(kind) and kind.tz is not None:
        column = local_times(column, zone)
    texts = column if pa.types.is_string(kind) else column.cast(pa.string())
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return texts
    escaped = pc.replace_substring(pc.replace_substring(texts, "\\", "\\\\"), "'", "\\'")
    return pc.binary_join_element_wise("'", escaped, "'", "")
