"""Types of MySQL and MariaDB as Spark maps them, and how a SELECT must ask for their values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from unbounded.connectors.jdbc.database import Comparison, ForeignColumn
from unbounded.types.datatypes import (
    BINARY,
    BOOLEAN,
    BYTE,
    DATE,
    DOUBLE,
    FLOAT,
    INTEGER,
    LONG,
    SHORT,
    STRING,
    TIMESTAMP,
    TIMESTAMP_NTZ,
    DataType,
    DecimalType,
)

_MAX_PRECISION = 38
_UNSIGNED_FLAG = 32
_BINARY_CHARSET = 63
_TIME = "CONCAT('1970-01-01 ', {0})"


@dataclass(frozen=True, slots=True)
class ResultField:
    """A column of a result as the protocol describes it; `charset` is the number of its character set."""

    name: str
    type_code: int
    length: int
    scale: int
    flags: int
    charset: int

    @property
    def is_unsigned(self) -> bool:
        return bool(self.flags & _UNSIGNED_FLAG)


@dataclass(frozen=True, slots=True)
class _Type:
    """`form` is the SQL of a value, `{0}` its column."""

    data_type: DataType
    form: str = "{0}"
    comparison: Comparison = Comparison.NONE


def _ordered(data_type: DataType) -> _Type:
    return _Type(data_type, "{0}", Comparison.ORDER)


_SIGNED: Mapping[int, _Type] = {
    1: _ordered(BYTE),
    2: _ordered(SHORT),
    3: _ordered(INTEGER),
    8: _ordered(LONG),
    9: _ordered(INTEGER),
}
_UNSIGNED: Mapping[int, _Type] = {
    1: _ordered(SHORT),
    2: _ordered(INTEGER),
    3: _ordered(LONG),
    8: _ordered(DecimalType(20, 0)),
    9: _ordered(INTEGER),
}
_OTHERS: Mapping[int, _Type] = {
    4: _Type(FLOAT, "CAST({0} AS DOUBLE)"),
    5: _ordered(DOUBLE),
    7: _Type(TIMESTAMP),
    10: _ordered(DATE),
    11: _Type(TIMESTAMP, _TIME),
    12: _Type(TIMESTAMP),
    13: _Type(DATE, "CONCAT({0}, '-01-01')"),
}
_DECIMALS = (0, 246)
_BITS = 16
_CHAR = 254
_LIST_FLAGS = 256 | 2048
"""Of ENUM and SET, which come as CHAR."""
_BYTES_PER_CHARACTER = 4
_ZONELESS = (11, 12)


def foreign_column(field: ResultField, *, prefers_ntz: bool) -> ForeignColumn:
    """Texts are compared by the rules of their collation, which are not Spark's: they are never tested there."""
    found = _type_of(field)
    data_type = TIMESTAMP_NTZ if prefers_ntz and field.type_code in _ZONELESS else found.data_type
    column = "`" + field.name.replace("`", "``") + "`"
    return ForeignColumn(field.name, data_type, found.form.format(column), found.comparison)


def _type_of(field: ResultField) -> _Type:
    code = field.type_code
    if code == 1 and field.length == 1:
        return _Type(BOOLEAN, "{0} <> 0")
    if code == _BITS:
        return _Type(BOOLEAN, "{0} <> 0") if field.length == 1 else _Type(BINARY, "CAST(BIN({0}) AS BINARY)")
    if code in _DECIMALS:
        return _decimal(field)
    if code in _SIGNED:
        return (_UNSIGNED if field.is_unsigned else _SIGNED)[code]
    if code in _OTHERS:
        return _OTHERS[code]
    if field.charset == _BINARY_CHARSET:
        return _Type(BINARY)
    is_padded = code == _CHAR and not field.flags & _LIST_FLAGS
    return _Type(STRING, f"RPAD({{0}}, {field.length // _BYTES_PER_CHARACTER}, ' ')" if is_padded else "{0}")


def _decimal(field: ResultField) -> _Type:
    """The length counts the sign and the point."""
    signs = (0 if field.is_unsigned else 1) + (1 if field.scale else 0)
    precision = max(field.length - signs, field.scale, 1)
    if precision <= _MAX_PRECISION:
        return _ordered(DecimalType(precision, field.scale))
    kept = max(field.scale - (precision - _MAX_PRECISION), 0)
    return _Type(DecimalType(_MAX_PRECISION, kept))
