"""Spark's data types as immutable values. Knows names and structure only, no engine and no Arrow.

`simple_string` is Spark's `simpleString()` (`struct<a:int>`), `sql_name` its `sql()` form (`STRUCT<a: INT>`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, ClassVar

MAX_DECIMAL_PRECISION = 38


class DataType:
    """Parent of every Spark type; compare types with `==`."""

    name: ClassVar[str]

    @property
    def simple_string(self) -> str:
        return self.name

    @property
    def sql_name(self) -> str:
        return self.simple_string.upper()


@dataclass(frozen=True, slots=True)
class NullType(DataType):
    name: ClassVar[str] = "void"


@dataclass(frozen=True, slots=True)
class BooleanType(DataType):
    name: ClassVar[str] = "boolean"


class NumericType(DataType):
    """Integral, fractional and decimal types."""


class IntegralType(NumericType):
    """Signed two's complement integers; `bits` is the width."""

    bits: ClassVar[int]


@dataclass(frozen=True, slots=True)
class ByteType(IntegralType):
    name: ClassVar[str] = "tinyint"
    bits: ClassVar[int] = 8


@dataclass(frozen=True, slots=True)
class ShortType(IntegralType):
    name: ClassVar[str] = "smallint"
    bits: ClassVar[int] = 16


@dataclass(frozen=True, slots=True)
class IntegerType(IntegralType):
    name: ClassVar[str] = "int"
    bits: ClassVar[int] = 32


@dataclass(frozen=True, slots=True)
class LongType(IntegralType):
    name: ClassVar[str] = "bigint"
    bits: ClassVar[int] = 64


class FractionalType(NumericType):
    """Binary floating point and decimals."""


@dataclass(frozen=True, slots=True)
class FloatType(FractionalType):
    name: ClassVar[str] = "float"


@dataclass(frozen=True, slots=True)
class DoubleType(FractionalType):
    name: ClassVar[str] = "double"


@dataclass(frozen=True, slots=True)
class DecimalType(FractionalType):
    precision: int = 10
    scale: int = 0
    name: ClassVar[str] = "decimal"

    def __post_init__(self) -> None:
        if not 0 <= self.scale <= self.precision <= MAX_DECIMAL_PRECISION:
            raise ValueError(f"decimal({self.precision},{self.scale}) is outside decimal({MAX_DECIMAL_PRECISION})")

    @property
    def simple_string(self) -> str:
        return f"decimal({self.precision},{self.scale})"


@dataclass(frozen=True, slots=True)
class StringType(DataType):
    """UTF-8 text compared byte by byte (Spark's UTF8_BINARY collation, the only one here)."""

    name: ClassVar[str] = "string"


@dataclass(frozen=True, slots=True)
class CharType(DataType):
    length: int
    name: ClassVar[str] = "char"

    @property
    def simple_string(self) -> str:
        return f"char({self.length})"


@dataclass(frozen=True, slots=True)
class VarcharType(DataType):
    length: int
    name: ClassVar[str] = "varchar"

    @property
    def simple_string(self) -> str:
        return f"varchar({self.length})"


@dataclass(frozen=True, slots=True)
class BinaryType(DataType):
    name: ClassVar[str] = "binary"


@dataclass(frozen=True, slots=True)
class VariantType(DataType):
    name: ClassVar[str] = "variant"


class DatetimeType(DataType):
    """Date and both timestamps."""


@dataclass(frozen=True, slots=True)
class DateType(DatetimeType):
    """Days since 1970-01-01."""

    name: ClassVar[str] = "date"


@dataclass(frozen=True, slots=True)
class TimestampType(DatetimeType):
    """An instant: microseconds since the epoch, UTC; shown in the session's time zone."""

    name: ClassVar[str] = "timestamp"


@dataclass(frozen=True, slots=True)
class TimestampNTZType(DatetimeType):
    """A wall-clock time without a zone: microseconds since 1970-01-01T00:00."""

    name: ClassVar[str] = "timestamp_ntz"


class DayTimeField(IntEnum):
    DAY = 0
    HOUR = 1
    MINUTE = 2
    SECOND = 3


class YearMonthField(IntEnum):
    YEAR = 0
    MONTH = 1


class IntervalType(DataType):
    """Day-time, year-month and calendar intervals."""


