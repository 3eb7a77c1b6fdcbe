"""Spark's ANSI type coercion: which type two types meet in, and which type an argument is silently cast to.

Rules: Spark SQL reference, "ANSI compliance", type promotion and precedence; cases in `tests/cases/analysis` were
recorded from Spark where the page is silent. Never looks at values.
"""

from __future__ import annotations

from collections.abc import Iterable

from unbounded.types.datatypes import (
    DATE,
    DOUBLE,
    LONG,
    MAX_DECIMAL_PRECISION,
    NULL,
    STRING,
    TIMESTAMP,
    TIMESTAMP_NTZ,
    ArrayType,
    BinaryType,
    BooleanType,
    ByteType,
    CharType,
    DataType,
    DatetimeType,
    DayTimeIntervalType,
    DecimalType,
    FloatType,
    FractionalType,
    IntegerType,
    IntegralType,
    LongType,
    MapType,
    NullType,
    NumericType,
    ShortType,
    StringType,
    StructField,
    StructType,
    VarcharType,
    YearMonthIntervalType,
)

INTEGRAL_DIGITS: dict[type[DataType], int] = {ByteType: 3, ShortType: 5, IntegerType: 10, LongType: 20}
"""Decimal digits that hold every value of an integral type, as Spark's `DecimalType.forType` counts them."""

_MINIMUM_ADJUSTED_SCALE = 6


def bounded_decimal(precision: int, scale: int) -> DecimalType:
    """`decimal(precision, scale)`, cut at 38 digits without protecting either side (Spark's `bounded`)."""
    return DecimalType(min(precision, MAX_DECIMAL_PRECISION), min(scale, MAX_DECIMAL_PRECISION))


def adjusted_decimal(precision: int, scale: int) -> DecimalType:
    """`decimal(precision, scale)`, and past 38 digits the scale gives way, but not below 6 (`adjustPrecisionScale`)."""
    if precision <= MAX_DECIMAL_PRECISION:
        return DecimalType(precision, scale)
    whole_digits = precision - scale
    kept_scale = max(MAX_DECIMAL_PRECISION - whole_digits, min(scale, _MINIMUM_ADJUSTED_SCALE))
    return DecimalType(MAX_DECIMAL_PRECISION, kept_scale)


def as_decimal(data_type: DataType) -> DecimalType:
    """The decimal that holds every value of an integral type; a decimal is itself."""
    if isinstance(data_type, DecimalType):
        return data_type
    return DecimalType(INTEGRAL_DIGITS[type(data_type)], 0)


def wider_decimal(left: DecimalType, right: DecimalType) -> DecimalType:
    scale = max(left.scale, right.scale)
    whole_digits = max(left.precision - left.scale, right.precision - right.scale)
    return bounded_decimal(whole_digits + scale, scale)


def common_type(left: DataType, right: DataType) -> DataType | None:
    """The type both sides of a comparison, a UNION or a `coalesce` are cast to; None if there is none."""
    left, right = _plain(left), _plain(right)
    if left == right:
        return left
    if isinstance(left, NullType):
        return right
    if isinstance(right, NullType):
        return left
    if isinstance(left, NumericType) and isinstance(right, NumericType):
        return _common_numeric(left, right)
    if isinstance(left, StringType) or isinstance(right, StringType):
        return _common_with_string(right if isinstance(left, StringType) else left)
    if isinstance(left, DatetimeType) and isinstance(right, DatetimeType):
        return _common_datetime(left, right)
    if isinstance(left, DayTimeIntervalType) and isinstance(right, DayTimeIntervalType):
        return DayTimeIntervalType(min(left.start, right.start), max(left.end, right.end))
    if isinstance(left, YearMonthIntervalType) and isinstance(right, YearMonthIntervalType):
        return YearMonthIntervalType(min(left.start, right.start), max(left.end, right.end))
    return _common_nested(left, right)


def common_type_of(types: Iterable[DataType]) -> DataType | None:
    """`common_type` folded over many; `void` for none. Strings are met last, as Spark orders them."""
    ordered = sorted(types, key=lambda data_type: isinstance(data_type, StringType))
    result: DataType | None = NULL
    for data_type in ordered:
        result = common_type(result, data_type) if result is not None else None
    return result


