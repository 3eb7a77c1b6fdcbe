"""Runs a lowered query on the engine and streams its rows as Arrow. Interruptible; failures become Spark errors."""

from __future__ import annotations

import itertools
from collections.abc import Generator, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace

import duckdb
import pyarrow as pa

from unbounded.cancellation import Cancellation
from unbounded.connectors.api import ArrowSource, InterruptibleSource
from unbounded.errors import SparkError
from unbounded.execution.arrow_forms import as_spark_batch, engine_reader, engine_table
from unbounded.execution.database import Database
from unbounded.execution.failures import spark_error
from unbounded.execution.python_settings import PythonSettings
from unbounded.functions.engine import error_text
from unbounded.lowering.lowered import (
    GivenInput,
    LoweredQuery,
    PythonInput,
    SourceInput,
    StoredInput,
    TableInput,
    column,
)
from unbounded.plan.logical import MapPartitions
from unbounded.types.arrow import to_arrow_schema

ROWS_PER_BATCH = 100_000


@dataclass(frozen=True, slots=True)
class Run:
    """What a query runs with. `given`: the tables of its `GivenInput`s by their given names."""

    database: Database
    time_zone: str
    cancellation: Cancellation
    given: Mapping[str, pa.Table] = field(default_factory=dict)
    python: PythonSettings = PythonSettings()

    @property
    def python_settings(self) -> PythonSettings:
        return replace(self.python, time_zone=self.time_zone)


def run_query(query: LoweredQuery, run: Run) -> Iterator[pa.RecordBatch]:
    """The rows of `query`, in batches of at most `ROWS_PER_BATCH`, with Spark's Arrow types for its schema.

    Raises: SparkError
    """
    schema = to_arrow_schema(query.schema, run.time_zone)
    with _prepared(query, run) as cursor:
        with spark_errors():
            reader = cursor.sql(query.sql).to_arrow_reader(ROWS_PER_BATCH)
        while (batch := _next_batch(reader)) is not None:
            yield as_spark_batch(batch, schema)


def run_to_table(query: LoweredQuery, run: Run) -> pa.Table:
    """All rows of `query` in memory. Raises: SparkError"""
    schema = to_arrow_schema(query.schema, run.time_zone)
    with _prepared(query, run) as cursor, spark_errors():
        table = cursor.sql(query.sql).to_arrow_table()
    return pa.Table.from_batches((as_spark_batch(batch, schema) for batch in table.to_batches()), schema)


@contextmanager
def _prepared(query: LoweredQuery, run: Run) -> Iterator[duckdb.DuckDBPyConnection]:
    """A cursor that knows everything `query` names, and is interrupted when the run is cancelled."""
    with ExitStack() as cleanup:
        cursor = run.database.cursor()
        cleanup.callback(cursor.close)
        cleanup.callback(run.cancellation.on_cancel(cursor.interrupt))
        with spark_errors():
            _register(query, cursor, run, cleanup)
        yield cursor


def run_into(query: LoweredQuery, table: str, run: Run) -> None:
    """Makes `table`, with the rows of `query` in the engine's types and columns `c0`, `c1`, …"""
    columns = ", ".join(f"{column(a)} AS c{i}" for i, a in enumerate(query.output)) or "0 AS none"
    with _prepared(query, run) as cursor, spark_errors():
        cursor.execute(f"CREATE TABLE {table} AS SELECT {columns} FROM ({query.sql}) AS q")


@contextmanager
def spark_errors() -> Iterator[None]:
    """Failures of the engine as SparkError."""
    try:
        yield
    except Exception as failure:
        translated = spark_error(failure)
        raise translated from (None if translated is failure else failure)


def _next_batch(reader: pa.RecordBatchReader) -> pa.RecordBatch | None:
    with spark_errors():
        try:
            return reader.read_next_batch()
        except StopIteration:
            return None


def _register(query: LoweredQuery, cursor: duckdb.DuckDBPyConnection, run: Run, cleanup: ExitStack) -> None:
    """Makes everything `query` names known to `cursor`."""
    run.database.kernels.define_for(query.sql)
    if query.functions:
        # Here, because only such queries need PySpark and pandas, which take long to load.
        from unbounded.execution.python_udfs import register_udfs  # noqa: PLC0415  starts faster

        cleanup.callback(register_udfs(cursor, query.functions, run.python_settings))
    for needed in query.inputs:
        match needed:
            case TableInput(name=name, table=table):
                cursor.register(name, engine_table(table))
            case GivenInput(name=name, given_name=given_name):
                cursor.register(name, engine_table(positional(run.given[given_name])))
            case SourceInput(name=name, source=source):
                cursor.register(name, _source_rows(source, run.cancellation, cleanup))
            case StoredInput(name=name, rows=rows):
                cursor.execute(f"CREATE TEMP VIEW {name} AS FROM {rows.engine_table(run)}")
            case PythonInput():
                cursor.register(needed.name, _python_rows(needed, run, cleanup))


def _source_rows(source: ArrowSource, cancellation: Cancellation, cleanup: ExitStack) -> pa.RecordBatchReader:
    """The rows of a source, read while the engine asks for them."""
    rows = source.read_until(cancellation) if isinstance(source, InterruptibleSource) else source.read()
    batches = _errors_as_text(iter(rows))
    cleanup.callback(_close, batches)
    return engine_reader(rows.schema, batches)


def _close(batches: Generator[pa.RecordBatch, None, None]) -> None:
    """A batch that a thread of the engine waits for still arrives; then the source is let go of without this."""
    with suppress(ValueError):
        batches.close()


def _python_rows(needed: PythonInput, run: Run, cleanup: ExitStack) -> pa.RecordBatchReader:
    """The rows of a user's table function, computed while the engine reads them."""
    # Here, because only such queries need PySpark and pandas, which take long to load.
    from unbounded.execution.python_tables import run_groups, run_map  # noqa: PLC0415  starts faster

    node, settings = needed.node, run.python_settings
    if isinstance(node, MapPartitions):
        batches = run_map(node, run_query(needed.children[0], run), settings)
    else:
        cursor = run.database.cursor()
        cleanup.callback(cursor.close)
        tables = [run_to_table(child, run) for child in needed.children]
        batches = run_groups(node, tables, cursor, settings)
    cleanup.callback(batches.close)
    schema = to_arrow_schema(node.schema, run.time_zone)
    return engine_reader(schema, _errors_as_text(batches))


def _errors_as_text(batches: Iterator[pa.RecordBatch]) -> Generator[pa.RecordBatch, None, None]:
    """`batches`, whose errors pass through the engine, which keeps only their text."""
    try:
        yield from batches
    except SparkError as error:
        raise RuntimeError(error_text(error.kind, error.condition, error.parameters)) from None


def positional(table: pa.Table) -> pa.Table:
    """`table` with the columns `c0`, `c1`, …, as lowered queries name those of their inputs."""
    return table.rename_columns([f"c{i}" for i in range(table.num_columns)])


_QUERY_NUMBERS = itertools.count()


def next_prefix() -> str:
    """A prefix of engine names that no other query of this process uses."""
    return f"q{next(_QUERY_NUMBERS)}"
