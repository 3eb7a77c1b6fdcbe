"""Exact decimal arithmetic: the engine's 38 digits where they suffice for every value, else where they suffice for
this value, else a kernel of any precision.

Spark computes with Java's BigDecimal (products to 39 digits, quotients to 38 places, half up) and then rounds half
up to the result type; a result with too many digits is an error, or NULL.
"""

from __future__ import annotations

from enum import Enum

from unbounded.functions.engine import cast
from unbounded.functions.registry import Invocation
from unbounded.types.coercion import as_decimal
from unbounded.types.datatypes import MAX_DECIMAL_PRECISION, DecimalType


class Manner(Enum):
    """What an overflow or a division by zero gives: an error, NULL (for integers: what Java leaves), or NULL."""

    ANSI = "ansi"
    LEGACY = "legacy"
    TRY = "try"


def lower_decimal(operator: str, invocation: Invocation, manner: Manner) -> str:
    """`left operator right` for two decimals, as `invocation.data_type`; zero divisors are the caller's."""
    result = invocation.data_type
    assert isinstance(result, DecimalType)
    a, b = as_decimal(invocation.type_of(0)), as_decimal(invocation.type_of(1))
    left, right = invocation.sql
    match operator:
        case "+" | "-":
            return _sum(operator, left, right, a, b, result, manner)
        case "*":
            return _product(left, right, a, b, result, manner)
        case "/":
            return _quotient(left, right, a, b, result, manner)
        case "pmod":
            rest = f"({left} % {right})"
            return cast(f"CASE WHEN {rest} < 0 THEN ({rest} + {right}) % {right} ELSE {rest} END", result)
        case _:
            return cast(f"({left} % {right})", result)


def lower_whole_quotient(invocation: Invocation) -> str:
    """The quotient of two decimals without its fraction, as BIGINT."""
    left, right = invocation.sql
    a, b = as_decimal(invocation.type_of(0)), as_decimal(invocation.type_of(1))
    scale = max(a.scale, b.scale)
    if max(a.precision, b.precision) + scale < MAX_DECIMAL_PRECISION:
        return f"CAST({_unscaled(left, a, scale)} // {_unscaled(right, b, scale)} AS BIGINT)"
    return f"CAST(trunc({_exact('div', left, right, DecimalType(MAX_DECIMAL_PRECISION, 0), Manner.ANSI)}) AS BIGINT)"


def _sum(
    operator: str, left: str, right: str, a: DecimalType, b: DecimalType, result: DecimalType, manner: Manner
) -> str:
    scale = max(a.scale, b.scale)
    digits = max(a.precision - a.scale, b.precision - b.scale) + scale + 1
    if digits <= MAX_DECIMAL_PRECISION:
        return cast(f"({left} {operator} {right})", result)
    wide = DecimalType(MAX_DECIMAL_PRECISION, scale)
    fast = cast(f"({cast(left, wide)} {operator} {cast(right, wide)})", result)
    bound = MAX_DECIMAL_PRECISION - 1 - scale
    fits = " AND ".join((_is_below(left, a, bound), _is_below(right, b, bound)))
    return _or_exact(fits, fast, operator, left, right, result, manner)


def _product(left: str, right: str, a: DecimalType, b: DecimalType, result: DecimalType, manner: Manner) -> str:
    scale = a.scale + b.scale
    fast = cast(f"({left} * {right})", result)
    if a.precision + b.precision <= MAX_DECIMAL_PRECISION:
        return fast
    exact = _exact("*", left, right, result, manner)
    if scale > MAX_DECIMAL_PRECISION:
        return exact
    half = MAX_DECIMAL_PRECISION // 2
    fits = " AND ".join((_is_below(left, a, half - a.scale), _is_below(right, b, half - b.scale)))
    return f"CASE WHEN {fits} THEN {fast} ELSE {exact} END"


def _quotient(left: str, right: str, a: DecimalType, b: DecimalType, result: DecimalType, manner: Manner) -> str:
    """Half up of (a * 10^scale) / b in 128-bit integers, if the numerator has at most 37 digits."""
    shift = result.scale + b.scale
    numerator_digits = a.precision + shift
    if shift + a.scale >= MAX_DECIMAL_PRECISION or b.precision + b.scale >= MAX_DECIMAL_PRECISION:
        return _exact("/", left, right, result, manner)
    numerator, divisor = _unscaled(left, a, shift), _unscaled(right, b, b.scale)
    rounded = f"(2 * {numerator} + sign({numerator}) * abs({divisor})) // (2 * {divisor})"
    fast = cast(f"CAST({rounded} AS DECIMAL(38, 0)) * {_power(-result.scale)}", result)
    if numerator_digits < MAX_DECIMAL_PRECISION:
        return fast
    bound = MAX_DECIMAL_PRECISION - 1 - shift - a.scale
    return _or_exact(_is_below(left, a, bound), fast, "/", left, right, result, manner)


def _unscaled(value: str, data_type: DecimalType, shift: int) -> str:
    """`value` times 10^shift as a 128-bit integer; it must be whole and fit."""
    return f"CAST(CAST({value} AS DECIMAL(38, {data_type.scale})) * {_power(shift)} AS HUGEINT)"


def _power(exponent: int) -> str:
    """10^exponent as a decimal constant with no more digits than it needs."""
    if exponent >= 0:
        return f"CAST('1{'0' * exponent}' AS DECIMAL({exponent + 1}, 0))"
    return f"CAST('0.{'0' * (-exponent - 1)}1' AS DECIMAL({-exponent}, {-exponent}))"


def _is_below(value: str, data_type: DecimalType, digits: int) -> str:
    """Whether `value` has at most `digits` digits before the point; said without a test where its type says so."""
    if data_type.precision - data_type.scale <= digits:
        return "true"
    return f"abs({value}) < {_power(digits)}" if digits >= 0 else "false"


def _or_exact(fits: str, fast: str, operator: str, left: str, right: str, result: DecimalType, manner: Manner) -> str:
    return f"CASE WHEN {fits} THEN {fast} ELSE {_exact(operator, left, right, result, manner)} END"


def _exact(operator: str, left: str, right: str, result: DecimalType, manner: Manner) -> str:
    raises = "true" if manner is Manner.ANSI else "false"
    call = (
        f"kernel_decimal('{operator}', CAST({left} AS VARCHAR), CAST({right} AS VARCHAR), "
        f"{result.precision}, {result.scale}, {raises})"
    )
    return cast(call, result)
