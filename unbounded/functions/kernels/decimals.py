"""Decimal arithmetic of any precision, over decimals as text, and rounding of floating numbers by their digits."""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal

from unbounded.errors import ErrorKind, SparkError
from unbounded.functions.kernels.kernel import Kernel, per_row

_EXACT = Context(prec=200, rounding=ROUND_HALF_UP)
_PRODUCT = Context(prec=39, rounding=ROUND_HALF_UP)


def _divide(a: Decimal, b: Decimal) -> Decimal:
    """To 38 places, half up; exact before that rounding."""
    divisor = _EXACT.abs(b)
    quotient, rest = _EXACT.divmod(_EXACT.scaleb(_EXACT.abs(a), 38), divisor)
    rounded = _EXACT.scaleb(_EXACT.add(quotient, _EXACT.add(rest, rest) >= divisor), -38)
    return _EXACT.minus(rounded) if (a < 0) != (b < 0) else rounded


_OPERATIONS: dict[str, Callable[[Decimal, Decimal], Decimal]] = {
    "+": _EXACT.add,
    "-": _EXACT.subtract,
    "*": _PRODUCT.multiply,
    "/": _divide,
    "div": _EXACT.divide_int,
}


def _compute(operator: str, a: str, b: str, precision: int, scale: int, raises: bool) -> str | None:
    """The result at `scale`, half up; beyond `precision` digits an error or NULL. Division by zero is NULL."""
    divisor = Decimal(b)
    if operator in ("/", "div") and not divisor:
        return None
    value = _OPERATIONS[operator](Decimal(a), divisor)
    rounded = value.quantize(Decimal(1).scaleb(-scale), context=_EXACT)
    if rounded.adjusted() + 1 + scale <= precision or not rounded:
        return f"{rounded:f}"
    if not raises:
        return None
    parameters = {
        "value": f"{value:f}",
        "precision": str(precision),
        "scale": str(scale),
        "config": '"spark.sql.ansi.enabled"',
    }
    raise SparkError(ErrorKind.ARITHMETIC, "NUMERIC_VALUE_OUT_OF_RANGE.WITH_SUGGESTION", parameters)


def _round(text: str, scale: int, is_half_even: bool) -> float:
    """A number rounded by the digits in which it is shown, as Spark does through BigDecimal."""
    rounding = ROUND_HALF_EVEN if is_half_even else ROUND_HALF_UP
    value = Decimal(text)
    if -value.as_tuple().exponent <= scale:  # type: ignore[operator]
        return float(value)
    digits = Context(prec=400)
    return float(value.quantize(Decimal(1).scaleb(-scale), rounding=rounding, context=digits)) + 0.0


KERNELS: dict[str, Kernel] = {
    "decimal": per_row(_compute, ("VARCHAR", "VARCHAR", "VARCHAR", "INTEGER", "INTEGER", "BOOLEAN"), "VARCHAR"),
    "round": per_row(_round, ("VARCHAR", "INTEGER", "BOOLEAN"), "DOUBLE"),
}
