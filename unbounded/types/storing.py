"""Which types may be stored in which by ANSI store assignment: what an insert and `df.to` cast without being asked."""

from __future__ import annotations

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