def implicit_cast_type(source: DataType, target: DataType) -> DataType | None:
    """`target` if an argument of type `source` may stand where `target` is expected, else None.

    Any number stands for any other: the cast checks the value, as it does when a row is stored in a table.
    """
    source = _plain(source)
    if source == target or isinstance(source, NullType):
        return target
    if isinstance(target, StringType):
        return target if _is_atomic(source) else None
    if isinstance(source, StringType):
        return target if _is_atomic(target) else None
    if isinstance(target, NumericType) and isinstance(source, NumericType):
        return target
    if isinstance(target, DatetimeType) and isinstance(source, DatetimeType):
        return target
    return target if _same_shape(source, target) else None


def is_string_like(data_type: DataType) -> bool:
    return isinstance(data_type, StringType | CharType | VarcharType)


def _plain(data_type: DataType) -> DataType:
    """char(n) and varchar(n) compute as string."""
    return STRING if isinstance(data_type, CharType | VarcharType) else data_type


def _common_numeric(left: NumericType, right: NumericType) -> DataType:
    if isinstance(left, IntegralType) and isinstance(right, IntegralType):
        return left if left.bits >= right.bits else right
    if isinstance(left, DecimalType | IntegralType) and isinstance(right, DecimalType | IntegralType):
        return wider_decimal(as_decimal(left), as_decimal(right))
    return left if isinstance(left, FloatType) and isinstance(right, FloatType) else DOUBLE


def _common_with_string(other: DataType) -> DataType | None:
    if isinstance(other, IntegralType):
        return LONG
    if isinstance(other, FractionalType):
        return DOUBLE
    return other if _is_atomic(other) else None


def _common_datetime(left: DatetimeType, right: DatetimeType) -> DataType:
    kinds = (left, right)
    return TIMESTAMP if TIMESTAMP in kinds else TIMESTAMP_NTZ if TIMESTAMP_NTZ in kinds else DATE


def _common_nested(left: DataType, right: DataType) -> DataType | None:
    match left, right:
        case ArrayType(element_type=a, contains_null=m), ArrayType(element_type=b, contains_null=n):
            element = common_type(a, b)
            return None if element is None else ArrayType(element, m or n)
        case MapType(key_type=a, value_type=b, value_contains_null=m), MapType(
            key_type=c, value_type=d, value_contains_null=n
        ):
            key, value = common_type(a, c), common_type(b, d)
            return None if key is None or value is None else MapType(key, value, m or n)
        case StructType(fields=a), StructType(fields=b):
            return _common_struct(a, b)
        case _:
            return None


def _common_struct(left: tuple[StructField, ...], right: tuple[StructField, ...]) -> StructType | None:
    if [f.name.lower() for f in left] != [f.name.lower() for f in right]:
        return None
    fields = []
    for mine, other in zip(left, right, strict=True):
        data_type = common_type(mine.data_type, other.data_type)
        if data_type is None:
            return None
        fields.append(StructField(mine.name, data_type, mine.nullable or other.nullable))
    return StructType(tuple(fields))


def _is_atomic(data_type: DataType) -> bool:
    intervals = DayTimeIntervalType | YearMonthIntervalType
    return isinstance(data_type, NumericType | StringType | BinaryType | BooleanType | DatetimeType | intervals)


def _same_shape(source: DataType, target: DataType) -> bool:
    """Nested types differing in element types that cast implicitly, or only in nullability."""
    match source, target:
        case ArrayType(element_type=a), ArrayType(element_type=b):
            return implicit_cast_type(a, b) is not None
        case MapType(key_type=a, value_type=b), MapType(key_type=c, value_type=d):
            return implicit_cast_type(a, c) is not None and implicit_cast_type(b, d) is not None
        case StructType(fields=a), StructType(fields=b):
            return len(a) == len(b) and all(
                implicit_cast_type(x.data_type, y.data_type) is not None for x, y in zip(a, b, strict=True)
            )
        case DayTimeIntervalType(), DayTimeIntervalType():
            return True
        case YearMonthIntervalType(), YearMonthIntervalType():
            return True
        case _:
            return False
