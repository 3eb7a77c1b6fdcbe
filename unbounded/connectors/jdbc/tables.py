"""Tables that a write makes or fits its rows to: CREATE TABLE, and which of a table's columns those of the rows are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from unbounded.connectors.jdbc.database import Dialect
from unbounded.connectors.jdbc.databases.statements import name_list
from unbounded.connectors.jdbc.table_names import TableName, unquoted
from unbounded.errors import ErrorKind, SparkError, analysis_error
from unbounded.types.datatypes import ArrayType, DataType, IntervalType, StructField, StructType, VariantType
from unbounded.types.ddl import parse_columns


@dataclass(frozen=True, slots=True)
class NewTable:
    """What a program wants of a table that a write makes. `types` are those of `createTableColumnTypes`, by name."""

    types: Mapping[str, DataType]
    options: str = ""
    comment: str | None = None
    keys: tuple[str, ...] = ()

    def statement(self, table: TableName, schema: StructType, dialect: Dialect) -> str:
        """Raises: SparkError for types that the database has not"""
        columns = column_list(schema, dialect, self.types)
        keys = f", PRIMARY KEY ({name_list(self.keys, dialect)})" if self.keys else ""
        return f"CREATE TABLE {table.text} ({columns}{keys}) {self.options}".rstrip()


def column_list(schema: StructType, dialect: Dialect, types: Mapping[str, DataType]) -> str:
    """Columns with their types, as CREATE TABLE wants them."""
    items = []
    for field in schema.fields:
        type_name = _create_type(types.get(field.name, field.data_type), field, dialect)
        items.append(f"{dialect.quote(field.name)} {type_name}{'' if field.nullable else ' NOT NULL'}")
    return ", ".join(items)


def check_types(schema: StructType, dialect: Dialect) -> None:
    """Raises: SparkError UNSUPPORTED_DATA_TYPE_FOR_DATASOURCE, _LEGACY_ERROR_TEMP_2082"""
    for field in schema.fields:
        _create_type(field.data_type, field, dialect)


def _create_type(data_type: DataType, field: StructField, dialect: Dialect) -> str:
    element = data_type.element_type if isinstance(data_type, ArrayType) else data_type
    if isinstance(element, IntervalType | VariantType):
        parameters = {"columnName": f"`{field.name}`", "columnType": f'"{data_type.sql_name}"', "format": "JDBC"}
        raise analysis_error("UNSUPPORTED_DATA_TYPE_FOR_DATASOURCE", **parameters)
    found = dialect.create_type(data_type)
    if found is None:
        parameters = {"catalogString": data_type.simple_string}
        raise SparkError(ErrorKind.ILLEGAL_ARGUMENT, "_LEGACY_ERROR_TEMP_2082", parameters)
    return found


def custom_create_types(text: str | None, schema: StructType) -> Mapping[str, DataType]:
    """`createTableColumnTypes` by the rows' names. Raises: SparkError as Spark does"""
    if not text:
        return {}
    names = {name.lower(): name for name in schema.names}
    found: dict[str, DataType] = {}
    for field in parse_columns(text).fields:
        if field.name.lower() not in names:
            raise analysis_error("_LEGACY_ERROR_TEMP_1171", col=field.name, schema=schema.simple_string)
        name = names[field.name.lower()]
        if name in found:
            raise analysis_error("COLUMN_ALREADY_EXISTS", columnName=f"`{name.lower()}`")
        found[name] = field.data_type
    return found


def fitted(schema: StructType, there: Sequence[str], table: TableName) -> StructType:
    """The rows' columns under the names they have in the table.

    Raises: SparkError COLUMN_NOT_DEFINED_IN_TABLE
    """
    exact, folded = set(there), {name.lower(): name for name in there}
    fields = []
    for field in schema.fields:
        name = field.name if field.name in exact else folded.get(field.name.lower())
        if name is None:
            raise _not_defined(field, schema, table)
        fields.append(replace(field, name=name))
    return StructType(tuple(fields))


def _not_defined(field: StructField, schema: StructType, table: TableName) -> SparkError:
    return analysis_error(
        "COLUMN_NOT_DEFINED_IN_TABLE",
        colType=f'"{field.data_type.sql_name}"',
        colName=f"`{field.name}`",
        tableName=".".join(f"`{unquoted(part)[0]}`" for part in table.parts),
        tableCols=", ".join(f"`{name}`" for name in schema.names),
    )
