"""Rows into a Delta table: one write is one version of the table, made by delta-rs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from unbounded.connectors.delta.fitting import (
    Target,
    check_partitions,
    check_target_partitions,
    check_types,
    fitted,
    stored_schema,
)
from unbounded.connectors.delta.library import library
from unbounded.connectors.delta.log import is_table
from unbounded.connectors.delta.table import failed, open_table
from unbounded.errors import analysis_error
from unbounded.types.datatypes import StructType
from unbounded.types.json_form import from_json

_INVALID_ROWS = "Invalid data found"


@dataclass(frozen=True, slots=True)
class Transaction:
    """A write of an application that happens once: a version is skipped if it, or a later one, is in the table."""

    app_id: str
    version: int


@dataclass(frozen=True, slots=True)
class DeltaWriter:
    """`path` is absolute. `replace_where`: an overwrite replaces only the rows it is true for."""

    path: str
    partition_columns: tuple[str, ...] = ()
    overwrites: bool = False
    merges_schema: bool = False
    overwrites_schema: bool = False
    replace_where: str | None = None
    user_metadata: str | None = None

    def check(self, schema: StructType) -> StructType:
        """The columns as they will be stored. Raises: SparkError if the rows do not fit"""
        check_types(schema)
        names = check_partitions(schema, self.partition_columns)
        target = self._target()
        if target is None or (self.overwrites and self.overwrites_schema):
            return schema
        check_target_partitions(names, target)
        return fitted(schema, target, adds_columns=self.merges_schema)

    def write(
        self, batches: Iterable[pa.RecordBatch], schema: StructType, transaction: Transaction | None = None
    ) -> bool:
        """Writes rows with the columns of `schema` and commits; False if the transaction has been there before."""
        if transaction is not None and self._has(transaction):
            return False
        arrow_schema = stored_schema(self.check(schema))
        rows = _Rows(batches, arrow_schema)
        reader = pa.RecordBatchReader.from_batches(arrow_schema, rows.read())
        try:
            library().write_deltalake(self.path, reader, **self._arguments(schema, transaction))
        except Exception as error:
            if rows.failure is not None:
                raise rows.failure from error
            if _INVALID_ROWS in str(error) and self.replace_where is not None:
                raise analysis_error("DELTA_REPLACE_WHERE_MISMATCH", replaceWhere=self.replace_where) from error
            raise failed(self.path, error) from error
        return True

    def _arguments(self, schema: StructType, transaction: Transaction | None) -> dict[str, Any]:
        delta = library()
        transactions = None if transaction is None else [delta.Transaction(transaction.app_id, transaction.version)]
        metadata = None if self.user_metadata is None else {"userMetadata": self.user_metadata}
        schema_mode = "merge" if self.merges_schema else None
        is_new = not is_table(self.path) or (self.overwrites and self.overwrites_schema)
        return {
            "mode": "overwrite" if self.overwrites else "append",
            "partition_by": list(check_partitions(schema, self.partition_columns)) or None if is_new else None,
            "schema_mode": "overwrite" if self.overwrites and self.overwrites_schema else schema_mode,
            "predicate": self.replace_where if is_table(self.path) else None,
            "commit_properties": delta.CommitProperties(metadata, app_transactions=transactions),
        }

    def _has(self, transaction: Transaction) -> bool:
        if not is_table(self.path):
            return False
        latest = open_table(self.path).transaction_version(transaction.app_id)
        return latest is not None and latest >= transaction.version

    def _target(self) -> Target | None:
        if not is_table(self.path):
            return None
        table = open_table(self.path)
        schema = from_json(table.schema().to_json())
        assert isinstance(schema, StructType)
        return Target(schema, tuple(table.metadata().partition_columns))


class _Rows:
    """Batches on their way into the library, which would wrap an error of the query: `failure` keeps it."""

    def __init__(self, batches: Iterable[pa.RecordBatch], schema: pa.Schema) -> None:
        self._batches = batches
        self._schema = schema
        self.failure: Exception | None = None

    def read(self) -> Iterator[pa.RecordBatch]:
        try:
            for batch in self._batches:
                named = batch.rename_columns(self._schema.names)
                yield pa.RecordBatch.from_arrays(
                    [column.cast(field.type) for column, field in zip(named.columns, self._schema, strict=True)],
                    schema=self._schema,
                )
        except Exception as error:
            self.failure = error
            raise
