"""Conditions on columns that a database can test itself: values, and their SQL. Which ones may go there, too."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from unbounded.connectors.jdbc.database import Comparison, Dialect, ForeignColumn
from unbounded.types.datatypes import DataType, StringType


class Operator(Enum):
    """The value is the operator in SQL."""

    EQUAL = "="
    NULL_SAFE_EQUAL = "<=>"
    LESS = "<"
    LESS_OR_EQUAL = "<="
    GREATER = ">"
    GREATER_OR_EQUAL = ">="


@dataclass(frozen=True, slots=True)
class Compare:
    """A column, called `column`, and a constant in Spark's internal form."""

    column: str
    operator: Operator
    value: Any


@dataclass(frozen=True, slots=True)
class IsIn:
    column: str
    values: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class IsNull:
    column: str


@dataclass(frozen=True, slots=True)
class Matches:
    """A text that begins with, contains or ends with another: one of the three is given."""

    column: str
    start: str = ""
    middle: str = ""
    end: str = ""


@dataclass(frozen=True, slots=True)
class AllOf:
    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Negated:
    condition: Condition


Condition = Compare | IsIn | IsNull | Matches | AllOf | AnyOf | Negated


def condition_sql(condition: Condition, columns: Mapping[str, ForeignColumn], dialect: Dialect) -> str | None:
    """The condition in the database's SQL; None if the database would not answer as Spark does."""
    match condition:
        case AllOf(conditions=conditions) | AnyOf(conditions=conditions):
            word = " AND " if isinstance(condition, AllOf) else " OR "
            parts = [condition_sql(part, columns, dialect) for part in conditions]
            return None if None in parts else word.join(f"({part})" for part in parts)
        case Negated(condition=inner):
            sql = condition_sql(inner, columns, dialect)
            return None if sql is None else f"NOT ({sql})"
        case IsNull(column=name):
            return f"{dialect.quote(name)} IS NULL"
        case Compare() | IsIn() | Matches():
            return _about_column(condition, columns[condition.column], dialect)


def _about_column(condition: Compare | IsIn | Matches, column: ForeignColumn, dialect: Dialect) -> str | None:
    if column.comparison is Comparison.NONE:
        return None
    name = dialect.quote(column.name)
    match condition:
        case Compare(operator=operator, value=value):
            return _comparison(column, name, operator, value, dialect)
        case IsIn(values=values):
            constants = [_literal(value, column.data_type, dialect) for value in values]
            return None if None in constants else f"{name} IN ({', '.join(map(str, constants))})"
        case Matches(start=start, middle=middle, end=end):
            is_text = isinstance(column.data_type, StringType) and column.comparison is Comparison.ORDER
            return dialect.matches(name, start, middle, end) if is_text else None


def _comparison(column: ForeignColumn, name: str, operator: Operator, value: Any, dialect: Dialect) -> str | None:
    constant = _literal(value, column.data_type, dialect)
    if constant is None:
        return None
    if operator is Operator.NULL_SAFE_EQUAL:
        return dialect.null_safe_equal(name, constant)
    if operator is Operator.EQUAL:
        return f"{name} = {constant}"
    if column.comparison is not Comparison.ORDER:
        return None
    return f"{dialect.ordered(name, column.data_type)} {operator.value} {constant}"


def _literal(value: Any, data_type: DataType, dialect: Dialect) -> str | None:
    return "NULL" if value is None else dialect.literal(value, data_type)
