"""A connection through an ADBC driver: Arrow in, Arrow out. Knows no database's SQL."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from importlib import import_module
from typing import Any

import pyarrow as pa

from unbounded.connectors.jdbc.database import ForeignColumn
from unbounded.connectors.jdbc.failures import DatabaseFailure, missing_package

Explain = Callable[[Any], DatabaseFailure]
"""Makes a failure of an error of the library."""


def adbc_driver(module: str, database: str, package: str, extra: str) -> Any:
    """The library's module. Raises: SparkError that names the command which installs it"""
    try:
        return import_module(module)
    except ImportError as error:
        raise missing_package(database, package, extra) from error


class AdbcConnection:
    """One transaction on `connection`, a `dbapi.Connection`. Used by one thread."""

    def __init__(
        self, connection: Any, error: type[Exception], explain: Explain, statement_options: dict[str, str] | None = None
    ) -> None:
        self._connection = connection
        self._error = error
        self._explain = explain
        self._statement_options = statement_options or {}

    def execute(self, statement: str) -> None:
        self._call(lambda cursor: cursor.execute(statement))

    def execute_script(self, statements: str) -> None:
        self._call(lambda cursor: cursor.executescript(statements))

    def rows(self, query: str) -> Sequence[tuple[Any, ...]]:
        def fetch(cursor: Any) -> Sequence[tuple[Any, ...]]:
            cursor.execute(query)
            return [tuple(row) for row in cursor.fetchall()]

        found: Sequence[tuple[Any, ...]] = self._call(fetch)
        return found

    def result_schema(self, query: str) -> pa.Schema:
        """The columns of `query`, which is not run."""
        return self._call(lambda cursor: cursor.adbc_execute_schema(query))

    def read(self, query: str, columns: Sequence[ForeignColumn]) -> Iterator[pa.RecordBatch]:
        with self._connection.cursor(adbc_stmt_kwargs=self._statement_options) as cursor:
            try:
                cursor.execute(query)
                yield from cursor.fetch_record_batch()
            except GeneratorExit:
                with suppress(self._error):
                    cursor.adbc_cancel()
                raise
            except (self._error, pa.ArrowException, OSError) as error:
                raise self._explain(error) from error

    def ingest(self, table: str, rows: pa.RecordBatchReader, **place: str | None) -> None:
        """Adds rows to a table; `place` are the library's words for where it is."""
        self._call(lambda cursor: cursor.adbc_ingest(table, rows, mode="append", **place))

    def commit(self) -> None:
        try:
            self._connection.commit()
        except self._error as error:
            raise self._explain(error) from error

    def cancel(self) -> None:
        with suppress(self._error, RuntimeError):
            self._connection.adbc_cancel()

    def close(self) -> None:
        """A connection that is broken is closed, too."""
        with suppress(self._error):
            self._connection.rollback()
        with suppress(self._error):
            self._connection.close()

    def _call(self, call: Callable[[Any], Any]) -> Any:
        with self._connection.cursor() as cursor:
            try:
                return call(cursor)
            except (self._error, pa.ArrowException) as error:
                raise self._explain(error) from error
