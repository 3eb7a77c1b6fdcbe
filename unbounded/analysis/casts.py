"""Which explicit casts Spark allows (ANSI), and its error for the others."""

from __future__ import annotations

from unbounded.errors import analysis_error
from unbounded.functions.naming import pretty_name
from unbounded.plan.expressions import Cast
from unbounded.types.datatypes import (
    ArrayType,
    BinaryType,
    BooleanType,
    CalendarIntervalType,
    CharType,
    DataType,
    DateType,
    DayTimeIntervalType,
    IntegralType,
    MapType,
    NullType,
    NumericType,
    StringType,
    StructType,
    TimestampNTZType,
    TimestampType,
    VarcharType,
    YearMonthIntervalType,
)

_TEXT = StringType | CharType | VarcharType
_INTERVALS = DayTimeIntervalType | YearMonthIntervalType
_TIMESTAMPS = TimestampType | TimestampNTZType


def check_cast(cast: Cast) -> None:
    """Raises: SparkError DATATYPE_MISMATCH.CAST_WITHOUT_SUGGESTION, .CAST_WITH_CONF_SUGGESTION"""
    source, target = cast.child.data_type, cast.data_type
    if can_cast(source, target):
        return
    condition = "CAST_WITH_FUNC_SUGGESTION" if _suggestion(source, target) else "CAST_WITHOUT_SUGGESTION"
    parameters = {
        "sqlExpr": f'"{pretty_name(cast)}"',
        "srcType": f'"{source.sql_name}"',
        "targetType": f'"{target.sql_name}"',
    }
    if condition == "CAST_WITH_FUNC_SUGGESTION":
        parameters["functionNames"] = _suggestion(source, target) or ""
    raise analysis_error(f"DATATYPE_MISMATCH.{condition}", **parameters)


def can_cast(source: DataType, target: DataType) -> bool:
    """Whether `CAST(source AS target)` is legal under ANSI."""
    if source == target or isinstance(source, NullType):
        return True
    match target:
        case StringType() | CharType() | VarcharType():
            return True
        case BinaryType():
            return isinstance(source, _TEXT)
        case BooleanType():
            return isinstance(source, _TEXT | NumericType)
        case NumericType():
            return _to_numeric(source, target)
        case DateType():
            return isinstance(source, _TEXT | _TIMESTAMPS)
        case TimestampType():
            return isinstance(source, _TEXT | DateType | TimestampNTZType | NumericType)
        case TimestampNTZType():
            return isinstance(source, _TEXT | DateType | TimestampType)
        case DayTimeIntervalType():
            return isinstance(source, _TEXT | DayTimeIntervalType | IntegralType)
        case YearMonthIntervalType():
            return isinstance(source, _TEXT | YearMonthIntervalType | IntegralType)
        case CalendarIntervalType():
            return isinstance(source, _TEXT)
        case _:
            return _nested(source, target)


def _to_numeric(source: DataType, target: DataType) -> bool:
    if isinstance(source, _TEXT | NumericType | BooleanType | TimestampType):
        return True
    return isinstance(source, _INTERVALS) and isinstance(target, IntegralType)


def _nested(source: DataType, target: DataType) -> bool:
    match source, target:
        case ArrayType(element_type=a), ArrayType(element_type=b):
            return can_cast(a, b)
        case MapType(key_type=a, value_type=b), MapType(key_type=c, value_type=d):
            return can_cast(a, c) and can_cast(b, d)
        case StructType(fields=a), StructType(fields=b):
            return len(a) == len(b) and all(can_cast(x.data_type, y.data_type) for x, y in zip(a, b, strict=True))
        case _:
            return False


def _suggestion(source: DataType, target: DataType) -> str | None:
    if isinstance(source, NumericType) and isinstance(target, DateType):
        return "`DATE_FROM_UNIX_DATE`"
    if isinstance(source, DateType) and isinstance(target, NumericType):
        return "`UNIX_DATE`"
    return None

