"""Schemas of Parquet files, from their footers. Reads no rows."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

import pyarrow as pa
import pyarrow.parquet as pq

from unbounded.connectors.files.paths import file_uri, shown_path
from unbounded.errors import ErrorKind, SparkError
from unbounded.types.arrow import from_arrow_type
from unbounded.types.coercion import common_type
from unbounded.types.datatypes import (
    BINARY,
    INTEGER,
    LONG,
    SHORT,
    ArrayType,
    BinaryType,
    CharType,
    DataType,
    DateType,
    DayTimeIntervalType,
    DecimalType,
    DoubleType,
    FloatType,
    IntegerType,
    IntegralType,
    LongType,
    MapType,
    StringType,
    StructField,
    StructType,
    TimestampNTZType,
    TimestampType,
    VarcharType,
    YearMonthIntervalType,
)
from unbounded.types.json_form import from_json, to_json

SCHEMA_KEY = b"org.apache.spark.sql.parquet.row.metadata"
"""Where Spark keeps the schema of what it wrote, as its JSON."""

VERSION_KEY = b"org.apache.spark.version"
_VERSION = b"4.2.0"
_CACHED_FOOTERS = 4096
_INT32_BITS = 32
_TEXTS = (StringType, CharType, VarcharType, BinaryType)
_WIDENINGS: frozenset[tuple[type[DataType], type[DataType]]] = frozenset(
    {
        (FloatType, DoubleType),
        (DateType, TimestampNTZType),
        (TimestampType, TimestampNTZType),
        (TimestampNTZType, TimestampType),
        (LongType, DayTimeIntervalType),
        (LongType, TimestampType),
        (IntegerType, YearMonthIntervalType),
        (IntegerType, DateType),
        *((a, b) for a in _TEXTS for b in _TEXTS),
    }
)
"""Pairs of stored and wanted types that Spark reads besides equal ones and wider numbers."""

_UNSIGNED: Mapping[pa.DataType, DataType] = {
    pa.uint8(): SHORT,
    pa.uint16(): INTEGER,
    pa.uint32(): LONG,
    pa.uint64(): DecimalType(20, 0),
    pa.float16(): from_arrow_type(pa.float32()),
}


def read_schema(paths: Sequence[str], *, merges: bool) -> StructType:
    """The schema of the first file, or of all files together, every column nullable.

    Raises: SparkError FAILED_READ_FILE.CANNOT_READ_FILE_FOOTER, CANNOT_MERGE_SCHEMAS
    """
    chosen = paths if merges else paths[:1]
    fields: dict[str, StructField] = {}
    for path in chosen:
        for field in footer_schema(path).fields:
            known = fields.get(field.name)
            fields[field.name] = field if known is None else _merged(known, field, path)
    return StructType(tuple(fields.values()))


def column_names(paths: Iterable[str]) -> frozenset[str]:
    """Lower-case names of the columns that at least one file has."""
    return frozenset(field.name.lower() for path in paths for field in footer_schema(path).fields)


def check_types(paths: Iterable[str], schema: StructType) -> None:
    """Raises: SparkError FAILED_READ_FILE.PARQUET_COLUMN_DATA_TYPE_MISMATCH for a column of another kind"""
    wanted = {f.name.lower(): f for f in schema.fields}
    for path in paths:
        for found in footer_schema(path).fields:
            field = wanted.get(found.name.lower())
            if field is not None and not _is_readable(found.data_type, field.data_type):
                parameters = {
                    "path": file_uri(path),
                    "column": f"[{found.name}]",
                    "expectedType": field.data_type.simple_string,
                    "actualType": _physical_type(path, found.name),
                }
                condition = "FAILED_READ_FILE.PARQUET_COLUMN_DATA_TYPE_MISMATCH"
                raise SparkError(ErrorKind.SPARK, condition, parameters)


def _physical_type(path: str, column: str) -> str:
    """As Parquet calls the type of a column, or of the first part of a nested one."""
    leaves = pq.read_metadata(path).schema
    types = (leaf.physical_type for leaf in map(leaves.column, range(len(leaves))) if leaf.path.split(".")[0] == column)
    found = next(types, "")
    return "BINARY" if found == "BYTE_ARRAY" else str(found)


def _is_readable(stored: DataType, wanted: DataType) -> bool:
    """Spark reads a column as its own type or a wider one; what is inside nested types is not looked at."""
    match stored, wanted:
        case _ if stored == wanted or type(stored) is type(wanted) and not isinstance(stored, DecimalType):
            return True
        case IntegralType(), IntegralType():
            return stored.bits <= wanted.bits or max(stored.bits, wanted.bits) <= _INT32_BITS
        case IntegralType(), DoubleType():
            return stored.bits <= _INT32_BITS
        case DecimalType(), DecimalType():
            whole = (stored.precision - stored.scale, wanted.precision - wanted.scale)
            return stored.scale <= wanted.scale and whole[0] <= whole[1]
        case IntegralType(), DecimalType():
            return wanted.precision - wanted.scale >= len(str(2 ** (stored.bits - 1)))
        case DayTimeIntervalType() | YearMonthIntervalType(), _:
            return isinstance(wanted, IntegralType)
        case _:
            return (type(stored), type(wanted)) in _WIDENINGS


def footer_schema(path: str) -> StructType:
    """The schema in one footer: Spark's own if it wrote the file, else what the columns say."""
    status = os.stat(path)
    return _read_footer(path, status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=_CACHED_FOOTERS)