@dataclass(frozen=True, slots=True)
class DayTimeIntervalType(IntervalType):
    """A duration in microseconds, shown from field `start` to field `end`."""

    start: DayTimeField = DayTimeField.DAY
    end: DayTimeField = DayTimeField.SECOND
    name: ClassVar[str] = "interval day to second"

    @property
    def simple_string(self) -> str:
        return _interval_name(self.start.name, self.end.name)


@dataclass(frozen=True, slots=True)
class YearMonthIntervalType(IntervalType):
    """A period in months, shown from field `start` to field `end`."""

    start: YearMonthField = YearMonthField.YEAR
    end: YearMonthField = YearMonthField.MONTH
    name: ClassVar[str] = "interval year to month"

    @property
    def simple_string(self) -> str:
        return _interval_name(self.start.name, self.end.name)


@dataclass(frozen=True, slots=True)
class CalendarIntervalType(IntervalType):
    """Months, days and microseconds kept apart (only `make_interval` and legacy literals make one)."""

    name: ClassVar[str] = "interval"


@dataclass(frozen=True, slots=True)
class ArrayType(DataType):
    element_type: DataType
    contains_null: bool = True
    name: ClassVar[str] = "array"

    @property
    def simple_string(self) -> str:
        return f"array<{self.element_type.simple_string}>"

    @property
    def sql_name(self) -> str:
        return f"ARRAY<{self.element_type.sql_name}>"


@dataclass(frozen=True, slots=True)
class MapType(DataType):
    key_type: DataType
    value_type: DataType
    value_contains_null: bool = True
    name: ClassVar[str] = "map"

    @property
    def simple_string(self) -> str:
        return f"map<{self.key_type.simple_string},{self.value_type.simple_string}>"

    @property
    def sql_name(self) -> str:
        return f"MAP<{self.key_type.sql_name}, {self.value_type.sql_name}>"


@dataclass(frozen=True, slots=True)
class StructField:
    name: str
    data_type: DataType
    nullable: bool = True
    metadata: tuple[tuple[str, Any], ...] = field(default=())


@dataclass(frozen=True, slots=True)
class StructType(DataType):
    fields: tuple[StructField, ...] = ()
    name: ClassVar[str] = "struct"

    @property
    def simple_string(self) -> str:
        return f"struct<{','.join(f'{f.name}:{f.data_type.simple_string}' for f in self.fields)}>"

    @property
    def sql_name(self) -> str:
        columns = (
            f"{quote_name(f.name)}: {f.data_type.sql_name}{'' if f.nullable else ' NOT NULL'}" for f in self.fields
        )
        return f"STRUCT<{', '.join(columns)}>"

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(f.name for f in self.fields)


BOOLEAN, BYTE, SHORT, INTEGER, LONG = BooleanType(), ByteType(), ShortType(), IntegerType(), LongType()
FLOAT, DOUBLE, STRING, BINARY, NULL = FloatType(), DoubleType(), StringType(), BinaryType(), NullType()
DATE, TIMESTAMP, TIMESTAMP_NTZ = DateType(), TimestampType(), TimestampNTZType()
CALENDAR_INTERVAL, VARIANT = CalendarIntervalType(), VariantType()
DAY_TIME_INTERVAL, YEAR_MONTH_INTERVAL = DayTimeIntervalType(), YearMonthIntervalType()


def quote_name(name: str) -> str:
    """`name` as Spark prints it in DDL: plain if it is an identifier, else in backticks."""
    is_plain = name.isascii() and name.replace("_", "a").isalnum() and not name[:1].isdigit()
    return name if is_plain else "`" + name.replace("`", "``") + "`"


def _interval_name(start: str, end: str) -> str:
    return f"interval {start.lower()}" if start == end else f"interval {start.lower()} to {end.lower()}"


def contains_type(data_type: DataType, kind: type[DataType]) -> bool:
    """Whether it is of this kind, or has one inside."""
    match data_type:
        case _ if isinstance(data_type, kind):
            return True
        case ArrayType(element_type=element):
            return contains_type(element, kind)
        case MapType(key_type=key, value_type=value):
            return contains_type(key, kind) or contains_type(value, kind)
        case StructType(fields=fields):
            return any(contains_type(f.data_type, kind) for f in fields)
        case _:
            return False
