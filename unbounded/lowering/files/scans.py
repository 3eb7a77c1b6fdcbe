"""A read of files -> engine SQL: the entry for `lowering.plans`. Filters and column choice reach the engine's readers
because the scan is plain SQL under the query."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from unbounded.connectors.files.format_options import CsvOptions, JsonOptions, TextOptions
from unbounded.connectors.files.parquet import check_types, column_names
from unbounded.connectors.files.scan import FileScan
from unbounded.connectors.formats import FileFormat
from unbounded.errors import analysis_error
from unbounded.functions.engine import engine_type, quote, text
from unbounded.lowering.files.csv import lower_csv
from unbounded.lowering.files.json import lower_json
from unbounded.lowering.files.lines import (
    FILE_COLUMN,
    file_arguments,
    hive_arguments,
    lower_contents,
    lower_lines,
    no_lines,
    partition_texts,
    texts_of_paths,
    with_told,
)
from unbounded.lowering.files.metadata import ROW_NUMBER
from unbounded.lowering.files.records import values_of_file
from unbounded.lowering.lowered import Lowering, column
from unbounded.plan.expressions import Attribute
from unbounded.types.datatypes import ArrayType, MapType, StructField, StructType, TimestampType

_BINARY_COLUMNS = ("'file:' || filename", "CAST(last_modified AS TIMESTAMP)", "size", "content")


def lower_file_scan(scan: FileScan, output: tuple[Attribute, ...], lowering: Lowering) -> str:
    """A SELECT of `output` (the scan's schema by position), named by column id."""
    _refuse_only_corrupt(scan)
    rows = _READERS[scan.format](scan, lowering)
    items = (f"CAST(v{i} AS {engine_type(a.data_type)}) AS {column(a)}" for i, a in enumerate(output))
    return f"SELECT {', '.join(items) or '0 AS none'} FROM ({rows}) AS scanned"


def _refuse_only_corrupt(scan: FileScan) -> None:
    """Raises UNSUPPORTED_FEATURE.QUERY_ONLY_CORRUPT_RECORD_COLUMN."""
    position = scan.corrupt_position
    if position is None or not isinstance(scan.options, CsvOptions | JsonOptions):
        return
    of_files = range(len(scan.data_schema.fields), len(scan.schema.fields))
    is_only = len(scan.data_schema.fields) == 1 if scan.required is None else scan.required - {*of_files} == {position}
    if is_only:
        raise analysis_error("UNSUPPORTED_FEATURE.QUERY_ONLY_CORRUPT_RECORD_COLUMN")


def _lower_text(scan: FileScan, lowering: Lowering) -> str:
    assert isinstance(scan.options, TextOptions)
    if scan.options.is_whole_text:
        rows = lower_contents(scan)
    else:
        rows = lower_lines(scan, lowering, separator=scan.options.line_separator, keeps_blank=True)
    values = ["line AS v0"] if scan.data_schema.fields else []
    items = ", ".join([*values, *values_of_file(scan, "file", lowering)])
    return f"SELECT {items or '0 AS none'} FROM ({rows}) AS lines"


def _lower_binary(scan: FileScan, lowering: Lowering) -> str:
    if not scan.files:
        return _no_rows(scan, lowering)
    paths = ", ".join(map(text, scan.paths))
    values = ", ".join(f"{value} AS v{i}" for i, value in enumerate(_BINARY_COLUMNS))
    rows = f"SELECT {values}, filename AS file{texts_of_paths(scan)} FROM read_blob([{paths}])"
    columns = (f"v{i}" for i in range(len(_BINARY_COLUMNS)))
    items = ", ".join([*columns, *values_of_file(scan, "file", lowering)])
    return f"SELECT {items} FROM ({rows}) AS files"


def _lower_parquet(scan: FileScan, lowering: Lowering) -> str:
    """Columns that no file has are NULL."""
    if not scan.files:
        return _no_rows(scan, lowering)
    paths = ", ".join(map(text, scan.paths))
    by_name = ", union_by_name = true" if len(scan.files) > 1 else ""
    reader = with_told(f"read_parquet([{paths}]{by_name}{hive_arguments(scan)}{file_arguments(scan)})", scan)
    check_types(scan.paths, scan.data_schema)
    present = column_names(scan.paths)
    fields = scan.data_schema.fields
    values = [_stored(f) if f.name.lower() in present else f"CAST(NULL AS {engine_type(f.data_type)})" for f in fields]
    named = ", ".join(f"{value} AS v{i}" for i, value in enumerate(values)) or "0 AS none"
    of_file = values_of_file(scan, FILE_COLUMN, lowering, ROW_NUMBER)
    items = ", ".join([*(f"v{i}" for i in range(len(values))), *of_file])
    row = f", {FILE_COLUMN}, {ROW_NUMBER}" if scan.has_metadata else ""
    return f"SELECT {items or 'none'} FROM (SELECT {named}{partition_texts(scan)}{row} FROM {reader}) AS stored"


def _stored(field: StructField) -> str:
    """A column of the files. An instant is a TIMESTAMP WITH TIME ZONE; taking its microseconds avoids zone tables."""
    value, data_type = quote(field.name), field.data_type
    if isinstance(data_type, TimestampType):
        return f"make_timestamp(epoch_us({value}))"
    if isinstance(data_type, ArrayType | MapType | StructType):
        return f"CAST({value} AS {engine_type(data_type)})"
    return value


def _no_rows(scan: FileScan, lowering: Lowering) -> str:
    values = [f"CAST(NULL AS {engine_type(f.data_type)}) AS v{i}" for i, f in enumerate(scan.schema.fields)]
    return f"SELECT {', '.join(values) or '0 AS none'} FROM ({no_lines(scan)}) AS nothing"


_READERS: Mapping[FileFormat, Callable[[FileScan, Lowering], str]] = {
    FileFormat.CSV: lower_csv,
    FileFormat.JSON: lower_json,
    FileFormat.TEXT: _lower_text,
    FileFormat.PARQUET: _lower_parquet,
    FileFormat.BINARY: _lower_binary,
}
