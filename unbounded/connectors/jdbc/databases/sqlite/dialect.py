"""The SQL of SQLite: names, constants, conditions, types of new columns."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from unbounded.connectors.jdbc.databases.iso_times import date_text, timestamp_text
from unbounded.connectors.jdbc.databases.statements import double_quoted, drop_and_rename, upsert_on_conflict
from unbounded.connectors.jdbc.table_names import TableName
from unbounded.types.datatypes import (
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
    DoubleType: "DOUBLE PRECISION",
    StringType: "TEXT",
    BinaryType: "BLOB",
    DateType: "DATE",
    TimestampType: "TIMESTAMP",
    TimestampNTZType: "TIMESTAMP",
}


class SqliteDialect:
    """Implements `database.Dialect`."""

    name = "SQLite"
    can_swap_in_transaction = True

    def quote(self, name: str) -> str:
        return double_quoted(name)

    def text(self, value: str) -> str:
        return "'" + value.replace("'", "''") + "'"

    def literal(self, value: Any, data_type: DataType) -> str | None:
        match data_type:
            case FloatType() | DoubleType():
                return repr(value) if math.isfinite(value) else None
            case StringType():
                return None if "\0" in value else self.text(value)
            case DateType():
                found = date_text(value)
                return None if found is None else f"'{found}'"
            case TimestampType() | TimestampNTZType():
                found = timestamp_text(value)
                return None if found is None else f"'{found}'"
            case BinaryType():
                return f"x'{value.hex()}'"
            case BooleanType():
                return "1" if value else "0"
            case _:
                return str(value)

    def ordered(self, column: str, data_type: DataType) -> str:
        return f"{column} COLLATE BINARY" if isinstance(data_type, StringType) else column

    def null_safe_equal(self, left: str, right: str) -> str:
        return f"{left} IS {right}"

    def matches(self, column: str, start: str, middle: str, end: str) -> str | None:
        """LIKE does not mind the case of letters, so the parts are compared."""
        if start:
            return f"substr({column}, 1, {len(start)}) = {self.text(start)}"
        if end:
            return f"substr({column}, -{len(end)}) = {self.text(end)}"
        return f"instr({column}, {self.text(middle)}) > 0"

    def create_type(self, data_type: DataType) -> str | None:
        match data_type:
            case DecimalType(precision=precision, scale=scale):
                return f"DECIMAL({precision},{scale})"
            case CharType(length=length):
                return f"CHAR({length})"
            case VarcharType(length=length):
                return f"VARCHAR({length})"
            case _:
                return _TYPES.get(type(data_type))

    def temporary(self, name: str) -> TableName:
        return TableName(("temp", name))

    def comment(self, table: TableName, text: str) -> str | None:
        return None

    def truncate(self, table: TableName, *, cascades: bool) -> str:
        return f"DELETE FROM {table.text}"

    def swap(self, table: TableName, successor: TableName) -> Sequence[str]:
        return drop_and_rename(table, successor)

    def upsert(self, table: TableName, columns: Sequence[str], keys: Sequence[str], rows: str) -> str:
        return upsert_on_conflict(table, columns, keys, f"SELECT * FROM ({rows}) WHERE true", self)
