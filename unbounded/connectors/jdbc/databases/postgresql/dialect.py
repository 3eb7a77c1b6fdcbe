"""The SQL of PostgreSQL: names, constants, conditions, types of new columns."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from unbounded.connectors.jdbc.databases.iso_times import date_text, timestamp_text
from unbounded.connectors.jdbc.databases.statements import double_quoted, drop_and_rename, upsert_on_conflict
from unbounded.connectors.jdbc.table_names import TableName
from unbounded.types.datatypes import (
    ArrayType,
    BinaryType,
    BooleanType,
    ByteType,
    CharType,
    DataType,
    DateType,
    DecimalType,
    DoubleType,
    FloatType,
    IntegerType,
    LongType,
    MapType,
    NullType,
    ShortType,
    StringType,
    StructType,
    TimestampNTZType,
    TimestampType,
    VarcharType,
)

_TYPES: dict[type[DataType], str] = {
    BooleanType: "BOOLEAN",
    ByteType: "SMALLINT",
    ShortType: "SMALLINT",
    IntegerType: "INTEGER",
    LongType: "BIGINT",
    FloatType: "FLOAT4",
    DoubleType: "FLOAT8",
    StringType: "TEXT",
    BinaryType: "BYTEA",
    DateType: "DATE",
    TimestampType: "TIMESTAMP WITH TIME ZONE",
    TimestampNTZType: "TIMESTAMP",
}


class PostgresDialect:
    """Implements `database.Dialect`."""

    name = "PostgreSQL"
    can_swap_in_transaction = True

    def quote(self, name: str) -> str:
        return double_quoted(name)

    def literal(self, value: Any, data_type: DataType) -> str | None:
        match data_type:
            case BooleanType():
                return "TRUE" if value else "FALSE"
            case FloatType() | DoubleType():
                return _float(value, "float4" if isinstance(data_type, FloatType) else "float8")
            case StringType():
                return None if "\0" in value else _text(value)
            case BinaryType():
                return f"'\\x{value.hex()}'::bytea"
            case DateType():
                text = date_text(value)
                return None if text is None else f"'{text}'::date"
            case TimestampType() | TimestampNTZType():
                return _timestamp(value, "timestamptz" if isinstance(data_type, TimestampType) else "timestamp")
            case _:
                return str(value)

    def ordered(self, column: str, data_type: DataType) -> str:
        return f'{column} COLLATE "C"' if isinstance(data_type, StringType) else column

    def null_safe_equal(self, left: str, right: str) -> str:
        return f"{left} IS NOT DISTINCT FROM {right}"

    def matches(self, column: str, start: str, middle: str, end: str) -> str | None:
        pattern = f"{_escaped(start)}%{_escaped(middle)}{'%' if middle else ''}{_escaped(end)}"
        return None if "\0" in pattern else f"{column} LIKE {_text(pattern)}"

    def create_type(self, data_type: DataType) -> str | None:
        match data_type:
            case DecimalType(precision=precision, scale=scale):
                return f"NUMERIC({precision},{scale})"
            case CharType(length=length):
                return f"CHAR({length})"
            case VarcharType(length=length):
                return f"VARCHAR({length})"
            case ArrayType(element_type=ArrayType() | MapType() | StructType() | NullType()):
                return None
            case ArrayType(element_type=element):
                inner = self.create_type(element)
                return None if inner is None else f"{inner}[]"
            case _:
                return _TYPES.get(type(data_type))

    def temporary(self, name: str) -> TableName:
        return TableName(("pg_temp", name))

    def comment(self, table: TableName, text: str) -> str | None:
        return f"COMMENT ON TABLE {table.text} IS {_text(text)}"

    def truncate(self, table: TableName, *, cascades: bool) -> str:
        return f"TRUNCATE TABLE ONLY {table.text}{' CASCADE' if cascades else ''}"

    def swap(self, table: TableName, successor: TableName) -> Sequence[str]:
        return drop_and_rename(table, successor)

    def upsert(self, table: TableName, columns: Sequence[str], keys: Sequence[str], rows: str) -> str:
        return upsert_on_conflict(table, columns, keys, rows, self)


def _text(value: str) -> str:
    """A backslash means itself in every setting of the server only if it is written twice in an E'' text."""
    quoted = value.replace("'", "''")
    return f"E'{quoted.replace(chr(92), chr(92) * 2)}'" if "\\" in value else f"'{quoted}'"


def _float(value: float, type_name: str) -> str:
    if math.isfinite(value):
        return f"'{value!r}'::{type_name}"
    return f"'{'NaN' if math.isnan(value) else 'Infinity' if value > 0 else '-Infinity'}'::{type_name}"


def _timestamp(value: int, type_name: str) -> str | None:
    text = timestamp_text(value)
    if text is None:
        return None
    return f"'{text}{'+00' if type_name == 'timestamptz' else ''}'::{type_name}"


def _escaped(text: str) -> str:
    """`text` in a LIKE pattern, where it means itself."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
