"""round, bround, ceil, floor, rint: by the digits a number is shown with, half away from zero or half to even."""

from __future__ import annotations

from collections.abc import Sequence

from unbounded.errors import SparkError, analysis_error
from unbounded.functions.engine import cast, engine_type
from unbounded.functions.environment import Environment
from unbounded.functions.math.arithmetic import manner_of, wrapped
from unbounded.functions.math.decimals import Manner
from unbounded.functions.naming import pretty_name
from unbounded.functions.registry import Function, Invocation, Nullability, scalar
from unbounded.functions.signature import (
    NUMERIC,
    P_DOUBLE,
    P_INTEGER,
    Signature,
    implicit_cast,
    quoted_call,
    wrong_argument_count,
)
from unbounded.plan.expressions import Cast, Expression, Literal
from unbounded.types.coercion import INTEGRAL_DIGITS
from unbounded.types.datatypes import (
    DOUBLE,
    INTEGER,
    LONG,
    MAX_DECIMAL_PRECISION,
    DataType,
    DecimalType,
    DoubleType,
    FloatType,
    IntegralType,
)

Typed = tuple[tuple[Expression, ...], DataType]

_SAFE_DIGITS: dict[type[DataType], tuple[float, float]] = {FloatType: (1e3, 1e-3), DoubleType: (1e9, 1e-6)}
"""Up to which magnitude, and how far from a tie, binary arithmetic rounds as the shown digits do."""


def _rounded_decimal(data_type: DecimalType, scale: int) -> DecimalType:
    """One more digit before the point, for the carry; never more places than there were."""
    whole = data_type.precision - data_type.scale + 1
    if scale < 0:
        return DecimalType(min(max(whole, -scale + 1), MAX_DECIMAL_PRECISION), 0)
    places = min(data_type.scale, scale)
    return DecimalType(min(whole + places, MAX_DECIMAL_PRECISION), places)


def _scale_of(argument: Expression) -> int | None:
    """The value of a constant scale; None if it is no constant."""
    plain = argument.child if isinstance(argument, Cast) else argument
    return int(plain.value) if isinstance(plain, Literal) and plain.value is not None else None


# ---------------------------------------------------------------------------------------------- round, bround


def _type_round(name: str, arguments: Sequence[Expression], environment: Environment) -> Typed:
    if len(arguments) == 1:
        arguments = (*arguments, Literal(0, INTEGER))
    (value, given), _ = Signature((NUMERIC, P_INTEGER), INTEGER).apply(name, arguments)
    if isinstance(given, Literal) and given.value is None:
        return (value, given), value.data_type
    scale = _scale_of(given)
    if scale is None:
        raise _not_foldable(name, arguments, "`scale`", '"INT"', 1)
    result = value.data_type
    if isinstance(result, DecimalType):
        result = _rounded_decimal(result, scale)
    return (value, implicit_cast(Literal(scale, INTEGER), INTEGER)), result


def _not_foldable(name: str, arguments: Sequence[Expression], what: str, required: str, position: int) -> SparkError:
    return analysis_error(
        "DATATYPE_MISMATCH.NON_FOLDABLE_INPUT",
        sqlExpr=quoted_call(name, arguments),
        inputName=what,
        inputType=required,
        inputExpr=f'"{pretty_name(arguments[position])}"',
    )


def _lower_round(invocation: Invocation) -> str:
    value, scale = invocation.sql[0], invocation.constant(1)
    is_half_even = invocation.name == "bround"
    if scale is None:
        return f"CAST(NULL AS {engine_type(invocation.data_type)})"
    match invocation.type_of(0):
        case DecimalType() as data_type:
            return round_decimal(value, data_type, scale, invocation.data_type, is_half_even)
        case IntegralType() as data_type:
            return _round_integer(invocation, value, data_type, scale, is_half_even)
        case data_type:
            return round_fraction(value, data_type, scale, is_half_even)


def round_decimal(value: str, source: DecimalType, scale: int, result: DataType, is_half_even: bool) -> str:
    if scale >= source.scale:
        return cast(value, result)
    assert isinstance(result, DecimalType)
    half_up = cast(value, result) if scale >= 0 else cast(f"round({value}, {scale})", result)
    if not is_half_even:
        return half_up
    unit = _unit(scale)
    is_tie = f"abs({half_up} - {value}) * 2 = {unit}"
    is_odd = f"({half_up} / {unit}) % 2 <> 0" if scale < 0 else f"abs({half_up}) % (2 * {unit}) = {unit}"
    return cast(f"{half_up} - CASE WHEN {is_tie} AND {is_odd} THEN sign({value}) * {unit} ELSE 0 END", result)


def _unit(scale: int) -> str:
    """10^-scale as a decimal constant."""
    return f"0.{'0' * (scale - 1)}1" if scale > 0 else f"1{'0' * -scale}"


