"""Arrow values between a database and Spark's types: decimals from texts, times with and without zones."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json

from unbounded.connectors.jdbc.database import ForeignColumn
from unbounded.connectors.jdbc.failures import DatabaseFailure
from unbounded.types.arrow import to_arrow_type
from unbounded.types.datatypes import StructField, StructType

_WIDE = pa.decimal256(76, 36)
_INSTANT = pa.timestamp("us", tz="UTC")


def read_schema(columns: Sequence[ForeignColumn]) -> StructType:
    """The columns of a read as Spark knows them: a database's NOT NULL is not believed, as in Spark."""
    return StructType(tuple(StructField(column.name, column.data_type, True) for column in columns))


def from_database(batch: pa.RecordBatch, columns: Sequence[ForeignColumn], local_zone: str) -> pa.RecordBatch:
    """`batch` (columns by position) in the Arrow types of a read. Raises: DatabaseFailure for values that do not fit"""
    arrays, fields = [], []
    for position, column in enumerate(columns):
        target = to_arrow_type(column.data_type, "UTC")
        arrays.append(_read_array(batch.column(position), target, column, local_zone))
        fields.append(pa.field(column.name, target))
    return pa.RecordBatch.from_arrays(arrays, schema=pa.schema(fields))


def _read_array(array: pa.Array, target: pa.DataType, column: ForeignColumn, zone: str) -> pa.Array:
    try:
        return _converted(array, target, zone, is_exact=column.is_exact)
    except pa.ArrowInvalid as error:
        reason = f"the column {column.name} has a value that is no {column.data_type.sql_name}: {error}"
        raise DatabaseFailure(reason) from error


def _converted(array: pa.Array, target: pa.DataType, zone: str, *, is_exact: bool) -> pa.Array:
    if array.type == target:
        return array
    if isinstance(array, pa.ExtensionArray):
        return _converted(array.storage, target, zone, is_exact=is_exact)
    if pa.types.is_list(target) and pa.types.is_string(array.type):
        return _from_json(array, target)
    if pa.types.is_list(target):
        values = _converted(array.values, target.value_type, zone, is_exact=is_exact)
        return pa.ListArray.from_arrays(array.offsets, values, type=target, mask=_mask(array))
    if pa.types.is_decimal(target) and pa.types.is_string(array.type) and not is_exact:
        return pc.round(array.cast(_WIDE), target.scale, "half_towards_infinity").cast(target)
    if pa.types.is_timestamp(target):
        return _timestamps(array, target, zone)
    return array.cast(target)


def _from_json(texts: pa.Array, target: pa.DataType) -> pa.Array:
    """Nested arrays from their JSON."""
    lines = pc.binary_join_element_wise('{"v":', pc.fill_null(texts, "null"), "}", "")
    content = "\n".join(lines.to_pylist()).encode() if len(lines) else b""
    if not content:
        return pa.nulls(0, target)
    options = pyarrow.json.ParseOptions(explicit_schema=pa.schema([pa.field("v", target)]))
    reading = pyarrow.json.ReadOptions(block_size=len(content) + 1)
    parsed = pyarrow.json.read_json(pa.BufferReader(content), reading, options)
    return parsed.column(0).combine_chunks()


def _mask(array: pa.ListArray) -> pa.Array | None:
    return array.is_null() if array.null_count else None


def _timestamps(array: pa.Array, target: pa.DataType, zone: str) -> pa.Array:
    """Times without a zone are those of the local clock, as they are to the JVM in Spark."""
    times = array if pa.types.is_timestamp(array.type) else array.cast(pa.timestamp("us"))
    times = times.cast(pa.timestamp("us", tz=times.type.tz))
    if target.tz is None or times.type.tz is not None:
        return times.cast(target)
    if zone == "UTC":
        return times.cast(target)
    return pc.assume_timezone(times, zone, ambiguous="earliest", nonexistent="latest").cast(target)


def local_times(array: pa.Array, zone: str) -> pa.Array:
    """Instants as times of the local clock."""
    instants = array.cast(_INSTANT)
    return pc.local_timestamp(instants.cast(pa.timestamp("us", tz=zone)))


def instants(array: pa.Array) -> pa.Array:
    return array.cast(_INSTANT)
