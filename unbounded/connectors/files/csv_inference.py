"""Types of CSV columns by Spark's rules, from the kinds of cells the engine found in each column."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum

from unbounded.types.datatypes import (
    BOOLEAN,
    DATE,
    DOUBLE,
    INTEGER,
    LONG,
    STRING,
    TIMESTAMP,
    DataType,
    DecimalType,
)


class CellKind(Enum):
    """What a single cell could be, narrowest first; the order in which Spark tries."""

    INTEGER = "integer"
    LONG = "long"
    DECIMAL = "decimal"
    DOUBLE = "double"
    DATE = "date"
    TIMESTAMP = "timestamp"
    BOOLEAN = "boolean"
    STRING = "string"


def kind_bit(kind: CellKind) -> int:
    """The kinds of a column's cells are counted as bits of an integer."""
    return 1 << list(CellKind).index(kind)


def kinds_of(bits: int) -> frozenset[CellKind]:
    return frozenset(kind for kind in CellKind if bits & kind_bit(kind))


_NUMBERS = (CellKind.INTEGER, CellKind.LONG, CellKind.DECIMAL, CellKind.DOUBLE)
_TIMES = (CellKind.DATE, CellKind.TIMESTAMP)
_TYPES: dict[CellKind, DataType] = {
    CellKind.INTEGER: INTEGER,
    CellKind.LONG: LONG,
    CellKind.DOUBLE: DOUBLE,
    CellKind.DATE: DATE,
    CellKind.TIMESTAMP: TIMESTAMP,
    CellKind.BOOLEAN: BOOLEAN,
    CellKind.STRING: STRING,
}
_MAX_PRECISION = 38
_LONG_DIGITS = 20


def column_type(kinds: Iterable[CellKind], digits: int) -> DataType:
    """The narrowest type for a column with cells of these kinds; `digits` of its longest integer beyond 64 bits."""
    found = frozenset(kinds)
    if not found:
        return STRING
    if found <= set(_NUMBERS):
        return _number(found, digits)
    if found <= set(_TIMES):
        return _TYPES[max(found, key=_TIMES.index)]
    return _TYPES[next(iter(found))] if len(found) == 1 else STRING


def _number(found: frozenset[CellKind], digits: int) -> DataType:
    widest = max(found, key=_NUMBERS.index)
    if widest is not CellKind.DECIMAL:
        return _TYPES[widest]
    precision = digits if len(found) == 1 else max(digits, _LONG_DIGITS)
    return DecimalType(precision, 0) if precision <= _MAX_PRECISION else DOUBLE
