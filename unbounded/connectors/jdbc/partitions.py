"""The parts of a read: one condition each, so that together they give every row once, cut as Spark cuts them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from fractions import Fraction
from zoneinfo import ZoneInfo

from unbounded.connectors.jdbc.database import Dialect, ForeignColumn
from unbounded.connectors.option_values import illegal_argument, whole_number
from unbounded.errors import analysis_error, requirement_failed
from unbounded.types.datatypes import (
    LONG,
    TIMESTAMP_NTZ,
    DataType,
    DateType,
    NumericType,
    StructType,
    TimestampNTZType,
    TimestampType,
)

_EPOCH_DAY = date(1970, 1, 1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Partitioning:
    """The options of a partitioned read, as given."""

    column: str
    lower: str
    upper: str
    count: int


@dataclass(frozen=True, slots=True)
class Zones:
    """`session`: of the bounds' texts. `local`: of a database's times without a zone."""

    session: ZoneInfo | timezone
    local: ZoneInfo | timezone


def part_conditions(
    partitioning: Partitioning, columns: Sequence[ForeignColumn], schema: StructType, zones: Zones, dialect: Dialect
) -> tuple[str | None, ...]:
    """One condition per part, None for a read of everything. Raises: SparkError as Spark does"""
    column = _find(partitioning.column, columns, schema)
    bounds = _Bounds(column.data_type, zones, dialect)
    lower, upper = bounds.value(partitioning.lower), bounds.value(partitioning.upper)
    if partitioning.count <= 1 or lower == upper:
        return (None,)
    if lower > upper:
        raise requirement_failed(
            "Operation not allowed: the lower bound of partitioning column is larger than the upper bound. "
            f"Lower bound: {bounds.shown(lower)}; Upper bound: {bounds.shown(upper)}"
        )
    edges = [bounds.sql(edge) for edge in _edges(lower, upper, min(partitioning.count, upper - lower))]
    name = dialect.quote(column.name)
    if not edges:
        return (None,)
    between = (f"{name} >= {a} AND {name} < {b}" for a, b in zip(edges, edges[1:]))
    return (f"{name} < {edges[0]} or {name} is null", *between, f"{name} >= {edges[-1]}")


def _edges(lower: int, upper: int, count: int) -> list[int]:
    """Where one part ends and the next begins; what whole strides lose is shared by the first and the last part."""
    precise = _rounded(Fraction(upper, count)) - _rounded(Fraction(lower, count))
    stride = int(precise)
    first = lower + _half_up((precise - stride) * count / 2)
    return [first + stride * i for i in range(1, count)]


def _rounded(value: Fraction) -> Fraction:
    """With 18 digits after the point, as Spark computes."""
    return Fraction(round(value * 10**18), 10**18)


def _half_up(value: Fraction) -> int:
    return int(value + Fraction(1, 2))


def _find(name: str, columns: Sequence[ForeignColumn], schema: StructType) -> ForeignColumn:
    found = next((c for c in columns if c.name == name), None)
    found = found or next((c for c in columns if c.name.lower() == name.lower()), None)
    if found is None:
        raise analysis_error("_LEGACY_ERROR_TEMP_1286", columnName=name, schema=schema.simple_string)
    if not isinstance(found.data_type, NumericType | DateType | TimestampType | TimestampNTZType):
        parameters = {"numericType": "numeric", "dateType": "date", "timestampType": "timestamp"}
        raise analysis_error("_LEGACY_ERROR_TEMP_1287", **parameters, dataType=found.data_type.simple_string)
    return found


@dataclass(frozen=True, slots=True)
class _Bounds:
    """Bounds as whole numbers: days, microseconds, or themselves."""

    data_type: DataType
    zones: Zones
    dialect: Dialect

    def value(self, text: str) -> int:
        match self.data_type:
            case DateType():
                return (self._moment(text, "date").date() - _EPOCH_DAY).days
            case TimestampType():
                moment = self._moment(text, "timestamp")
                moment = moment if moment.tzinfo is not None else moment.replace(tzinfo=self.zones.session)
                return (moment - _EPOCH) // _MICROSECOND
            case TimestampNTZType():
                return (self._moment(text, "timestamp").replace(tzinfo=UTC) - _EPOCH) // _MICROSECOND
            case _:
                return whole_number(text)

    def sql(self, value: int) -> str:
        """A time is compared as one of the local clock, which the connection's zone is."""
        match self.data_type:
            case DateType():
                found = self.dialect.literal(value, self.data_type)
            case TimestampType():
                local = (_EPOCH + timedelta(microseconds=value)).astimezone(self.zones.local)
                wall = (local.replace(tzinfo=UTC) - _EPOCH) // _MICROSECOND
                found = self.dialect.literal(wall, TIMESTAMP_NTZ)
            case TimestampNTZType():
                found = self.dialect.literal(value, TIMESTAMP_NTZ)
            case _:
                found = self.dialect.literal(value, LONG)
        if found is None:
            raise illegal_argument(f"Parts of a read by {self.data_type.simple_string} are not supported here.")
        return found

    def shown(self, value: int) -> str:
        match self.data_type:
            case DateType():
                return f"'{_EPOCH_DAY + timedelta(days=value)}'"
            case TimestampType() | TimestampNTZType():
                zone = self.zones.session if isinstance(self.data_type, TimestampType) else UTC
                moment = (_EPOCH + timedelta(microseconds=value)).astimezone(zone)
                return f"'{moment.strftime('%Y-%m-%d %H:%M:%S')}'"
            case _:
                return str(value)

    def _moment(self, text: str, what: str) -> datetime:
        try:
            return datetime.fromisoformat(text.strip())
        except ValueError:
            raise illegal_argument(f"Cannot parse the bound value {text} as {what}") from None
