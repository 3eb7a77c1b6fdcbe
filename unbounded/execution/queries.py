"""Runs a lowered query on the engine and streams its rows as Arrow. Interruptible; failures come out as Spark errors."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

import duckdb
import pyarrow as pa
import pyarrow.compute

from unbounded.cancellation import Cancellation
from unbounded.execution.database import Database
from unbounded.execution.failures import spark_error
from unbounded.execution.python_tables import run_python_table
from unbounded.execution.python_udfs import register_udfs
from unbounded.lowering.lowered import GivenInput, LoweredQuery, PythonInput, SourceInput, TableInput
from unbounded.types.arrow import to_arrow_schema

ROWS_PER_BATCH = 100_000


@dataclass(frozen=True, slots=True)
class Run:
    """What a query runs with. `given`: the tables of its `GivenInput`s by their given names."""

    database: Database
    time_zone: str
    cancellation: Cancellation
    given: Mapping[str, pa.Table] = field(default_factory=dict)


def run_query(query: LoweredQuery, run: Run) -> Iterator[pa.RecordBatch]:
    """The rows of `query`, in batches of at most `ROWS_PER_BATCH`, with Spark's Arrow types for its schema.

    Raises: SparkError
    """
    cursor = run.database.cursor()
    forget = run.cancellation.on_cancel(cursor.interrupt)
    schema = to_arrow_schema(query.schema, run.time_zone)
    try:
        with _spark_errors():
            _register(query, cursor, run)
            reader = cursor.sql(query.sql).to_arrow_reader(ROWS_PER_BATCH)
        while (batch := _next_batch(reader)) is not None:
            yield as_spark_batch(batch, schema)
    finally:
        forget()
        cursor.close()


def run_to_table(query: LoweredQuery, run: Run) -> pa.Table:
    """All rows of `query` in memory."""
    return pa.Table.from_batches(run_query(query, run), to_arrow_schema(query.schema, run.time_zone))


@contextmanager
def _spark_errors() -> Iterator[None]:
    try:
        yield
    except Exception as failure:
        translated = spark_error(failure)
        raise translated from (None if translated is failure else failure)


def _next_batch(reader: pa.RecordBatchReader) -> pa.RecordBatch | None:
    with _spark_errors():
        try:
            return reader.read_next_batch()
        except StopIteration:
            return None


def _register(query: LoweredQuery, cursor: duckdb.DuckDBPyConnection, run: Run) -> None:
    register_udfs(cursor, query.functions, run.time_zone)
    for needed in query.inputs:
        match needed:
            case TableInput(name=name, table=table):
                cursor.register(name, engine_table(table))
            case GivenInput(name=name, given_name=given_name):
                cursor.register(name, engine_table(_positional(run.given[given_name])))
            case SourceInput(name=name, source=source, schema=schema):
                source.register(cursor, name, schema)
            case PythonInput(name=name, node=node, children=children):
                tables = [run_to_table(child, run) for child in children]
                cursor.register(name, engine_table(_positional(run_python_table(node, tables, run.time_zone))))


def _positional(table: pa.Table) -> pa.Table:
    return table.rename_columns([f"c{i}" for i in range(table.num_columns)])


def engine_table(table: pa.Table) -> pa.Table:
    """`table` in the engine's representation: instants as zoneless UTC, intervals as integers."""
    columns = [_engine_column(column) for column in table.columns]
    return pa.Table.from_arrays(columns, names=table.column_names)


def _engine_column(column: pa.ChunkedArray) -> pa.ChunkedArray:
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
    columns = [_as_type(batch.column(i), field.type) for i, field in enumerate(schema)]
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def _as_type(column: pa.Array, target: pa.DataType) -> pa.Array:
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
        children = [_as_type(column.field(i), field.type) for i, field in enumerate(target)]
        return pa.StructArray.from_arrays(children, fields=list(target), mask=column.is_null())
    if pa.types.is_map(target):
        keys, items = _as_type(column.keys, target.key_type), _as_type(column.items, target.item_type)
        return pa.MapArray.from_arrays(_offsets(column), keys, items, type=target)
    values = _as_type(column.values, target.value_type)
    return pa.ListArray.from_arrays(_offsets(column), values, type=target)


def _offsets(column: pa.Array) -> pa.Array:
    """Offsets in which a NULL list has a NULL offset, as `from_arrays` wants it."""
    offsets = column.offsets
    if column.null_count == 0:
        return offsets
    is_null = pa.concat_arrays([column.is_null(), pa.array([False])])
    return pa.compute.if_else(is_null, pa.scalar(None, pa.int32()), offsets)


_QUERY_NUMBERS = itertools.count()


def next_prefix() -> str:
    """A prefix of engine names that no other query of this process uses."""
    return f"q{next(_QUERY_NUMBERS)}"


