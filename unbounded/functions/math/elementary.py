"""Elementary functions of doubles: powers, logarithms, trigonometry; and a few of integers.

Where Spark calls Java's StrictMath and the engine's C library differs in the last digit, a kernel computes what
StrictMath does.
"""

from __future__ import annotations

import math

from unbounded.functions.engine import engine_type, literal
from unbounded.functions.registry import EngineRule, Function, Invocation, Nullability, scalar
from unbounded.functions.signature import NUMERIC_OR_ANSI_INTERVAL, P_DOUBLE, P_INTEGER, P_LONG, Types
from unbounded.types.datatypes import DOUBLE, LONG, DataType, DayTimeIntervalType, YearMonthIntervalType

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


def _lower_factorial(invocation: Invocation) -> str:
    (value,) = invocation.sql
    values = ", ".join(f"{math.factorial(n)}::BIGINT" for n in range(21))
    return f"CASE WHEN {value} BETWEEN 0 AND 20 THEN [{values}][{value} + 1] END"


def _lower_sign(invocation: Invocation) -> str:
    """1, 0, -1 with the sign of zero kept; NaN stays NaN."""
    value = f"CAST({invocation.sql[0]} AS DOUBLE)"
    return f"CASE WHEN isnan({value}) OR {value} = 0 THEN {value} ELSE CAST(sign({value}) AS DOUBLE) END"


def _first(types: Types) -> DataType:
    return types[0]


def _lower_width_bucket(invocation: Invocation) -> str:
    """In which of n equal buckets between two bounds a value lies; NULL for bounds that make none."""
    value, low, high, count = invocation.sql
    value, low, high = (f"CAST({v} AS DOUBLE)" for v in (value, low, high))
    numbers = f"{count} <= 0 OR {count} = 9223372036854775807 OR {low} = {high}"
    finite = f"isnan({value}) OR NOT isfinite({low}) OR NOT isfinite({high})"
    up = f"CASE WHEN {value} < {low} THEN 0 WHEN {value} >= {high} THEN {count} + 1 ELSE {_bucket(value, low, high, count)} END"
    down = f"CASE WHEN {value} > {low} THEN 0 WHEN {value} <= {high} THEN {count} + 1 ELSE {_bucket(low, value, low, count, high)} END"
    return f"CASE WHEN {numbers} OR {finite} THEN NULL WHEN {low} < {high} THEN {up} ELSE {down} END"


def _bucket(value: str, low: str, high: str, count: str, end: str = "") -> str:
    """floor(count * (value - low) / (high - low)) + 1; with `end`, counted downwards from `value` to `end`."""
    width = f"({value} - {end})" if end else f"({high} - {low})"
    return f"CAST(trunc({count} * ({value} - {low}) / {width}) AS BIGINT) + 1"


def _lower_downward(value: str, low: str, high: str, count: str) -> str:
    return f"CAST(trunc({count} * ({low} - {value}) / ({low} - {high})) AS BIGINT) + 1"


_LN = _unary(_within("{0} <= 0", "kernel_log({0})"))
_POWER = _binary("kernel_pow({0}, {1})")
_SIGN = scalar([NUMERIC_OR_ANSI_INTERVAL], DOUBLE, _lower_sign, nullability=_ALWAYS)

FUNCTIONS: dict[str, Function] = {
    "sqrt": _unary("sqrt({0})"),
    "cbrt": _unary("kernel_cbrt({0})"),
    "exp": _unary("kernel_exp({0})"),
    "expm1": _unary("kernel_expm1({0})"),
    "ln": _LN,
    "log": Function(
        scalar([P_DOUBLE, P_DOUBLE], DOUBLE, "", optional=1).typing, _lower_log, nullability=_ALWAYS
    ),
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
    "asin": _unary("asin({0})"),
    "acos": _unary("acos({0})"),
    "atan": _unary("atan({0})"),
    "atan2": _binary("atan2({0} + 0.0, {1} + 0.0)"),
    "sinh": _unary("sinh({0})"),
    "cosh": _unary("cosh({0})"),
    "tanh": _unary("tanh({0})"),
    "asinh": _unary(
        "CASE WHEN {0} = '-infinity'::DOUBLE THEN {0} "
        "ELSE kernel_log({0} + sqrt({0} * {0} + 1.0)) END"
    ),
    "acosh": _unary("kernel_log({0} + sqrt({0} * {0} - 1.0))"),
    "atanh": _unary("0.5 * (kernel_log1p({0}) - kernel_log1p(-{0}))"),
    "degrees": _unary("degrees({0})"),
    "radians": _unary("radians({0})"),
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
