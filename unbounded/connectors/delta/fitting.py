"""Whether rows fit a Delta table, and with which Arrow schema they are handed to delta-rs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pyarrow as pa

from unbounded.errors import SparkError, analysis_error
from unbounded.types.arrow import to_arrow_schema
from unbounded.types.datatypes import (
    BYTE,
    INTEGER,
    SHORT,
    ArrayType,
    CalendarIntervalType,
    CharType,
    DataType,
    DayTimeIntervalType,
    MapType,
    NullType,
    StringType,
    StructField,
    StructType,
    VarcharType,
    VariantType,
    YearMonthIntervalType,
)
from unbounded.types.tree_string import tree_string

_NOT_STORED = (NullType, CalendarIntervalType, DayTimeIntervalType, YearMonthIntervalType, VariantType)
_SMALL: Sequence[DataType] = (BYTE, SHORT, INTEGER)
"""Parquet keeps them alike: a smaller one fits a column of a larger one."""


@dataclass(frozen=True, slots=True)
class Target:
    """What a table has already; its columns in its order."""

    table_id: str
    schema: StructType
    partition_columns: tuple[str, ...]


def check_types(schema: StructType) -> None:
    """Raises: SparkError UNSUPPORTED_DATA_TYPE_FOR_DATASOURCE"""
    for field in schema.fields:
        if not _is_stored(field.data_type):
            name, shown = f"`{field.name}`", f'"{field.data_type.sql_name}"'
            parameters = {"columnName": name, "columnType": shown, "format": "Delta"}
            raise analysis_error("UNSUPPORTED_DATA_TYPE_FOR_DATASOURCE", **parameters)


def check_partitions(schema: StructType, names: Sequence[str]) -> tuple[str, ...]:
    """The partition columns as the rows call them.

    Raises: SparkError DELTA_PARTITION_COLUMN_NOT_FOUND, ALL_PARTITION_COLUMNS_NOT_ALLOWED
    """
    found = {name.lower(): name for name in schema.names}
    for name in names:
        if name.lower() not in found:
            parameters = {"columnName": f"`{name}`", "schemaMap": ", ".join(schema.names)}
            raise analysis_error("DELTA_PARTITION_COLUMN_NOT_FOUND", **parameters)
    if names and len(names) == len(schema.fields):
        raise analysis_error("ALL_PARTITION_COLUMNS_NOT_ALLOWED")
    return tuple(found[name.lower()] for name in names)


def fitted(schema: StructType, target: Target | None, *, adds_columns: bool) -> StructType:
    """The rows' columns with the names and types they have in the table; new ones, if allowed, as they are.

    Raises: SparkError DELTA_FAILED_TO_MERGE_FIELDS, _LEGACY_ERROR_TEMP_DELTA_0007
    """
    if target is None:
        return schema
    known = {field.name.lower(): field for field in target.schema.fields}
    new = [field.name for field in schema.fields if field.name.lower() not in known]
    if new and not adds_columns:
        raise _mismatch(f"Data schema:\n{_shown(schema)}\n", target)
    return StructType(tuple(_fitted(field, known.get(field.name.lower())) for field in schema.fields))


def check_target_partitions(names: Sequence[str], target: Target) -> None:
    """Raises: SparkError if a program partitions by other columns than the table"""
    if names and [n.lower() for n in names] != [n.lower() for n in target.partition_columns]:
        columns = f"Partition columns do not match the partition columns of the table.\nGiven: {_listed(names)}"
        raise analysis_error(
            "_LEGACY_ERROR_TEMP_DELTA_0007", message=f"{columns}\nTable: {_listed(target.partition_columns)}"
        )


_SCHEMA_MISMATCH = """A schema mismatch detected when writing to the Delta table (Table ID: <id>).
To enable schema migration using DataFrameWriter or DataStreamWriter, please set:
'.option("mergeSchema", "true")'.
For other operations, set the session configuration
spark.databricks.delta.schema.autoMerge.enabled to "true". See the documentation
specific to the operation for details.

Table schema:
<schema>

"""


def _mismatch(details: str, target: Target) -> SparkError:
    message = _SCHEMA_MISMATCH.replace("<id>", target.table_id).replace("<schema>", _shown(target.schema))
    return analysis_error("_LEGACY_ERROR_TEMP_DELTA_0007", message=message + details)


def _shown(schema: StructType) -> str:
    """Delta's tree of a schema, which has no lines on its left side."""
    return tree_string(schema).replace(" |-- ", "-- ").replace(" |    ", "    ")


def _listed(names: Sequence[str]) -> str:
    return f"[{', '.join(f'`{name}`' for name in names)}]"


def stored_schema(schema: StructType) -> pa.Schema:
    """As Delta keeps it: instants in UTC, every column nullable, nothing else about a column."""
    plain = StructType(tuple(StructField(f.name, _nullable(f.data_type), True) for f in schema.fields))
    return to_arrow_schema(plain, "UTC")


def _fitted(field: StructField, known: StructField | None) -> StructField:
    if known is None:
        return field
    if _nullable(field.data_type) == _nullable(known.data_type) or _is_smaller(field.data_type, known.data_type):
        return replace(field, name=known.name, data_type=known.data_type)
    raise analysis_error("DELTA_FAILED_TO_MERGE_FIELDS", currentField=known.name, updateField=field.name)


def _is_smaller(data_type: DataType, than: DataType) -> bool:
    return data_type in _SMALL and than in _SMALL and _SMALL.index(data_type) < _SMALL.index(than)


def _nullable(data_type: DataType) -> DataType:
    match data_type:
        case ArrayType(element_type=element):
            return ArrayType(_nullable(element), True)
        case MapType(key_type=key, value_type=value):
            return MapType(_nullable(key), _nullable(value), True)
        case StructType(fields=fields):
            return StructType(tuple(StructField(f.name, _nullable(f.data_type), True) for f in fields))
        case CharType() | VarcharType():
            return StringType()
        case _:
            return data_type


def _is_stored(data_type: DataType) -> bool:
    match data_type:
        case ArrayType(element_type=element):
            return _is_stored(element)
        case MapType(key_type=key, value_type=value):
            return _is_stored(key) and _is_stored(value)
        case StructType(fields=fields):
            return all(_is_stored(f.data_type) for f in fields)
        case _:
            return not isinstance(data_type, _NOT_STORED)
