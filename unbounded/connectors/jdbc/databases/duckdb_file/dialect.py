"""The SQL of DuckDB as a database that is read and written: names, constants, conditions, types of new columns."""

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
    ShortType,
    StringType,
    TimestampNTZType,
    TimestampType,
    VarcharType,
)

_TYPES: dict[type[DataType], str] = {
    BooleanType: "BOOLEAN",
    ByteType: "TINYINT",
    ShortType: "SMALLINT",
    IntegerType: "INTEGER",
    LongType: "BIGINT",
    FloatType: "FLOAT",
    DoubleType: "DOUBLE",
    StringType: "VARCHAR",
    CharType: "VARCHAR",
    VarcharType: "VARCHAR",
    BinaryType: "BLOB",
    DateType: "DATE",
    TimestampType: "TIMESTAMP WITH TIME ZONE",
    TimestampNTZType: "TIMESTAMP",
}


class DuckDbDialect:
    """Implements `database.Dialect`."""

    name = "DuckDB"
    can_swap_in_transaction = True

    def quote(self, name: str) -> str:
        return double_quoted(name)

    def text(self, value: str) -> str:
        return "'" + value.replace("'", "''") + "'"

    def literal(self, value: Any, data_type: DataType) -> str | None:
        match data_type:
            case BooleanType():
                return "true" if value else "false"
            case FloatType() | DoubleType():
                return f"CAST('{value!r}' AS {_TYPES[type(data_type)]})" if math.isfinite(value) else None
            case StringType():
                return None if "\0" in value else self.text(value)
            case DateType():
                found = date_text(value)
                return None if found is None else f"DATE '{found}'"
            case TimestampType() | TimestampNTZType():
                found = timestamp_text(value)
                is_zoned = isinstance(data_type, TimestampType)
                prefix, suffix = ("TIMESTAMPTZ", "+00") if is_zoned else ("TIMESTAMP", "")
                return None if found is None else f"{prefix} '{found}{suffix}'"
            case BinaryType():
                return "'" + "".join(f"\\x{byte:02X}" for byte in value) + "'::BLOB"
            case _:
                return str(value)

    def ordered(self, column: str, data_type: DataType) -> str:
        return column

    def null_safe_equal(self, left: str, right: str) -> str:
        return f"{left} IS NOT DISTINCT FROM {right}"

    def matches(self, column: str, start: str, middle: str, end: str) -> str | None:
        if start:
            return f"starts_with({column}, {self.text(start)})"
        if end:
            return f"ends_with({column}, {self.text(end)})"
        return f"contains({column}, {self.text(middle)})"

    def create_type(self, data_type: DataType) -> str | None:
        match data_type:
            case DecimalType(precision=precision, scale=scale):
                return f"DECIMAL({precision},{scale})"
            case ArrayType(element_type=element):
                inner = self.create_type(element)
                return None if inner is None else f"{inner}[]"
            case _:
                return _TYPES.get(type(data_type))

    def temporary(self, name: str) -> TableName:
        return TableName(("temp", name))

    def comment(self, table: TableName, text: str) -> str | None:
        return f"COMMENT ON TABLE {table.text} IS {self.text(text)}"

    def truncate(self, table: TableName, *, cascades: bool) -> str:
        return f"DELETE FROM {table.text}"

    def swap(self, table: TableName, successor: TableName) -> Sequence[str]:
        return drop_and_rename(table, successor)

    def upsert(self, table: TableName, columns: Sequence[str], keys: Sequence[str], rows: str) -> str:
        return upsert_on_conflict(table, columns, keys, rows, self)
