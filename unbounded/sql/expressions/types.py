"""Types inside SQL: the text the grammar cut out, read by the one reader of type text, with the place on errors."""

from __future__ import annotations

from sqlglot import exp

from unbounded.errors import ErrorKind, SparkError
from unbounded.sql.scope import Scope
from unbounded.types.datatypes import (
    STRING,
    ArrayType,
    CharType,
    DataType,
    MapType,
    StructField,
    StructType,
    VarcharType,
)
from unbounded.types.ddl import parse_data_type


def translate_type(node: exp.Expr, scope: Scope) -> DataType:
    """Raises Spark's ParseException, pointing at the type."""
    text = str(node.args["kind"])
    try:
        return parse_data_type(text)
    except SparkError as error:
        if error.kind is not ErrorKind.PARSE:
            raise
        if error.condition != "PARSE_SYNTAX_ERROR":
            raise scope.error(node, error.condition, **error.parameters) from None
        raise scope.source.syntax_error(node.meta["start"], node.meta["end"]) from None


def cast_type(node: exp.Expr, scope: Scope) -> DataType:
    """The target of a CAST: Spark casts to CHAR and VARCHAR as to STRING."""
    return _without_lengths(translate_type(node, scope))


def _without_lengths(data_type: DataType) -> DataType:
    match data_type:
        case CharType() | VarcharType():
            return STRING
        case ArrayType(element_type=element_type, contains_null=contains_null):
            return ArrayType(_without_lengths(element_type), contains_null)
        case MapType(key_type=key_type, value_type=value_type, value_contains_null=value_contains_null):
            return MapType(_without_lengths(key_type), _without_lengths(value_type), value_contains_null)
        case StructType(fields=fields):
            return StructType(
                tuple(StructField(f.name, _without_lengths(f.data_type), f.nullable, f.metadata) for f in fields)
            )
        case _:
            return data_type
