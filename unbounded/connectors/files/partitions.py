"""Hive partitions: `key=value` folders, the types of their values, and the names of folders to write."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from urllib.parse import unquote

from unbounded.types.datatypes import (
    DATE,
    DOUBLE,
    INTEGER,
    LONG,
    NULL,
    STRING,
    TIMESTAMP,
    DataType,
    DecimalType,
)

NULL_NAME = "__HIVE_DEFAULT_PARTITION__"
ESCAPED = "\"#%'*/:=?\\\x7f{[]^" + "".join(map(chr, range(1, 32)))
"""Characters which a folder's name holds as `%XX`."""

_INTEGER = re.compile(r"[+-]?\d+")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_TIMESTAMP = re.compile(r"\d{4}-\d{1,2}-\d{1,2}[ T]\d{1,2}:\d{1,2}(:\d{1,2}(\.\d{1,6})?)?")
_NUMBERS: tuple[DataType, ...] = (NULL, INTEGER, LONG, DOUBLE)

Values = tuple[tuple[str, str | None], ...]
"""Key and decoded value of each level, outermost first; None is NULL."""


def read_values(folders: Sequence[str]) -> Values | None:
    """The partition values in the folder names; None if one of them is not `key=value`."""
    values = []
    for folder in folders:
        key, equals, value = folder.partition("=")
        if not equals or not key:
            return None
        values.append((unquote(key), None if value == NULL_NAME else unquote(value)))
    return tuple(values)


def infer_types(rows: Iterable[Values]) -> Mapping[str, DataType]:
    """The type of each key by Spark's rules: the narrowest that holds all its values."""
    types: dict[str, DataType] = {}
    for row in rows:
        for key, value in row:
            types[key] = _wider(types.get(key, NULL), _type_of(value))
    return {key: STRING if data_type == NULL else data_type for key, data_type in types.items()}


def _type_of(value: str | None) -> DataType:
    if value is None:
        return NULL
    if _INTEGER.fullmatch(value):
        return _integer_type(int(value), value)
    if _DATE.fullmatch(value):
        return DATE if _reads(date.fromisoformat, value) else STRING
    if _TIMESTAMP.fullmatch(value):
        return TIMESTAMP if _reads(datetime.fromisoformat, value) else STRING
    return DOUBLE if re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?[dDfF]?", value) else STRING


def _integer_type(number: int, value: str) -> DataType:
    if -(2**31) <= number < 2**31:
        return INTEGER
    if -(2**63) <= number < 2**63:
        return LONG
    digits = len(str(abs(Decimal(value))))
    return DecimalType(digits, 0) if digits <= 38 else DOUBLE


def _reads(parse: object, value: str) -> bool:
    try:
        parse(value)  # type: ignore[operator]
    except ValueError:
        return False
    return True


def _wider(a: DataType, b: DataType) -> DataType:
    if a == b or b == NULL:
        return a
    if a == NULL:
        return b
    if {a, b} == {DATE, TIMESTAMP}:
        return TIMESTAMP
    if a in _NUMBERS and b in _NUMBERS:
        return max(a, b, key=_NUMBERS.index)
    return STRING
