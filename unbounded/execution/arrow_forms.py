"""Arrow data between Spark's forms and the engine's: zones, intervals, NULL types, nested columns. No Python values.

The engine knows no instants, day-time intervals or void columns: they are zoneless UTC timestamps, integers, integers.
"""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute


def engine_table(table: pa.Table) -> pa.Table:
    """`table` in the engine's representation: instants as zoneless UTC, intervals as integers."""
    columns = [engine_column(column) for column in table.columns]
    return pa.Table.from_arrays(columns, names=table.column_names)


def engine_reader(schema: pa.Schema, batches: Iterator[pa.RecordBatch]) -> pa.RecordBatchReader:
    """`batches` of Spark's `schema` in the engine's form, columns called `c0`, `c1`, …, one at a time."""
    fields = [pa.field(f"c{i}", engine_arrow_type(field.type)) for i, field in enumerate(schema)]
    target = pa.schema(fields or [pa.field("none", pa.int32())])

    def convert(batch: pa.RecordBatch) -> pa.RecordBatch:
        columns = [engine_column(column) for column in batch.columns] or [pa.nulls(batch.num_rows, pa.int32())]
        return pa.record_batch(columns, schema=target)

    return pa.RecordBatchReader.from_batches(target, map(convert, batches))


def engine_column(column: pa.ChunkedArray | pa.Array) -> pa.ChunkedArray | pa.Array:
    target = engine_arrow_type(column.type)
    return column if target == column.type else column.cast(target)


def engine_arrow_type(arrow_type: pa.DataType) -> pa.DataType:
    """The Arrow type in which the engine takes a column of `arrow_type`."""
    if pa.types.is_timestamp(arrow_type):
        return pa.timestamp("us")
    if pa.types.is_duration(arrow_type):
        return pa.int64()
    if pa.types.is_null(arrow_type):
        return pa.int32()
    if pa.types.is_list(arrow_type) or pa.types.is_large_list(arrow_type):
        return pa.list_(engine_arrow_type(arrow_type.value_type))
    if pa.types.is_map(arrow_type):
        return pa.map_(engine_arrow_type(arrow_type.key_type), engine_arrow_type(arrow_type.item_type))
    if pa.types.is_struct(arrow_type):
        return pa.struct([pa.field(f.name, engine_arrow_type(f.type), f.nullable) for f in arrow_type])
    return arrow_type


def as_spark_batch(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """`batch` (engine columns by position) as `schema`; zero-copy where the types agree."""
    if len(schema) == 0:
        return pa.RecordBatch.from_struct_array(pa.array([{}] * batch.num_rows, pa.struct([])))
    columns = [as_spark_column(batch.column(i), field.type) for i, field in enumerate(schema)]
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def as_spark_column(column: pa.Array, target: pa.DataType) -> pa.Array:
    if column.type == target:
        return column
    if pa.types.is_null(target):
        return pa.nulls(len(column))
    if pa.types.is_nested(target):
        return _as_nested(column, target)
    if pa.types.is_timestamp(target) and pa.types.is_timestamp(column.type):
        return column.cast(pa.timestamp("us")).cast(pa.int64()).cast(target) if column.type.tz else column.cast(target)
    return column.cast(target)


def _as_nested(column: pa.Array, target: pa.DataType) -> pa.Array:
    """Rebuilds a nested array with converted children, keeping offsets and validity."""
    if pa.types.is_struct(target):
        children = [as_spark_column(column.field(i), field.type) for i, field in enumerate(target)]
        return pa.StructArray.from_arrays(children, fields=list(target), mask=column.is_null())
    if pa.types.is_map(target):
        keys, items = as_spark_column(column.keys, target.key_type), as_spark_column(column.items, target.item_type)
        return pa.MapArray.from_arrays(_offsets(column), keys, items, type=target)
    values = as_spark_column(column.values, target.value_type)
    return pa.ListArray.from_arrays(_offsets(column), values, type=target)


def _offsets(column: pa.Array) -> pa.Array:
    """Offsets in which a NULL list has a NULL offset, as `from_arrays` wants it."""
    offsets = column.offsets
    if column.null_count == 0:
        return offsets
    is_null = pa.concat_arrays([column.is_null(), pa.array([False])])
    return pa.compute.if_else(is_null, pa.scalar(None, pa.int32()), offsets)
