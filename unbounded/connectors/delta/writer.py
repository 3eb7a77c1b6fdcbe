"""Rows into a Delta table: one write is one version of the table, made by delta-rs."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from unbounded.connectors.delta.durability import sync_versions
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
from unbounded.connectors.delta.table import concurrent_write, failed, metadata_of, open_table
from unbounded.connectors.delta.transaction import Transaction
from unbounded.errors import ErrorKind, SparkError
from unbounded.storage.local import LocalFileSystem
from unbounded.types.datatypes import StructType

_ATTEMPTS_MAX = 10
_KEPT_BYTES_MAX = 256 << 20
"""Of the rows of a write, for as long as it may have to be done again."""

_REPLAYED_MAX = 100
"""A version of an application that is there already, from before a crash, is among so many latest ones."""


@dataclass(frozen=True, slots=True)
class DeltaWriter:
    """`path` is absolute. `properties` and
    `comment` are given to a table that is made. `is_durable`: a written version outlives a loss of power."""

    path: str
    partition_columns: tuple[str, ...] = ()
    overwrites: bool = False
    merges_schema: bool = False
    overwrites_schema: bool = False
    user_metadata: str | None = None
    properties: tuple[tuple[str, str], ...] = ()
    comment: str | None = None
    is_durable: bool = False

    def check(self, schema: StructType) -> StructType:
        """The columns as they will be stored. Raises: SparkError if the rows do not fit"""
        return self._fitted(schema, _target(self._table()))

    def _fitted(self, schema: StructType, target: Target | None) -> StructType:
        check_types(schema)
        names = check_partitions(schema, self.partition_columns)
        if target is None or (self.overwrites and self.overwrites_schema):
            return schema
        check_target_partitions(names, target)
        return fitted(schema, target, adds_columns=self.merges_schema)

    def write(
        self, batches: Iterable[pa.RecordBatch], schema: StructType, transaction: Transaction | None = None
    ) -> bool:
        """Writes rows with the columns of `schema` and commits; False if the transaction has been there before.

        Raises: SparkError DELTA_CONCURRENT_WRITE if others are always faster; what else may stop a write
        """
        rows = _Rows(batches, is_kept=not self.overwrites)
        while True:
            try:
                return self._write(rows, schema, transaction)
            except library().exceptions.CommitFailedError as error:
                if not rows.can_be_read_again:
                    raise concurrent_write() from error

    def _write(self, rows: _Rows, schema: StructType, transaction: Transaction | None) -> bool:
        """Raises: CommitFailedError of the library, which lets an append fail if rows were removed meanwhile"""
        table = self._table()
        before = -1 if table is None else table.version()
        if transaction is not None and table is not None and _has(table, transaction):
            if self.is_durable:
                sync_versions(self.path, since=before - _REPLAYED_MAX, files=LocalFileSystem())
            return False
        target = _target(table)
        arrow_schema = stored_schema(self._fitted(schema, target))
        reader = pa.RecordBatchReader.from_batches(arrow_schema, rows.read(arrow_schema, self._required(target)))
        try:
            arguments = self._arguments(schema, transaction, is_there=table is not None)
            library().write_deltalake(self.path if table is None else table, reader, **arguments)
        except library().exceptions.CommitFailedError:
            raise
        except Exception as error:
            if rows.failure is not None:
                raise rows.failure from error
            raise failed(self.path, error) from error
        if self.is_durable:
            sync_versions(self.path, since=before, files=LocalFileSystem())
        return True

    def _arguments(self, schema: StructType, transaction: Transaction | None, *, is_there: bool) -> dict[str, Any]:
        delta = library()
        transactions = None if transaction is None else [delta.Transaction(transaction.app_id, transaction.version)]
        metadata = None if self.user_metadata is None else {"userMetadata": self.user_metadata}
        schema_mode = "merge" if self.merges_schema else None
        is_new = not is_there or (self.overwrites and self.overwrites_schema)
        return {
            "mode": "overwrite" if self.overwrites else "append",
            "partition_by": list(check_partitions(schema, self.partition_columns)) or None if is_new else None,
            "configuration": dict(self.properties) or None,
            "description": self.comment,
            "schema_mode": "overwrite" if self.overwrites and self.overwrites_schema else schema_mode,
            "commit_properties": delta.CommitProperties(metadata, app_transactions=transactions),
        }

    def _required(self, target: Target | None) -> tuple[str, ...]:
        """The NOT NULL columns of the table as it will be."""
        if target is None or (self.overwrites and self.overwrites_schema):
            return ()
        return tuple(field.name for field in target.schema.fields if not field.nullable)

    def _table(self) -> Any:
        """The table as it is, read once for a write; None if there is none."""
        return open_table(self.path) if is_table(self.path) else None


def is_there(path: str, transaction: Transaction) -> bool:
    """Whether the table at `path` has this version of the application, or a later one."""
    return is_table(path) and _has(open_table(path), transaction)


def _has(table: Any, transaction: Transaction) -> bool:
    latest = table.transaction_version(transaction.app_id)
    return latest is not None and latest >= transaction.version


def _target(table: Any) -> Target | None:
    if table is None:
        return None
    found = metadata_of(table)
    return Target(found.table_id, found.schema, found.partition_columns)


def not_null_violated(name: str) -> SparkError:
    return SparkError(ErrorKind.RUNTIME, "DELTA_NOT_NULL_CONSTRAINT_VIOLATED", {"columnName": name})


class _Rows:
    """Batches on their way into the library, which would wrap an error of the query: `failure` keeps it.

    `is_kept`: they can be read several times as long as they are few.
    """

    def __init__(self, batches: Iterable[pa.RecordBatch], *, is_kept: bool) -> None:
        self._batches = iter(batches)
        self._kept_bytes_max = _KEPT_BYTES_MAX if is_kept else -1
        self._kept: list[pa.RecordBatch] = []
        self._kept_bytes = 0
        self._reads = 0
        self.failure: Exception | None = None

    @property
    def can_be_read_again(self) -> bool:
        return self._reads < _ATTEMPTS_MAX and self._kept_bytes <= self._kept_bytes_max

    def read(self, schema: pa.Schema, required: Collection[str]) -> Iterator[pa.RecordBatch]:
        self._reads += 1
        try:
            for batch in self._all():
                named = batch.rename_columns(schema.names)
                for name in required:
                    if name not in schema.names or named.column(name).null_count:
                        raise not_null_violated(name)
                columns = [column.cast(field.type) for column, field in zip(named.columns, schema, strict=True)]
                yield pa.RecordBatch.from_arrays(columns, schema=schema)
        except Exception as error:
            self.failure = error
            raise

    def _all(self) -> Iterator[pa.RecordBatch]:
        yield from list(self._kept)
        for batch in self._batches:
            self._kept_bytes += batch.nbytes
            if self._kept_bytes <= self._kept_bytes_max:
                self._kept.append(batch)
            else:
                self._kept.clear()
            yield batch
