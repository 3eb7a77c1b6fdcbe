"""Kernels over numbers: StrictMath's functions, and numbers in other bases."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa

from unbounded.errors import ErrorKind, SparkError
from unbounded.functions.kernels.kernel import Kernel, per_row
from unbounded.functions.kernels.strict_angles import acos, asin, atan, cosh, sinh, tanh
from unbounded.functions.kernels.strict_math import Doubles, cbrt, exp, expm1, hypot, log, log1p, log10
from unbounded.functions.kernels.strict_power import power

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_LARGEST = (1 << 64) - 1


def _over_columns(function: Callable[..., Doubles], count: int) -> Kernel:
    """NULL where an argument is NULL; NaN and infinities are the function's own affair."""

    def run(*columns: pa.Array) -> pa.Array:
        with np.errstate(all="ignore"):
            values = function(*(column.to_numpy(zero_copy_only=False).astype(np.float64) for column in columns))
        is_null = np.logical_or.reduce([column.is_null().to_numpy(zero_copy_only=False) for column in columns])
        return pa.array(values, pa.float64(), mask=is_null, from_pandas=False)

    return Kernel(run, ("DOUBLE",) * count, "DOUBLE")


def _convert(text: str, source: int, target: int, raises: bool) -> str | None:
    """`text` read in base `source`, written in base `target`; a negative target writes signed numbers.

    Spark's rules: the longest valid prefix counts; above 64 bits an error (ANSI) or the largest number.
    """
    if not 2 <= source <= 36 or not 2 <= abs(target) <= 36:
        return None
    stripped = text.strip(" ")
    if not stripped:
        return None
    is_negative = stripped.startswith("-")
    value = _prefix_value(stripped[is_negative:].upper(), source)
    if value > _LARGEST:
        if raises:
            parameters = {
                "message": "Overflow in function conv()",
                "alternative": "",
                "config": '"spark.sql.ansi.enabled"',
            }
            raise SparkError(ErrorKind.ARITHMETIC, "ARITHMETIC_OVERFLOW", parameters)
        value = _LARGEST
    if is_negative and target > 0:
        value = -1 if value >> 63 else -value
        value &= _LARGEST
    elif target < 0:
        signed = -value if is_negative else value
        signed &= _LARGEST
        is_negative = bool(signed >> 63)
        value = (1 << 64) - signed if is_negative else signed
    digits = _written(value, abs(target))
    return f"-{digits}" if is_negative and target < 0 else digits


def _prefix_value(text: str, base: int) -> int:
    value = 0
    for character in text:
        digit = _DIGITS.find(character)
        if not 0 <= digit < base:
            break
        value = value * base + digit
    return value


def _written(value: int, base: int) -> str:
    digits = ""
    while value:
        value, digit = divmod(value, base)
        digits = _DIGITS[digit] + digits
    return digits or "0"


KERNELS: dict[str, Kernel] = {
    **{
        function.__name__: _over_columns(function, 1)
        for function in (exp, expm1, log, log10, log1p, cbrt, asin, acos, atan, sinh, cosh, tanh)
    },
    "hypot": _over_columns(hypot, 2),
    "pow": _over_columns(power, 2),
    "conv": per_row(_convert, ("VARCHAR", "INTEGER", "INTEGER", "BOOLEAN"), "VARCHAR"),
}
