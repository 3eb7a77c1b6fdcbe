"""Engine SQL of `+ - * / % div` over numbers, in three manners: ANSI (errors), legacy (wraps, NULL) and `try_`."""

from __future__ import annotations

from unbounded.errors import ErrorKind
from unbounded.functions.engine import cast, engine_type, raise_error
from unbounded.functions.math.decimals import Manner, lower_decimal, lower_whole_quotient
from unbounded.functions.registry import Invocation
from unbounded.types.datatypes import DataType, DecimalType, DoubleType, FloatType, IntegralType

ANSI_CONFIG = {"config": '"spark.sql.ansi.enabled"'}
_WIDER = {8: "SMALLINT", 16: "INTEGER", 32: "BIGINT", 64: "HUGEINT"}
"""An engine type in which sums, differences and (for 64 bits: also) products of n-bit integers fit."""
_ZERO_CONDITIONS = {
    "/": "DIVIDE_BY_ZERO",
    "div": "DIVIDE_BY_ZERO",
    "%": "REMAINDER_BY_ZERO",
    "pmod": "REMAINDER_BY_ZERO",
}


def manner_of(invocation: Invocation) -> Manner:
    return Manner.ANSI if invocation.environment.is_ansi else Manner.LEGACY


def lower_numbers(operator: str, invocation: Invocation, manner: Manner) -> str:
    """`left operator right` over two operands of one type, or two decimals."""
    left, right = invocation.sql
    if isinstance(invocation.data_type, DecimalType):
        result = lower_decimal(operator, invocation, manner)
    elif isinstance(invocation.data_type, IntegralType):
        result = _lower_integers(operator, left, right, invocation.data_type, manner)
    else:
        result = _lower_fractions(operator, left, right, invocation.data_type)
    condition = _ZERO_CONDITIONS.get(operator)
    return result if condition is None else guard_zero(invocation, result, condition, manner)


def guard_zero(invocation: Invocation, expression: str, condition: str, manner: Manner = Manner.ANSI) -> str:
    """`expression`, but where the second argument is zero (and the first not NULL) Spark's error, or NULL."""
    left, right = invocation.sql[:2]
    divisor = invocation.constant(1)
    if isinstance(divisor, int | float) and divisor:
        return expression
    if manner is not Manner.ANSI:
        return f"CASE WHEN {right} <> 0 THEN {expression} END"
    failure = raise_error(ErrorKind.ARITHMETIC, condition, ANSI_CONFIG)
    return f"CASE WHEN {right} = 0 AND {left} IS NOT NULL THEN {failure} ELSE {expression} END"


def _lower_integers(operator: str, left: str, right: str, data_type: IntegralType, manner: Manner) -> str:
    if operator == "%":
        return f"CASE WHEN {right} = -1 THEN {cast('0', data_type)} ELSE {cast(f'({left} % {right})', data_type)} END"
    if operator == "pmod":
        rest = _lower_integers("%", left, right, data_type, manner)
        wide = f"CAST({rest} AS HUGEINT)"
        return cast(f"CASE WHEN {wide} < 0 THEN ({wide} + {right}) % {right} ELSE {wide} END", data_type)
    if manner is Manner.ANSI:
        return f"({left} {operator} {right})"
    wide_type = "HUGEINT" if operator == "*" else _WIDER[data_type.bits]
    wide = f"(CAST({left} AS {wide_type}) {operator} CAST({right} AS {wide_type}))"
    if manner is Manner.TRY:
        return f"TRY_CAST({wide} AS {engine_type(data_type)})"
    return wrapped(wide, data_type)


def wrapped(wide: str, data_type: IntegralType) -> str:
    """The lowest bits of a wider integer, as Java keeps them after an overflow."""
    half, mask = 1 << (data_type.bits - 1), (1 << data_type.bits) - 1
    return cast(f"(((CAST({wide} AS HUGEINT) + {half}) & {mask}::HUGEINT) - {half})", data_type)


def _lower_fractions(operator: str, left: str, right: str, data_type: DataType) -> str:
    if operator == "%":
        return cast(f"fmod({left}, {right})", data_type)
    if operator == "pmod":
        rest = f"fmod({left}, {right})"
        return cast(f"CASE WHEN {rest} < 0 THEN fmod({rest} + {right}, {right}) ELSE {rest} END", data_type)
    return f"({left} {operator} {right})"


def lower_negative(invocation: Invocation) -> str:
    """ANSI: the smallest integer has no negative. Legacy: it is its own."""
    return _lower_sign_change(invocation, "(-{0})", "{0} = {least}")


def lower_abs(invocation: Invocation) -> str:
    return _lower_sign_change(invocation, "abs({0})", "{0} = {least}")


def _lower_sign_change(invocation: Invocation, template: str, test: str) -> str:
    (value,) = invocation.sql
    data_type = invocation.data_type
    changed = template.format(value)
    if not isinstance(data_type, IntegralType):
        return changed if isinstance(data_type, DoubleType | FloatType) else cast(changed, data_type)
    least = f"CAST('{-(1 << (data_type.bits - 1))}' AS {engine_type(data_type)})"
    overflow = value
    if invocation.environment.is_ansi:
        overflow = raise_error(
            ErrorKind.ARITHMETIC, "ARITHMETIC_OVERFLOW", {"message": "overflow", "alternative": "", **ANSI_CONFIG}
        )
    return f"CASE WHEN {test.format(value, least=least)} THEN {overflow} ELSE {cast(changed, data_type)} END"


def lower_div(invocation: Invocation) -> str:
    """Whole quotient, cut towards zero, as BIGINT; of numbers, or of intervals in the same unit."""
    left, right = invocation.sql
    manner = manner_of(invocation)
    if isinstance(invocation.type_of(0), DecimalType):
        return guard_zero(invocation, lower_whole_quotient(invocation), "DIVIDE_BY_ZERO", manner)
    quotient = f"CAST(CAST({left} AS HUGEINT) // {right} AS BIGINT)"
    if isinstance(invocation.type_of(0), IntegralType) and invocation.constant(1) in (None, -1):
        is_beyond = f"{right} = -1 AND {left} = (-9223372036854775808)"
        quotient = f"CASE WHEN {is_beyond} THEN {_div_overflow(manner)} ELSE {quotient} END"
    condition = "DIVIDE_BY_ZERO" if isinstance(invocation.type_of(0), IntegralType) else "INTERVAL_DIVIDED_BY_ZERO"
    return guard_zero(invocation, quotient, condition, manner)


def _div_overflow(manner: Manner) -> str:
    if manner is not Manner.ANSI:
        return "(-9223372036854775808)"
    alternative = " Use 'try_divide' to tolerate overflow and return NULL instead."
    parameters = {"message": "Overflow in integral divide", "alternative": alternative, **ANSI_CONFIG}
    return raise_error(ErrorKind.ARITHMETIC, "ARITHMETIC_OVERFLOW", parameters)
