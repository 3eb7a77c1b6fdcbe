"""Typed conditions as values that a database can test: comparisons of a column with constants, and what joins them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from unbounded.connectors.jdbc.conditions import (
    AllOf,
    AnyOf,
    Compare,
    Condition,
    IsIn,
    IsNull,
    Matches,
    Negated,
    Operator,
)
from unbounded.plan.expressions import Attribute, Call, Cast, Expression, Literal
from unbounded.types.datatypes import (
    BOOLEAN,
    BooleanType,
    DataType,
    DateType,
    DecimalType,
    DoubleType,
    FloatType,
    IntegralType,
    StringType,
)

Columns = Mapping[int, str]
"""Names of a scan's columns by id."""

_OPERATORS = {
    "=": Operator.EQUAL,
    "==": Operator.EQUAL,
    "<=>": Operator.NULL_SAFE_EQUAL,
    "<": Operator.LESS,
    "<=": Operator.LESS_OR_EQUAL,
    ">": Operator.GREATER,
    ">=": Operator.GREATER_OR_EQUAL,
}
_MIRRORED = {
    Operator.LESS: Operator.GREATER,
    Operator.LESS_OR_EQUAL: Operator.GREATER_OR_EQUAL,
    Operator.GREATER: Operator.LESS,
    Operator.GREATER_OR_EQUAL: Operator.LESS_OR_EQUAL,
}
_NOT_EQUAL = frozenset({"!=", "<>"})
_EPOCH_DAY = date(1970, 1, 1)
_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_LIKE = re.compile(r"(%?)([^%_\\]+)(%?)")


def condition_of(expression: Expression, columns: Columns) -> Condition | None:
    """None if it is about anything else than these columns and constants."""
    match expression:
        case Attribute(id=column_id, data_type=BooleanType()) if column_id in columns:
            return Compare(columns[column_id], Operator.EQUAL, True)
        case Call(function="and" | "or", arguments=arguments):
            return _joined(expression.function, arguments, columns)
        case Call(function="not" | "!", arguments=(argument,)):
            return _negated(condition_of(argument, columns))
        case Call(function="between", arguments=(argument, lower, upper)):
            ends = (Call(">=", (argument, lower), BOOLEAN), Call("<=", (argument, upper), BOOLEAN))
            return _joined("and", ends, columns)
        case Call(function="isnull" | "isnotnull", arguments=(argument,)):
            name = _column(argument, columns)
            is_null = None if name is None else IsNull(name)
            return is_null if expression.function == "isnull" else _negated(is_null)
        case Call(function=function, arguments=arguments):
            return _about_constants(function, arguments, columns)
        case _:
            return None


def _joined(function: str, arguments: tuple[Expression, ...], columns: Columns) -> Condition | None:
    parts = [condition_of(argument, columns) for argument in arguments]
    known = tuple(part for part in parts if part is not None)
    if len(known) < len(parts):
        return None
    return AllOf(known) if function == "and" else AnyOf(known)


def _negated(condition: Condition | None) -> Condition | None:
    return None if condition is None else Negated(condition)


def _about_constants(function: str, arguments: tuple[Expression, ...], columns: Columns) -> Condition | None:
    if function in _NOT_EQUAL:
        return _negated(_about_constants("=", arguments, columns))
    if function in _OPERATORS and len(arguments) == 2:
        return _comparison(_OPERATORS[function], *arguments, columns)
    if function == "in":
        return _membership(arguments, columns)
    if function in _TEXT_TESTS and len(arguments) == 2:
        return _text_test(function, *arguments, columns)
    return None


def _comparison(operator: Operator, left: Expression, right: Expression, columns: Columns) -> Condition | None:
    name, constant = _column(left, columns), _constant(right, left)
    if name is not None and constant is not None:
        return Compare(name, operator, constant.value)
    name, constant = _column(right, columns), _constant(left, right)
    if name is not None and constant is not None:
        return Compare(name, _MIRRORED.get(operator, operator), constant.value)
    return None


def _membership(arguments: tuple[Expression, ...], columns: Columns) -> Condition | None:
    column, *others = arguments
    name = _column(column, columns)
    constants = [_constant(other, column) for other in others]
    known = [constant for constant in constants if constant is not None]
    return IsIn(name, tuple(c.value for c in known)) if name is not None and len(known) == len(constants) else None


def _text_test(function: str, column: Expression, pattern: Expression, columns: Columns) -> Condition | None:
    name = _column(column, columns)
    is_text = isinstance(pattern, Literal) and isinstance(pattern.value, str) and pattern.value != ""
    if name is None or not is_text or not isinstance(column.data_type, StringType):
        return None
    assert isinstance(pattern, Literal)
    return _TEXT_TESTS[function](name, pattern.value)


def _like(name: str, pattern: str) -> Condition | None:
    found = _LIKE.fullmatch(pattern)
    match found.groups() if found else None:
        case ("", text, "%"):
            return Matches(name, start=text)
        case ("%", text, ""):
            return Matches(name, end=text)
        case ("%", text, "%"):
            return Matches(name, middle=text)
        case ("", text, ""):
            return Compare(name, Operator.EQUAL, text)
        case _:
            return None


_TEXT_TESTS: Mapping[str, Callable[[str, str], Condition | None]] = {
    "startswith": lambda name, text: Matches(name, start=text),
    "endswith": lambda name, text: Matches(name, end=text),
    "contains": lambda name, text: Matches(name, middle=text),
    "like": _like,
}


def _column(expression: Expression, columns: Columns) -> str | None:
    """A column, also one that is widened to be compared: its values stay what they are."""
    if isinstance(expression, Cast) and _only_widens(expression):
        expression = expression.child
    return columns.get(expression.id) if isinstance(expression, Attribute) else None


def _only_widens(cast: Cast) -> bool:
    match cast.child.data_type, cast.data_type:
        case (IntegralType(), IntegralType() | DecimalType()):
            return cast.is_implicit
        case (DecimalType(precision=precision, scale=scale), DecimalType(precision=wide, scale=wide_scale)):
            return cast.is_implicit and wide_scale >= scale and wide - wide_scale >= precision - scale
        case _:
            return False


def _constant(expression: Expression, column: Expression) -> Literal | None:
    """A constant in the form of the type `column` is compared in."""
    if isinstance(expression, Cast):
        inner = _constant(expression.child, expression)
        return None if inner is None else _converted(inner, expression.data_type)
    return expression if isinstance(expression, Literal) else None


def _converted(literal: Literal, target: DataType) -> Literal | None:
    """A cast constant, where it is plain what comes out."""
    value: Any = literal.value
    if value is None or literal.data_type == target:
        return Literal(value, target)
    match literal.data_type, target:
        case (IntegralType(), IntegralType()):
            return Literal(value, target)
        case (IntegralType(), DecimalType()):
            return Literal(Decimal(value), target)
        case (DecimalType(scale=scale), DecimalType(scale=wide)) if wide >= scale:
            return Literal(value, target)
        case (IntegralType(), DoubleType() | FloatType()) if abs(value) < 2**24:
            return Literal(float(value), target)
        case (StringType(), DateType()) if _ISO_DATE.fullmatch(value):
            return _date(value, target)
        case _:
            return None


def _date(text: str, target: DataType) -> Literal | None:
    try:
        return Literal((date.fromisoformat(text) - _EPOCH_DAY).days, target)
    except ValueError:
        return None
