"""Numbers as Java prints them. Not the engine's cast to string, which is SQL (`functions.macros`)."""

from __future__ import annotations

from decimal import Decimal


def java_double_text(value: float) -> str:
    """`Double.toString`: decimal between 1e-3 and 1e7, else `d.dddE±n`."""
    if value != value or value in (float("inf"), float("-inf")):
        return {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}[repr(value)]
    if value == 0 or 1e-3 <= abs(value) < 1e7:
        return f"{Decimal(repr(value)):f}" if "e" in repr(value) else repr(value)
    sign, digits, exponent = Decimal(repr(value)).normalize().as_tuple()
    text = "".join(map(str, digits))
    return f"{'-' if sign else ''}{text[0]}.{text[1:] or '0'}E{int(exponent) + len(text) - 1}"
