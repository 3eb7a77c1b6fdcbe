"""Kernels of to_number and to_char: numbers by Oracle's patterns of 9, 0, G, D, $, S, MI and PR.

A pattern comes in here checked; `NumberFormat.parse` takes it apart once.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from unbounded.errors import ErrorKind, SparkError
from unbounded.functions.kernels.kernel import Kernel, per_row

_SHAPE = re.compile(r"(MI|S)?(\$)?([09,G]*)(?:([.D])([09]*))?(PR|MI|S)?")


@dataclass(frozen=True, slots=True)
class NumberFormat:
    """`whole` with commas and `places` are the digit positions before and after the point."""

    sign_before: str
    has_currency: bool
    whole: str
    has_point: bool
    places: str
    sign_after: str

    @classmethod
    def parse(cls, pattern: str) -> NumberFormat | None:
        """None for a pattern of another shape."""
        match = _SHAPE.fullmatch(pattern.upper())
        if match is None or not re.search("[09]", pattern):
            return None
        before, currency, whole, point, places, after = match.groups()
        return cls(before or "", bool(currency), whole.replace("G", ","), bool(point), places or "", after or "")

    @property
    def precision(self) -> int:
        return len(self.whole.replace(",", "")) + len(self.places)

    @property
    def scale(self) -> int:
        return len(self.places)


_format = lru_cache(maxsize=64)(NumberFormat.parse)


@lru_cache(maxsize=64)
def _reader(pattern: str) -> re.Pattern[str]:
    """A regular expression with the groups sign, opening, whole, places, end."""
    given = _format(pattern)
    assert given is not None
    signs = {"S": "[+-]?", "MI": "[- ]?", "": "", "PR": ""}
    opening, closing = ("<?", ">?") if given.sign_after == "PR" else ("", "")
    currency = r"\$" if given.has_currency else ""
    places = rf"(?:\.(?P<places>\d{{0,{len(given.places)}}}))?" if given.has_point else "(?P<places>)"
    return re.compile(
        rf"(?P<before>{signs[given.sign_before]}{opening}){currency}(?P<whole>{_groups(given.whole)}){places}"
        rf"(?P<after>{signs[given.sign_after]}{closing})"
    )


def _groups(whole: str) -> str:
    """Leading 9s may be missing, digits from the first 0 on must be there; commas stand where the pattern has them."""
    groups = whole.split(",")
    if "0" in whole[:1]:
        return ",".join(rf"\d{{{len(group)}}}" for group in groups)
    alternatives = []
    for start in range(len(groups)):
        first, rest = groups[start], groups[start + 1 :]
        least = len(first) - first.index("0") if "0" in first else (1 if rest else 0)
        alternatives.append(",".join([rf"\d{{{least},{len(first)}}}", *(rf"\d{{{len(g)}}}" for g in rest)]))
        if "0" in first:
            break
    return f"(?:{'|'.join(alternatives)})"


def _to_number(text: str, pattern: str, raises: bool) -> str | None:
    match = _reader(pattern).fullmatch(text.strip(" "))
    digits = (
        match["whole"].replace(",", "") + match["places"]
        if match and match["places"] is not None
        else match and match["whole"].replace(",", "")
    )
    if match is None or not digits:
        if not raises:
            return None
        parameters = {"inputType": '"STRING"', "input": text, "format": pattern}
        raise SparkError(ErrorKind.ILLEGAL_ARGUMENT, "INVALID_FORMAT.MISMATCH_INPUT", parameters)
    is_negative = any(sign in match["before"] + match["after"] for sign in "-<")
    whole = match["whole"].replace(",", "") or "0"
    return f"{'-' if is_negative else ''}{whole}.{match['places'] or '0'}"


def _to_char(text: str, pattern: str) -> str:
    given = _format(pattern)
    assert given is not None
    value = Decimal(text)
    whole, _, places = f"{value.copy_abs():f}".partition(".")
    whole, places = whole.lstrip("0"), places.rstrip("0")
    if len(whole) > len(given.whole.replace(",", "")) or len(places) > given.scale:
        return pattern.translate({48: "#", 57: "#", 44: " ", 71: " "})
    return _written(given, value < 0, whole, places.ljust(given.scale, "0"))


def _written(given: NumberFormat, is_negative: bool, whole: str, places: str) -> str:
    sign = {"S": "-" if is_negative else "+", "MI": "-" if is_negative else " ", "": "", "PR": ""}
    before = "<" if given.sign_after == "PR" and is_negative else sign[given.sign_before]
    digits = _whole_digits(given.whole, whole)
    if given.has_point and digits.endswith(" "):
        digits = digits[:-1] + "0"
    if before.strip() and not given.has_currency:
        spaces = len(digits) - len(digits.lstrip(" "))
        before, digits = digits[:spaces] + before, digits[spaces:]
    after = sign[given.sign_after]
    if given.sign_after == "PR":
        after = ">" if is_negative else "  "
    point = ("." if places else " ") if given.has_point else ""
    return f"{before}{'$' if given.has_currency else ''}{digits}{point}{places}{after}"


def _whole_digits(pattern: str, digits: str) -> str:
    """`digits` right-aligned in the pattern's positions: zeros from the first 0 on, blanks before."""
    missing = len(pattern.replace(",", "")) - len(digits)
    shown, position, has_started = "", 0, False
    for character in pattern:
        if character == ",":
            shown += "," if has_started else " "
            continue
        if position >= missing:
            shown, has_started = shown + digits[position - missing], True
        elif character == "0" or has_started:
            shown, has_started = shown + "0", True
        else:
            shown += " "
        position += 1
    return shown


KERNELS: dict[str, Kernel] = {
    "to_number": per_row(_to_number, ("VARCHAR", "VARCHAR", "BOOLEAN"), "VARCHAR"),
    "to_char": per_row(_to_char, ("VARCHAR", "VARCHAR"), "VARCHAR"),
}
