"""A query that runs again and again over tables given anew: the engine parses and plans it once.

Planning costs more than running when the tables are small, as those of a micro-batch are.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import cast

import pyarrow as pa

from unbounded.cancellation import Cancellation
from unbounded.execution.arrow_forms import as_spark_batch, engine_table
from unbounded.execution.database import Database
from unbounded.execution.queries import positional, spark_errors
from unbounded.lowering.lowered import GivenInput, LoweredQuery, TableInput
from unbounded.types.arrow import to_arrow_schema

warnings.filterwarnings("ignore", message="Arrow output on a DB-API result makes an extra copy")

_STATEMENT = "prepared"


class PreparedQuery:
    """`query`, on a cursor of its own until `close`. Used by one thread."""

    def __init__(self, query: LoweredQuery, database: Database, time_zone: str, cancellation: Cancellation) -> None:
        self._schema = to_arrow_schema(query.schema, time_zone)
        self._cancellation = cancellation
        self._slots: dict[str, _Slot] = {}
        self._cursor = database.cursor()
        self._query = query
        self._database = database
        self._is_prepared = False

    def run(self, given: Mapping[str, pa.Table]) -> pa.Table:
        """The rows with its inputs `given` by name.

        Raises: SparkError
        """
        forget = self._cancellation.on_cancel(self._cursor.interrupt)
        try:
            with spark_errors():
                self._fill(given)
                if not self._is_prepared:
                    self._prepare()
                table = cast(pa.Table, self._cursor.execute(f"EXECUTE {_STATEMENT}").to_arrow_table())
        finally:
            forget()
            for slot in self._slots.values():
                slot.table = slot.table.schema.empty_table()
        return pa.Table.from_batches(
            (as_spark_batch(batch, self._schema) for batch in table.to_batches()), self._schema
        )

    def _fill(self, given: Mapping[str, pa.Table]) -> None:
        for needed in self._query.inputs:
            if isinstance(needed, GivenInput):
                table = engine_table(positional(given[needed.given_name]))
                self._slots.setdefault(needed.name, _Slot(table)).table = table

    def _prepare(self) -> None:
        self._database.kernels.define_for(self._query.sql)
        for needed in self._query.inputs:
            rows = engine_table(needed.table) if isinstance(needed, TableInput) else self._slots[needed.name]
            self._cursor.register(needed.name, rows)
        self._cursor.execute(f"PREPARE {_STATEMENT} AS {self._query.sql}")
        self._is_prepared = True

    def close(self) -> None:
        self._cursor.close()


def can_be_prepared(query: LoweredQuery) -> bool:
    """Whether everything that changes between two runs is a given table."""
    return not query.functions and all(isinstance(needed, GivenInput | TableInput) for needed in query.inputs)


class _Slot:
    """What the engine knows as a table: its rows may be others the next time it looks."""

    def __init__(self, table: pa.Table) -> None:
        self.table = table

    def __arrow_c_schema__(self) -> object:
        return self.table.schema.__arrow_c_schema__()

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        return self.table.__arrow_c_stream__(requested_schema)