def _read_footer(path: str, modified_ns: int, size_bytes: int) -> StructType:
    try:
        arrow_schema = pq.read_schema(path)
    except (pa.ArrowInvalid, OSError) as error:
        parameters = {"path": shown_path(path)}
        raise SparkError(ErrorKind.SPARK, "FAILED_READ_FILE.CANNOT_READ_FILE_FOOTER", parameters) from error
    written = (arrow_schema.metadata or {}).get(SCHEMA_KEY)
    if written is not None:
        schema = from_json(written.decode())
        assert isinstance(schema, StructType)
        return schema
    return StructType(tuple(StructField(f.name, _spark_type(f.type)) for f in arrow_schema))


def with_schema(arrow_schema: pa.Schema, schema: StructType) -> pa.Schema:
    """`arrow_schema` carrying `schema` for readers that know Spark's key, without Arrow's own copy of it."""
    plain = pa.schema([pa.field(f.name, f.type, f.nullable) for f in arrow_schema])
    return plain.with_metadata({SCHEMA_KEY: to_json(schema).encode(), VERSION_KEY: _VERSION})


def _spark_type(arrow_type: pa.DataType) -> DataType:
    if arrow_type in _UNSIGNED:
        return _UNSIGNED[arrow_type]
    if pa.types.is_struct(arrow_type):
        return StructType(tuple(StructField(f.name, _spark_type(f.type)) for f in arrow_type))
    if pa.types.is_map(arrow_type):
        return MapType(_spark_type(arrow_type.key_type), _spark_type(arrow_type.item_type))
    if pa.types.is_list(arrow_type) or pa.types.is_large_list(arrow_type):
        return ArrayType(_spark_type(arrow_type.value_type))
    if pa.types.is_time(arrow_type):
        return LONG
    return BINARY if pa.types.is_fixed_size_binary(arrow_type) else from_arrow_type(arrow_type)


def _merged(known: StructField, field: StructField, path: str) -> StructField:
    wider = known.data_type if known.data_type == field.data_type else common_type(known.data_type, field.data_type)
    if wider is None:
        parameters = {"left": f'"{known.data_type.sql_name}"', "right": f'"{field.data_type.sql_name}"'}
        raise SparkError(ErrorKind.SPARK, "CANNOT_MERGE_SCHEMAS", parameters)
    return StructField(known.name, wider, True, known.metadata)
