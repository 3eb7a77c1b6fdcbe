"""Rows of a query kept by the engine, in memory and then on disk: computed when first needed, used many times."""

from __future__ import annotations

import itertools
from threading import Lock

from unbounded.execution.database import Database
from unbounded.execution.queries import Run, run_into
from unbounded.lowering.lowered import LoweredQuery

_NUMBERS = itertools.count()


class StoredRows:
    """The rows of `query` as a table of the engine. Safe to use from several threads."""

    def __init__(self, query: LoweredQuery) -> None:
        self._query = query
        self._table = f"stored_{next(_NUMBERS)}"
        self._database: Database | None = None
        self._lock = Lock()

    def engine_table(self, run: Run) -> str:
        """The name of the table, whose columns are those of the query by position; computes it on first use.

        Raises: SparkError, after which the next use computes it again
        """
        with self._lock:
            if self._database is None:
                run_into(self._query, self._table, run)
                self._database = run.database
        return self._table

    def drop(self) -> None:
        """Queries that are reading it go on; it is computed again if it should be used again."""
        with self._lock:
            database, self._database = self._database, None
        if database is not None:
            cursor = database.cursor()
            cursor.execute(f"DROP TABLE IF EXISTS {self._table}")
            cursor.close()
