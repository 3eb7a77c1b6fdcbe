"""The SQL of MySQL and MariaDB: names, constants, conditions, types of new columns."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from unbounded.connectors.jdbc.databases.iso_times import date_text, timestamp_text
from unbounded.connectors.jdbc.databases.statements import assignments, name_list
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
    BooleanType: "BIT(1)",
    ByteType: "TINYINT",
    ShortType: "SMALLINT",
    IntegerType: "INTEGER",
    LongType: "BIGINT",
    FloatType: "FLOAT",
    DoubleType: "DOUBLE PRECISION",
    StringType: "LONGTEXT",
    BinaryType: "BLOB",
    DateType: "DATE",
    TimestampType: "TIMESTAMP(6) NULL",
    TimestampNTZType: "DATETIME(6)",
}


class MySqlDialect:
    """Implements `database.Dialect`."""

    name = "MySQL"
    can_swap_in_transaction = False

    def quote(self, name: str) -> str:
        return "`" + name.replace("`", "``") + "`"

    def text(self, value: str) -> str:
        return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"

    def literal(self, value: Any, data_type: DataType) -> str | None:
        match data_type:
            case BooleanType():
                return "TRUE" if value else "FALSE"
            case FloatType() | DoubleType():
                return repr(value) if math.isfinite(value) else None
            case StringType():
                return self.text(value)
            case DateType():
                found = date_text(value)
                return None if found is None else f"DATE '{found}'"
            case TimestampType() | TimestampNTZType():
                found = timestamp_text(value)
                return None if found is None else f"TIMESTAMP '{found}'"
            case BinaryType():
                return f"x'{value.hex()}'"
            case _:
                return str(value)

    def ordered(self, column: str, data_type: DataType) -> str:
        return column

    def null_safe_equal(self, left: str, right: str) -> str:
        return f"{left} <=> {right}"

    def matches(self, column: str, start: str, middle: str, end: str) -> str | None:
        return None

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
        return TableName((name,))

    def comment(self, table: TableName, text: str) -> str | None:
        return f"ALTER TABLE {table.text} COMMENT = {self.text(text)}"

    def truncate(self, table: TableName, *, cascades: bool) -> str:
        """TRUNCATE would end the transaction."""
        return f"DELETE FROM {table.text}"

    def swap(self, table: TableName, successor: TableName) -> Sequence[str]:
        """One statement exchanges the tables; it ends the transaction, so the rows must be all there."""
        predecessor = TableName((*successor.parts[:-1], f"{successor.parts[-1]}_old"))
        rename = f"RENAME TABLE {table.text} TO {predecessor.text}, {successor.text} TO {table.text}"
        return (rename, f"DROP TABLE {predecessor.text}")

    def upsert(self, table: TableName, columns: Sequence[str], keys: Sequence[str], rows: str) -> str:
        into = f"INSERT INTO {table.text} ({name_list(columns, self)}) {rows}"
        changed = [c for c in columns if c not in keys] or list(keys)
        return f"{into} ON DUPLICATE KEY UPDATE {assignments(changed, '{0} = VALUES({0})', self)}"
