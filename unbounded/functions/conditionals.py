"""Choosing between values: coalesce and its relatives, greatest and least, NaN tests."""

from __future__ import annotations

from collections.abc import Sequence

from unbounded.errors import analysis_error
from unbounded.functions.environment import Environment
from unbounded.functions.math.operands import incompatible_operands
from unbounded.functions.registry import EngineRule, Function, Invocation, Nullability, scalar
from unbounded.functions.signature import (
    ANY,
    P_BOOLEAN,
    P_DOUBLE,
    Signature,
    Types,
    implicit_cast,
    quoted_call,
    wrong_argument_count,
)
from unbounded.plan.expressions import Expression, Literal
from unbounded.types.coercion import common_type, common_type_of, is_string_like
from unbounded.types.datatypes import BOOLEAN, INTEGER, DataType, FloatType, NullType

Typed = tuple[tuple[Expression, ...], DataType]

_ALWAYS, _NEVER, _ALL = Nullability.ALWAYS, Nullability.NEVER, Nullability.ALL_ARGUMENTS


def _first(types: Types) -> DataType:
    return types[0]


def _second(types: Types) -> DataType:
    return types[1]


def _type_extreme(name: str, arguments: Sequence[Expression], environment: Environment) -> Typed:
    """Values of one family: a string does not meet a number here."""
    if len(arguments) < 2:
        raise wrong_argument_count(name, len(arguments), "> 1")
    types = [a.data_type for a in arguments]
    given = [t for t in types if not isinstance(t, NullType)]
    is_mixed = any(map(is_string_like, given)) and not all(map(is_string_like, given))
    target = None if is_mixed else common_type_of(types)
    if target is None:
        raise analysis_error(
            "DATATYPE_MISMATCH.DATA_DIFF_TYPES",
            sqlExpr=quoted_call(name, arguments),
            functionName=f"`{name}`",
            dataType="[" + ", ".join(f'"{t.sql_name}"' for t in types) + "]",
        )
    return tuple(implicit_cast(a, target) for a in arguments), target


def _compared(count: int, keeps_first: bool, result: DataType | None, rule: EngineRule) -> Function:
    """Functions that compare the first argument with the second, or zero. `keeps_first`: uncast, for the result."""

    def type_call(name: str, arguments: Sequence[Expression], environment: Environment) -> Typed:
        if len(arguments) != count:
            raise wrong_argument_count(name, len(arguments), str(count))
        value = arguments[0]
        other = arguments[1] if count > 1 else Literal(0, INTEGER)
        target = common_type(value.data_type, other.data_type)
        if target is None:
            raise incompatible_operands("=", value, other)
        cast = tuple(implicit_cast(a, target) for a in (value, other)[:count])
        if keeps_first:
            return (*cast, value), value.data_type
        return cast, result or target

    return Function(type_call, rule, nullability=_NEVER if result == BOOLEAN else _ALWAYS)


def _lower_nullif(invocation: Invocation) -> str:
    left, right, kept = invocation.sql
    return f"CASE WHEN {left} = {right} THEN NULL ELSE {kept} END"


def _type_between(name: str, arguments: Sequence[Expression], environment: Environment) -> Typed:
    if len(arguments) != 3:
        raise wrong_argument_count(name, len(arguments), "3")
    value, *bounds = arguments
    for bound in bounds:
        if common_type(value.data_type, bound.data_type) is None:
            raise incompatible_operands(">=" if bound is bounds[0] else "<=", value, bound)
    target = common_type_of(a.data_type for a in arguments)
    return tuple(implicit_cast(a, target or a.data_type) for a in arguments), BOOLEAN


def _type_nanvl(name: str, arguments: Sequence[Expression], environment: Environment) -> Typed:
    """Floats stay floats; everything else is a double."""
    are_floats = len(arguments) == 2 and all(isinstance(a.data_type, FloatType) for a in arguments)
    parameter = ANY if are_floats else P_DOUBLE
    return scalar([parameter, parameter], _first, "").type_call(name, arguments, environment)


def _type_ifnull(name: str, arguments: Sequence[Expression], environment: Environment) -> Typed:
    """Types that do not meet are an error of `coalesce`, for which it stands."""
    name = "coalesce" if len(arguments) == 2 else name
    return Signature((ANY, ANY), _first, unified="all").apply(name, arguments)


_IFNULL = Function(_type_ifnull, "coalesce({0}, {1})", nullability=_ALL)

FUNCTIONS: dict[str, Function] = {
    "coalesce": scalar([ANY, ANY], _first, "coalesce({all})", is_variadic=True, unified="all", nullability=_ALL),
    "ifnull": _IFNULL,
    "nvl": _IFNULL,
    "nvl2": scalar(
        [ANY, ANY, ANY], _second, "CASE WHEN {0} IS NOT NULL THEN {1} ELSE {2} END", unified=(1, 2), nullability=_ALWAYS
    ),
    "nullif": _compared(2, True, None, _lower_nullif),
    "nullifzero": _compared(1, False, None, "CASE WHEN {0} <> 0 THEN {0} END"),
    "zeroifnull": _compared(1, False, None, "coalesce({0}, 0)"),
    "equal_null": _compared(2, False, BOOLEAN, "({0} IS NOT DISTINCT FROM {1})"),
    "between": Function(_type_between, "({0} BETWEEN {1} AND {2})"),
    "if": scalar(
        [P_BOOLEAN, ANY, ANY], _second, "CASE WHEN {0} THEN {1} ELSE {2} END", unified=(1, 2), nullability=_ALWAYS
    ),
    "greatest": Function(_type_extreme, "greatest({all})", nullability=_ALL),
    "least": Function(_type_extreme, "least({all})", nullability=_ALL),
    "isnan": scalar([P_DOUBLE], BOOLEAN, "coalesce(isnan({0}), false)", nullability=_NEVER),
    "nanvl": Function(_type_nanvl, "CASE WHEN isnan({0}) THEN {1} ELSE {0} END"),
}
