"""The state of an operator, or what changed in it, as a batch source: `spark.read.format("statestore")`.

Stored columns become the structs `key` and `value` as whole columns. A state has one partition, number 0.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from unbounded.checkpoint.operator_metadata import OperatorLog, OperatorMetadata, StoreMetadata
from unbounded.errors import ErrorKind, SparkError
from unbounded.state.stored_versions import StoredVersions, VersionChanges, is_among
from unbounded.storage.api import FileSystem
from unbounded.streaming.operators.session import SESSIONS, session_columns
from unbounded.streaming.state_source.options import StateOptions
from unbounded.types.arrow import to_arrow_field, to_arrow_schema
from unbounded.types.datatypes import INTEGER, LONG, NULL, STRING, StructField, StructType

_CHANGES = (StructField("batch_id", LONG), StructField("change_type", STRING))


@dataclass(frozen=True, eq=False)
class StateRows:
    """Implements `connectors.api.ArrowSource`."""

    options: StateOptions
    store: StoreMetadata
    files: FileSystem
    time_zone: str

    @property
    def schema(self) -> StructType:
        row = (
            StructField("key", self.store.key),
            StructField("value", self.store.value),
            StructField("partition_id", INTEGER),
        )
        return StructType(row if self.options.change_start is None else (*_CHANGES, *row))

    def input_files(self) -> Sequence[str]:
        return []

    def read(self) -> pa.RecordBatchReader:
        """Raises: SparkError CANNOT_LOAD_STATE_STORE.* for a state that cannot be restored"""
        options = self.options
        versions = StoredVersions(self.files, options.state_directory, self.store.key_column_count)
        schema = to_arrow_schema(self.schema, self.time_zone)
        if options.change_start is not None:
            tables = [self._changes(changes, schema) for changes in self._feed(versions, options.change_start)]
            return pa.concat_tables([schema.empty_table(), *tables]).to_reader()
        if options.partition_id:
            raise _no_partition(options)
        start = options.snapshot_batch_id
        rows = versions.rows(options.batch_id + 1, None if start is None else start + 1)
        return pa.Table.from_arrays(self._columns(_flat(rows)), schema=schema).to_reader()

    def _columns(self, rows: pa.Table) -> list[pa.Array]:
        """`key`, `value` and `partition_id` of flat rows."""
        return [self._keys(rows), self._values(rows), pa.repeat(pa.scalar(0, pa.int32()), rows.num_rows)]

    def _keys(self, rows: pa.Table) -> pa.Array:
        columns = rows.columns[: self.store.key_column_count]
        if self.store.prefix_key_count:
            columns = [*columns, pc.struct_field(rows.column(self.store.key_column_count), [0])]
        return self._struct(self.store.key, columns, rows.num_rows)

    def _values(self, rows: pa.Table) -> pa.Array:
        """A session's value has the columns of its key too, all in the order of their names."""
        columns = rows.columns[self.store.key_column_count :]
        if self.store.prefix_key_count:
            columns = [rows.column(f"s{position}") for position in range(rows.num_columns)]
        return self._struct(self.store.value, columns, rows.num_rows)

    def _struct(self, schema: StructType, columns: Sequence[pa.ChunkedArray], count: int) -> pa.Array:
        """Fields of no type have no column."""
        fields = [to_arrow_field(field, self.time_zone) for field in schema.fields]
        left = iter(columns)
        arrays = [
            pa.nulls(count) if field.data_type == NULL else _whole(next(left)).cast(arrow_field.type)
            for field, arrow_field in zip(schema.fields, fields, strict=True)
        ]
        return pa.StructArray.from_arrays(arrays, fields=fields)

    # ------------------------------------------------------------------------------------------ changes

    def _feed(self, versions: StoredVersions, first: int) -> Iterator[VersionChanges]:
        """Of sessions the rows before are needed: a row of the state holds all of a key."""
        with_before = bool(self.store.prefix_key_count)
        return versions.changes(first + 1, self.options.batch_id + 1, with_before=with_before)

    def _changes(self, changes: VersionChanges, schema: pa.Schema) -> pa.Table:
        put, removed = changes.put, changes.removed
        if self.store.prefix_key_count:
            put, removed = self._changed_sessions(changes)
        count = put.num_rows + removed.num_rows
        deleted = [self._keys(removed), pa.nulls(removed.num_rows, schema.field("value").type)]
        keys, values, partitions = self._columns(put)
        columns = [
            pa.repeat(pa.scalar(changes.version - 1, pa.int64()), count),
            pa.concat_arrays([pa.repeat(name, n) for name, n in _counted(put, removed)]),
            pa.concat_arrays([keys, deleted[0]]),
            pa.concat_arrays([values, deleted[1]]),
            pa.concat_arrays([partitions, pa.repeat(pa.scalar(0, pa.int32()), removed.num_rows)]),
        ]
        return pa.Table.from_arrays(columns, schema=schema)

    def _changed_sessions(self, changes: VersionChanges) -> tuple[pa.Table, pa.Table]:
        """Sessions that are new or others than before, and those of before that are no longer there."""
        after, before = _flat(changes.put), _flat(changes.before)
        changed = after.filter(pc.invert(pa.array(is_among(after, before))))
        is_kept = is_among(self._named_keys(before), self._named_keys(after))
        return changed, before.filter(pc.invert(pa.array(is_kept)))

    def _named_keys(self, rows: pa.Table) -> pa.Table:
        return pa.table(self._keys(rows).flatten(), names=[f"k{i}" for i in range(len(self.store.key.fields))])


