"""Storing: which types ANSI store assignment casts without being asked (inserts, `df.to`), and what a table keeps."""

from __future__ import annotations

from dataclasses import replace

from unbounded.types.datatypes import (
    ArrayType,
    BinaryType,
    BooleanType,
    CharType,
    DataType,
    DatetimeType,
    MapType,
    NullType,
    NumericType,
    StringType,
    StructType,
    VarcharType,
)
from unbounded.types.metadata import FILE_METADATA_KEY, METADATA_COLUMN_KEY, Metadata


def can_store(source: DataType, target: DataType) -> bool:
    """Whether Spark's ANSI store assignment lets a value of `source` into a column of `target`."""
    match source, target:
        case _ if source == target or isinstance(source, NullType):
            return True
        case (NumericType(), NumericType()) | (DatetimeType(), DatetimeType()):
            return True
        case ArrayType(), ArrayType():
            return can_store(source.element_type, target.element_type)
        case MapType(), MapType():
            return can_store(source.key_type, target.key_type) and can_store(source.value_type, target.value_type)
        case StructType(), StructType():
            pairs = zip(source.fields, target.fields, strict=False)
            same_size = len(source.fields) == len(target.fields)
            return same_size and all(can_store(a.data_type, b.data_type) for a, b in pairs)
        case _, StringType() | CharType() | VarcharType():
            return isinstance(
                source, NumericType | DatetimeType | BooleanType | BinaryType | StringType | CharType | VarcharType
            )
        case _:
            return False


def stored_schema(schema: StructType) -> StructType:
    """The schema of a table made from rows: everything nullable, without the marks of a query."""
    nullable = _nullable(without_query_marks(schema))
    assert isinstance(nullable, StructType)
    return nullable


def without_query_marks(schema: StructType) -> StructType:
    """`schema` as files keep it: what was a metadata column where the rows came from is none there."""
    return StructType(tuple(replace(f, metadata=_stored_metadata(f.metadata)) for f in schema.fields))


def _stored_metadata(metadata: Metadata) -> Metadata:
    return tuple(item for item in metadata if item[0] not in (METADATA_COLUMN_KEY, FILE_METADATA_KEY))


def _nullable(data_type: DataType) -> DataType:
    match data_type:
        case ArrayType(element_type=element):
            return ArrayType(_nullable(element), True)
        case MapType(key_type=key, value_type=value):
            return MapType(_nullable(key), _nullable(value), True)
        case StructType(fields=fields):
            return StructType(tuple(replace(f, data_type=_nullable(f.data_type), nullable=True) for f in fields))
        case _:
            return data_type
