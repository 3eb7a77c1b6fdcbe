"""Typing of binary operators over numbers, booleans and bits: what the operands are cast to, and Spark's two refusals.

Operands without a common type, or with one the operator does not take, "have incompatible types"; operands that are
of one type already, or were strings, have "the wrong type".
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from unbounded.errors import SparkError, analysis_error
from unbounded.functions.environment import Environment
from unbounded.functions.naming import INFIX, pretty_name
from unbounded.functions.signature import implicit_cast
from unbounded.plan.expressions import Expression, Literal
from unbounded.types.coercion import adjusted_decimal, as_decimal, common_type, is_string_like
from unbounded.types.datatypes import (
    BOOLEAN,
    DOUBLE,
    LONG,
    BooleanType,
    DataType,
    DecimalType,
    IntegralType,
    IntervalType,
    NullType,
    NumericType,
)

Typed = tuple[tuple[Expression, ...], DataType]

_MAX_LONG = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Operands:
    """What an operator takes: `wording` is Spark's name of it, `default` the type of two NULLs."""

    accepted: tuple[type[DataType], ...]
    wording: str
    default: DataType


_ADDED = Operands(
    (NumericType, IntervalType),
    '("NUMERIC" or "INTERVAL DAY TO SECOND" or "INTERVAL YEAR TO MONTH" or "INTERVAL")',
    DOUBLE,
)
_NUMBERS = Operands((NumericType,), '"NUMERIC"', DOUBLE)
_OPERANDS: dict[str, Operands] = {
    "+": _ADDED,
    "-": _ADDED,
    "*": _NUMBERS,
    "%": _NUMBERS,
    "/": Operands((NumericType,), '("DOUBLE" or "DECIMAL")', DOUBLE),
    "div": Operands(
        (IntegralType, DecimalType, IntervalType),
        '("BIGINT" or "DECIMAL" or "INTERVAL YEAR TO MONTH" or "INTERVAL DAY TO SECOND")',
        LONG,
    ),
    **dict.fromkeys("&|^", Operands((IntegralType,), '"INTEGRAL"', LONG)),
    **dict.fromkeys(("and", "or"), Operands((BooleanType,), '"BOOLEAN"', BOOLEAN)),
}


def type_operands(name: str, left: Expression, right: Expression, environment: Environment) -> DataType:
    """The type in which both operands are computed.

    Raises: SparkError DATATYPE_MISMATCH.BINARY_OP_DIFF_TYPES, DATATYPE_MISMATCH.BINARY_OP_WRONG_TYPE
    """
    a, b, operands = left.data_type, right.data_type, _OPERANDS[name]
    if isinstance(a, NullType) and isinstance(b, NullType):
        return operands.default
    common = _promoted(a, b, operands, environment)
    is_accepted = common is not None and isinstance(common, operands.accepted)
    if common is None or not (is_accepted or a == b or is_string_like(a) or is_string_like(b)):
        raise incompatible_operands(name, left, right)
    if not is_accepted:
        raise analysis_error(
            "DATATYPE_MISMATCH.BINARY_OP_WRONG_TYPE",
            sqlExpr=infix_expression(name, left, right),
            inputType=operands.wording,
            actualDataType=f'"{common.sql_name}"',
        )
    return common


def _promoted(a: DataType, b: DataType, operands: Operands, environment: Environment) -> DataType | None:
    """Outside ANSI mode a string in arithmetic is a DOUBLE, whatever stands on the other side."""
    is_legacy_string = not environment.is_ansi and (is_string_like(a) or is_string_like(b))
    if is_legacy_string and NumericType in operands.accepted:
        return DOUBLE
    return common_type(a, b)


def type_numbers(name: str, left: Expression, right: Expression, environment: Environment) -> Typed:
    """Arguments and result type of `+ - * / %` over numbers."""
    operand = type_operands(name, left, right, environment)
    if isinstance(operand, DecimalType):
        return _type_decimals(name, left, right)
    if name == "/":
        operand = DOUBLE
    return (implicit_cast(left, operand), implicit_cast(right, operand)), operand