def state_rows(options: StateOptions, files: FileSystem, time_zone: str) -> StateRows:
    """Raises: SparkError STDS_* for an operator or a store that is not there, and options that are not for it"""
    try:
        operator = OperatorLog(files, f"{options.checkpoint}/state").read(options.operator_id)
    except SparkError as error:
        raise _no_schema(options) from error
    if operator is None:
        raise _no_schema(options)
    _refuse_variables(options, operator)
    store = next((store for store in operator.stores if store.name == options.store_name), None)
    if store is None or options.join_side != "none":
        raise _no_schema(options)
    return StateRows(options, store, files, time_zone)


def _refuse_variables(options: StateOptions, operator: OperatorMetadata) -> None:
    """No operator here has variables or timers."""
    asked = {"stateVarName": "state variable names", "readRegisteredTimers": "readRegisteredTimers=true"}
    given = {"stateVarName": options.state_variable is not None, "readRegisteredTimers": options.reads_timers}
    for name in (name for name, is_given in given.items() if is_given):
        message = (
            f"Providing {asked[name]} is only supported with the transformWithState operator. "
            f"Found operator={operator.operator_name}. Please remove this option and re-run the query."
        )
        parameters = {"optionName": name, "message": message}
        raise SparkError(ErrorKind.RUNTIME, "STDS_INVALID_OPTION_VALUE.WITH_MESSAGE", parameters)


def _no_schema(options: StateOptions) -> SparkError:
    return SparkError(ErrorKind.RUNTIME, "STDS_FAILED_TO_READ_STATE_SCHEMA", {"sourceOptions": str(options)})


def _no_partition(options: StateOptions) -> SparkError:
    parameters = {
        "snapshotPartitionId": str(options.partition_id),
        "operatorId": str(options.operator_id),
        "checkpointLocation": f"file:{options.checkpoint}/state",
    }
    return SparkError(ErrorKind.RUNTIME, "CANNOT_LOAD_STATE_STORE.SNAPSHOT_PARTITION_ID_NOT_FOUND", parameters)


def _flat(rows: pa.Table) -> pa.Table:
    """A row per entry of Spark's state: of sessions one per session."""
    return pa.table(session_columns(rows)) if SESSIONS in rows.schema.names else rows


def _counted(put: pa.Table, removed: pa.Table) -> tuple[tuple[str, int], tuple[str, int]]:
    return ("update", put.num_rows), ("delete", removed.num_rows)


def _whole(column: pa.ChunkedArray | pa.Array) -> pa.Array:
    if isinstance(column, pa.Array):
        return column
    return pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)