def _round_integer(invocation: Invocation, value: str, data_type: IntegralType, scale: int, is_half_even: bool) -> str:
    if scale >= 0:
        return value
    if -scale > INTEGRAL_DIGITS[type(data_type)]:
        return cast(f"{value} * 0", data_type)
    step = 10**-scale
    wide = f"abs(CAST({value} AS HUGEINT))"
    up = f"({wide} * 2 + {step}) // {2 * step}"
    if is_half_even:
        up = f"({up} - CASE WHEN {wide} % {2 * step} = {step // 2} THEN 1 ELSE 0 END)"
    rounded = f"({up} * {step}::HUGEINT * sign({value}))"
    manner = manner_of(invocation)
    return wrapped(rounded, data_type) if manner is not Manner.ANSI else f"CAST({rounded} AS {engine_type(data_type)})"


def round_fraction(value: str, data_type: DataType, scale: int, is_half_even: bool) -> str:
    """Far from a tie binary rounding is right; near one the shown digits decide."""
    limit, distance = _SAFE_DIGITS[type(data_type)]
    step = f"1e{abs(scale)}::DOUBLE"
    scaled = f"({value} * {step})" if scale >= 0 else f"({value} / {step})"
    back = f"(round({scaled}) / {step} + 0.0)" if scale >= 0 else f"(round({scaled}) * {step} + 0.0)"
    is_safe = f"abs({scaled}) < {limit} AND abs({scaled} - floor({scaled}) - 0.5) > {distance}"
    by_digits = f"kernel_round(CAST({value} AS VARCHAR), {scale}, {'true' if is_half_even else 'false'})"
    fast = "false" if abs(scale) > 15 else is_safe
    return cast(
        f"CASE WHEN {fast} THEN {back} WHEN NOT isfinite({value}) THEN {value}::DOUBLE ELSE {by_digits} END", data_type
    )


# ---------------------------------------------------------------------------------------------- ceil, floor


def _type_ceil(name: str, arguments: Sequence[Expression], environment: Environment) -> Typed:
    if len(arguments) == 1:
        return _type_whole(name, arguments)
    if len(arguments) != 2:
        raise wrong_argument_count(name, len(arguments), "2")
    value = arguments[0]
    scale = _scale_of(arguments[1])
    if scale is None:
        raise analysis_error("NON_FOLDABLE_ARGUMENT", funcName=f"`{name}`", paramName="`scale`", paramType='"INT"')
    data_type = _decimal_for(value.data_type)
    return (implicit_cast(value, data_type), Literal(scale, INTEGER)), _rounded_decimal(data_type, scale)


def _type_whole(name: str, arguments: Sequence[Expression]) -> Typed:
    (value,), data_type = Signature((NUMERIC,), lambda types: types[0]).apply(name, arguments)
    if isinstance(data_type, DecimalType):
        if data_type.scale == 0:
            return (value,), data_type
        return (value,), DecimalType(min(data_type.precision - data_type.scale + 1, MAX_DECIMAL_PRECISION), 0)
    return (value,), LONG


def _decimal_for(data_type: DataType) -> DecimalType:
    """The decimal type that stands for a number's type (Spark's `DecimalType.forType`)."""
    match data_type:
        case DecimalType():
            return data_type
        case IntegralType():
            return DecimalType(INTEGRAL_DIGITS[type(data_type)], 0)
        case FloatType():
            return DecimalType(14, 7)
        case _:
            return DecimalType(30, 15)


def _lower_ceil(invocation: Invocation) -> str:
    function = "floor" if invocation.name == "floor" else "ceil"
    source, result = invocation.type_of(0), invocation.data_type
    value = invocation.sql[0]
    if isinstance(source, DecimalType):
        scale = invocation.constant(1) if len(invocation.sql) > 1 else 0
        return _decimal_ceil(value, source, scale or 0, result, function)
    if isinstance(source, IntegralType):
        return cast(value, LONG)
    whole = f"{function}({value})"
    return (
        f"CASE WHEN isnan({value}) THEN 0 WHEN {whole} >= 9223372036854775807 THEN 9223372036854775807 "
        f"WHEN {whole} <= -9223372036854775808 THEN (-9223372036854775808) ELSE CAST({whole} AS BIGINT) END"
    )


def _decimal_ceil(value: str, source: DecimalType, scale: int, result: DataType, function: str) -> str:
    """The nearest multiple of 10^-scale, put right where it lies on the wrong side."""
    if scale >= source.scale:
        return cast(value, result)
    nearest = cast(value, result) if scale >= 0 else cast(f"round({value}, {scale})", result)
    sign, comparison = ("+", "<") if function == "ceil" else ("-", ">")
    step = f"CASE WHEN {nearest} {comparison} {value} THEN {_unit(scale)} ELSE 0 END"
    return cast(f"{nearest} {sign} {step}", result)


_CEIL = Function(_type_ceil, _lower_ceil, nullability=Nullability.ALWAYS)
_ROUND = Function(_type_round, _lower_round, nullability=Nullability.ALWAYS)

FUNCTIONS: dict[str, Function] = {
    "round": _ROUND,
    "bround": _ROUND,
    "ceil": _CEIL,
    "ceiling": _CEIL,
    "floor": _CEIL,
    "rint": scalar([P_DOUBLE], DOUBLE, "round_even({0}, 0)", nullability=Nullability.ALWAYS),
}
