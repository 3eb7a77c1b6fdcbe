"""Which explicit casts Spark allows, in ANSI mode and outside it, and its error for the others."""

from __future__ import annotations

from unbounded.errors import analysis_error
from unbounded.functions.naming import pretty_name
from unbounded.plan.expressions import Cast, CastMode
from unbounded.types.coercion import is_string_like
from unbounded.types.datatypes import (
    ArrayType,
    BinaryType,
    BooleanType,
    CalendarIntervalType,
    CharType,
    DataType,
    DateType,
    DayTimeIntervalType,
    DecimalType,
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
    """Raises: SparkError DATATYPE_MISMATCH.CAST_WITHOUT_SUGGESTION, .CAST_WITH_CONF_…, .CAST_WITH_FUNC_SUGGESTION"""
    source, target = cast.child.data_type, cast.data_type
    if can_cast(source, target, cast.mode):
        return
    condition, extra = _suggestion(source, target, cast.mode)
    raise analysis_error(
        f"DATATYPE_MISMATCH.{condition}",
        sqlExpr=f'"{pretty_name(cast)}"',
        srcType=f'"{source.sql_name}"',
        targetType=f'"{target.sql_name}"',
        **extra,
    )


def can_cast(source: DataType, target: DataType, mode: CastMode = CastMode.ANSI) -> bool:
    """Whether `CAST(source AS target)` is legal."""
    if source == target or isinstance(source, NullType):
        return True
    if mode is CastMode.LEGACY and _only_outside_ansi(source, target):
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
            return isinstance(source, _TEXT | DayTimeIntervalType | IntegralType | DecimalType)
        case YearMonthIntervalType():
            return isinstance(source, _TEXT | YearMonthIntervalType | IntegralType | DecimalType)
        case CalendarIntervalType():
            return isinstance(source, _TEXT)
        case _:
            return _nested(source, target, mode)


def _only_outside_ansi(source: DataType, target: DataType) -> bool:
    match target:
        case BinaryType():
            return isinstance(source, IntegralType)
        case BooleanType():
            return isinstance(source, DateType | TimestampType)
        case TimestampType():
            return isinstance(source, BooleanType)
        case NumericType():
            return isinstance(source, DateType)
        case _:
            return False


def _to_numeric(source: DataType, target: DataType) -> bool:
    if isinstance(source, _TEXT | NumericType | BooleanType | TimestampType):
        return True
    return isinstance(source, _INTERVALS) and isinstance(target, IntegralType | DecimalType)


def _nested(source: DataType, target: DataType, mode: CastMode) -> bool:
    match source, target:
        case ArrayType(element_type=a), ArrayType(element_type=b):
            return can_cast(a, b, mode)
        case MapType(key_type=a, value_type=b), MapType(key_type=c, value_type=d):
            keys_stay_present = mode is CastMode.ANSI or a == c or not is_string_like(a)
            return keys_stay_present and can_cast(a, c, mode) and can_cast(b, d, mode)
        case StructType(fields=a), StructType(fields=b):
            return len(a) == len(b) and all(can_cast(x.data_type, y.data_type, mode) for x, y in zip(a, b, strict=True))
        case _:
            return False


def _suggestion(source: DataType, target: DataType, mode: CastMode) -> tuple[str, dict[str, str]]:
    """The sub-condition, and the parameters only it has."""
    if isinstance(source, NumericType) and isinstance(target, DateType):
        return "CAST_WITH_FUNC_SUGGESTION", {"functionNames": "`DATE_FROM_UNIX_DATE`"}
    if isinstance(source, DateType) and isinstance(target, NumericType):
        return "CAST_WITH_FUNC_SUGGESTION", {"functionNames": "`UNIX_DATE`"}
    if mode is CastMode.ANSI and _only_outside_ansi(source, target):
        configuration = {"config": '"spark.sql.ansi.enabled"', "configVal": "'false'"}
        return "CAST_WITH_CONF_SUGGESTION", configuration
    return "CAST_WITHOUT_SUGGESTION", {}
