"""Elementary functions of doubles: powers, logarithms, trigonometry; and a few of integers.

Where Spark calls Java's StrictMath and the engine's C library differs in the last digit, a kernel computes what
StrictMath does.
"""

from __future__ import annotations

import math

from unbounded.functions.engine import literal
from unbounded.functions.registry import EngineRule, Function, Invocation, Nullability, scalar
from unbounded.functions.signature import NUMERIC_OR_ANSI_INTERVAL, P_DOUBLE, P_INTEGER, P_LONG
from unbounded.types.datatypes import DOUBLE, LONG

_ALWAYS = Nullability.ALWAYS


def _unary(rule: EngineRule) -> Function:
    return scalar([P_DOUBLE], DOUBLE, rule, nullability=_ALWAYS)


def _binary(rule: EngineRule) -> Function:
    return scalar([P_DOUBLE, P_DOUBLE], DOUBLE, rule)


def _constant(value: float) -> Function:
    return scalar([], DOUBLE, literal(value, DOUBLE), nullability=Nullability.NEVER)


def _within(condition: str, rule: str) -> str:
    """NULL outside a logarithm's domain; NaN stays NaN."""
    return f"CASE WHEN {condition} THEN NULL ELSE {rule} END"


def _lower_log(invocation: Invocation) -> str:
    """log(x), or log(base, x)."""
    if len(invocation.sql) == 1:
        (value,) = invocation.sql
        return _within(f"{value} <= 0", f"kernel_log({value})")
    base, value = invocation.sql
    return _within(f"{value} <= 0 OR {base} <= 0", f"kernel_log({value}) / kernel_log({base})")


def _lower_power(invocation: Invocation) -> str:
    value, exponent = invocation.sql
    return f"({value} * {value})" if invocation.constant(1) == 2 else f"kernel_pow({value}, {exponent})"


def _lower_factorial(invocation: Invocation) -> str:
    (value,) = invocation.sql
    values = ", ".join(f"{math.factorial(n)}::BIGINT" for n in range(21))
    return f"CASE WHEN {value} BETWEEN 0 AND 20 THEN [{values}][{value} + 1] END"


def _lower_sign(invocation: Invocation) -> str:
    """1, 0, -1 with the sign of zero kept; NaN stays NaN."""
    value = f"CAST({invocation.sql[0]} AS DOUBLE)"
    return f"CASE WHEN isnan({value}) OR {value} = 0 THEN {value} ELSE CAST(sign({value}) AS DOUBLE) END"


def _lower_width_bucket(invocation: Invocation) -> str:
    """In which of n equal buckets between two bounds a value lies; NULL for bounds that make none."""
    value, low, high, count = invocation.sql
    value, low, high = (f"CAST({v} AS DOUBLE)" for v in (value, low, high))
    is_bad = (
        f"{count} <= 0 OR {count} = 9223372036854775807 OR {low} = {high} OR isnan({value}) "
        f"OR NOT isfinite({low}) OR NOT isfinite({high})"
    )
    up = _bucket(f"{value} < {low}", f"{value} >= {high}", f"({value} - {low}) / ({high} - {low})", count)
    down = _bucket(f"{value} > {low}", f"{value} <= {high}", f"({low} - {value}) / ({low} - {high})", count)
    return f"CASE WHEN {is_bad} THEN NULL WHEN {low} < {high} THEN {up} ELSE {down} END"


def _bucket(is_before: str, is_behind: str, share: str, count: str) -> str:
    return (
        f"CASE WHEN {is_before} THEN 0 WHEN {is_behind} THEN {count} + 1 "
        f"ELSE CAST(trunc({count}::DOUBLE * {share}) AS BIGINT) + 1 END"
    )


_LN = _unary(_within("{0} <= 0", "kernel_log({0})"))
_POWER = _binary(_lower_power)
_SIGN = scalar([NUMERIC_OR_ANSI_INTERVAL], DOUBLE, _lower_sign, nullability=_ALWAYS)

FUNCTIONS: dict[str, Function] = {
    "sqrt": _unary("sqrt({0})"),
    "cbrt": _unary("kernel_cbrt({0})"),
    "exp": _unary("kernel_exp({0})"),
    "expm1": _unary("kernel_expm1({0})"),
    "ln": _LN,
    "log": Function(scalar([P_DOUBLE, P_DOUBLE], DOUBLE, "", optional=1).typing, _lower_log, nullability=_ALWAYS),
    "log10": _unary(_within("{0} <= 0", "kernel_log10({0})")),
    "log2": _unary(_within("{0} <= 0", "kernel_log({0}) / kernel_log(2.0::DOUBLE)")),
    "log1p": _unary(_within("{0} <= -1", "kernel_log1p({0})")),
    "pow": _POWER,
    "power": _POWER,
    "hypot": _binary("kernel_hypot({0}, {1})"),
    "sin": _unary("CASE WHEN isinf({0}) THEN 'nan'::DOUBLE ELSE sin({0}) END"),
    "cos": _unary("CASE WHEN isinf({0}) THEN 'nan'::DOUBLE ELSE cos({0}) END"),
    "tan": _unary("CASE WHEN isinf({0}) THEN 'nan'::DOUBLE ELSE tan({0}) END"),
    "cot": _unary("CASE WHEN isinf({0}) THEN 'nan'::DOUBLE ELSE 1.0::DOUBLE / tan({0}) END"),
    "sec": _unary("CASE WHEN isinf({0}) THEN 'nan'::DOUBLE ELSE 1.0::DOUBLE / cos({0}) END"),
    "csc": _unary("CASE WHEN isinf({0}) THEN 'nan'::DOUBLE ELSE 1.0::DOUBLE / sin({0}) END"),
    "asin": _unary("kernel_asin({0})"),
    "acos": _unary("kernel_acos({0})"),
    "atan": _unary("kernel_atan({0})"),
    "atan2": _binary("atan2({0} + 0.0, {1} + 0.0)"),
    "sinh": _unary("kernel_sinh({0})"),
    "cosh": _unary("kernel_cosh({0})"),
    "tanh": _unary("kernel_tanh({0})"),
    "asinh": _unary("CASE WHEN {0} = '-infinity'::DOUBLE THEN {0} ELSE kernel_log({0} + sqrt({0} * {0} + 1.0)) END"),
    "acosh": _unary("kernel_log({0} + sqrt({0} * {0} - 1.0))"),
    "atanh": _unary("0.5 * (kernel_log1p({0}) - kernel_log1p(-{0}))"),
    "degrees": _unary("({0} * 57.29577951308232::DOUBLE)"),
    "radians": _unary("({0} * 0.017453292519943295::DOUBLE)"),
    "sign": _SIGN,
    "signum": _SIGN,
    "e": _constant(math.e),
    "pi": _constant(math.pi),
    "factorial": scalar([P_INTEGER], LONG, _lower_factorial, nullability=_ALWAYS),
    "width_bucket": scalar(
        [NUMERIC_OR_ANSI_INTERVAL, NUMERIC_OR_ANSI_INTERVAL, NUMERIC_OR_ANSI_INTERVAL, P_LONG],
        LONG,
        _lower_width_bucket,
        nullability=_ALWAYS,
    ),
}
