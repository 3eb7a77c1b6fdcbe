"""Declared types of SQLite columns as Spark types, and how a SELECT must ask for their values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from unbounded.connectors.jdbc.database import Comparison, ForeignColumn
from unbounded.types.datatypes import (
    BINARY,
    BOOLEAN,
    DATE,
    DOUBLE,
    FLOAT,
    INTEGER,
    LONG,
    STRING,
    TIMESTAMP,
    TIMESTAMP_NTZ,
    BinaryType,
    BooleanType,
    DataType,
    DecimalType,
    DoubleType,
    FloatType,
    IntegerType,
    LongType,
)

_DECLARED = re.compile(r"\s*([a-z][a-z0-9 ]*?)\s*(?:\(\s*(\d+)\s*(?:,\s*(\d+)\s*)?\))?\s*", re.IGNORECASE)
_MAX_PRECISION = 38


@dataclass(frozen=True, slots=True)
class _Type:
    """`form` is the SQL of a value, `{0}` its column."""

    data_type: DataType
    form: str
    comparison: Comparison = Comparison.NONE


_LOCAL = "strftime('%Y-%m-%d %H:%M:%f', {0} / 1000.0, 'unixepoch', 'localtime')"
_MOMENT = f"CASE typeof({{0}}) WHEN 'integer' THEN {_LOCAL} ELSE CAST({{0}} AS TEXT) END"
_WHOLE = "CAST({0} AS INTEGER)"
_INTEGER = _Type(INTEGER, _WHOLE, Comparison.ORDER)
_LONG = _Type(LONG, _WHOLE, Comparison.ORDER)
_TEXT = _Type(STRING, "CAST({0} AS TEXT)", Comparison.ORDER)
_REAL = _Type(DOUBLE, "CAST({0} AS REAL)", Comparison.ORDER)
_TYPES: Mapping[str, _Type] = {
    **dict.fromkeys(("integer", "int", "tinyint", "smallint", "int2"), _INTEGER),
    **dict.fromkeys(("bigint", "int8", "mediumint", "unsigned big int"), _LONG),
    **dict.fromkeys(("real", "double", "double precision"), _REAL),
    "float": _Type(FLOAT, "CAST({0} AS REAL)"),
    "blob": _Type(BINARY, "CAST({0} AS BLOB)"),
    "boolean": _Type(BOOLEAN, "({0} <> 0)"),
    "date": _Type(DATE, f"substr({_MOMENT}, 1, 10)"),
    "timestamp": _Type(TIMESTAMP, _MOMENT),
    "datetime": _Type(TIMESTAMP, _MOMENT),
}
_PADDED = ("char", "character")
_DECIMALS = ("decimal", "numeric", "num")
_FIXED_POINT = DecimalType(38, 18)


def foreign_column(name: str, declared: str, *, prefers_ntz: bool) -> ForeignColumn:
    """`declared` as in CREATE TABLE, or what `typeof` says."""
    found = _type_of(declared)
    data_type = TIMESTAMP_NTZ if prefers_ntz and found.data_type == TIMESTAMP else found.data_type
    column = '"' + name.replace('"', '""') + '"'
    return ForeignColumn(name, data_type, found.form.format(column), found.comparison)


def _type_of(declared: str) -> _Type:
    match = _DECLARED.fullmatch(declared)
    word = match[1].lower() if match else ""
    if match and word in _DECIMALS:
        precision = int(match[2] or 0)
        is_known = 0 < precision <= _MAX_PRECISION
        decimal = DecimalType(precision, int(match[3] or 0)) if is_known else _FIXED_POINT
        return _Type(decimal, "CAST({0} AS TEXT)")
    if match and word in _PADDED and match[2]:
        return _Type(STRING, f"CASE WHEN {{0}} IS NULL THEN NULL ELSE printf('%-{match[2]}s', {{0}}) END")
    return _TYPES.get(word, _TEXT)


def first_value(data_type: DataType) -> str:
    """A value of the storage class in which the values of a column of this type are read."""
    match data_type:
        case IntegerType() | LongType() | BooleanType():
            return "0"
        case FloatType() | DoubleType():
            return "0.0"
        case BinaryType():
            return "x''"
        case _:
            return "''"