def type_div(left: Expression, right: Expression, environment: Environment) -> Typed:
    operand = type_operands("div", left, right, environment)
    if isinstance(operand, DecimalType):
        return _type_decimals("/", left, right)[0], LONG
    if isinstance(operand, IntegralType):
        operand = LONG
    return (implicit_cast(left, operand), implicit_cast(right, operand)), LONG


def _type_decimals(name: str, left: Expression, right: Expression) -> Typed:
    sides = [_as_number(side, other) for side, other in ((left, right), (right, left))]
    types = [_decimal_of(side) for side in sides]
    arguments = tuple(implicit_cast(side, data_type) for side, data_type in zip(sides, types, strict=True))
    return arguments, DECIMAL_RESULTS[name](*types)


def _as_number(side: Expression, other: Expression) -> Expression:
    """A void operand takes the other side's type."""
    is_number = isinstance(side.data_type, DecimalType | IntegralType)
    return side if is_number else implicit_cast(side, other.data_type)


def _decimal_of(side: Expression) -> DecimalType:
    """An integer constant counts with the digits it has, anything else with those its type can have."""
    if isinstance(side, Literal) and isinstance(side.data_type, IntegralType) and side.value is not None:
        return DecimalType(len(str(abs(side.value))), 0)
    return as_decimal(side.data_type)


def _plus_type(a: DecimalType, b: DecimalType) -> DecimalType:
    scale = max(a.scale, b.scale)
    return adjusted_decimal(max(a.precision - a.scale, b.precision - b.scale) + scale + 1, scale)


def _times_type(a: DecimalType, b: DecimalType) -> DecimalType:
    return adjusted_decimal(a.precision + b.precision + 1, a.scale + b.scale)


def _divide_type(a: DecimalType, b: DecimalType) -> DecimalType:
    scale = max(6, a.scale + b.precision + 1)
    return adjusted_decimal(a.precision - a.scale + b.scale + scale, scale)


def _remainder_type(a: DecimalType, b: DecimalType) -> DecimalType:
    scale = max(a.scale, b.scale)
    return adjusted_decimal(min(a.precision - a.scale, b.precision - b.scale) + scale, scale)


DECIMAL_RESULTS: dict[str, Callable[[DecimalType, DecimalType], DecimalType]] = {
    "+": _plus_type,
    "-": _plus_type,
    "*": _times_type,
    "/": _divide_type,
    "%": _remainder_type,
}
"""Spark's `DecimalPrecision`, cut at 38 digits."""


def incompatible_operands(name: str, left: Expression, right: Expression) -> SparkError:
    return analysis_error(
        "DATATYPE_MISMATCH.BINARY_OP_DIFF_TYPES",
        sqlExpr=infix_expression(name, left, right),
        left=f'"{left.data_type.sql_name}"',
        right=f'"{right.data_type.sql_name}"',
    )


def infix_expression(name: str, left: Expression, right: Expression) -> str:
    return f'"({pretty_name(left)} {INFIX[name]} {pretty_name(right)})"'


_ROUNDED = {">": math.floor, ">=": math.ceil, "<": math.ceil, "<=": math.floor}
_TURNED = {">": "<", ">=": "<=", "<": ">", "<=": ">="}


def with_whole_bound(name: str, left: Expression, right: Expression) -> tuple[Expression, Expression]:
    """`n > 1.5` of an integer is `n > 1`, and named so."""
    if isinstance(left.data_type, IntegralType) and name in _ROUNDED:
        return left, _whole_bound(name, right)
    if isinstance(right.data_type, IntegralType) and name in _ROUNDED:
        return _whole_bound(_TURNED[name], left), right
    return left, right


def _whole_bound(name: str, bound: Expression) -> Expression:
    match bound:
        case Literal(value=Decimal() as value, data_type=DecimalType()) if abs(value) < _MAX_LONG:
            return Literal(_ROUNDED[name](value), LONG)
        case _:
            return bound
