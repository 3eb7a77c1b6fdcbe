"""Character classes of Java's regular expressions as sets of code points and Unicode properties."""

from __future__ import annotations

import sys
import unicodedata
from dataclasses import dataclass
from functools import cache

Intervals = tuple[tuple[int, int], ...]
LAST = sys.maxunicode

LINE_ENDS: Intervals = ((0x0A, 0x0A), (0x0D, 0x0D), (0x85, 0x85), (0x2028, 0x2029))
_VERTICAL: Intervals = ((0x0A, 0x0D), (0x85, 0x85), (0x2028, 0x2029))
_HORIZONTAL: Intervals = (
    (0x09, 0x09),
    (0x20, 0x20),
    (0xA0, 0xA0),
    (0x1680, 0x1680),
    (0x180E, 0x180E),
    (0x2000, 0x200A),
    (0x202F, 0x202F),
    (0x205F, 0x205F),
    (0x3000, 0x3000),
)
_DIGIT: Intervals = ((0x30, 0x39),)
_UPPER: Intervals = ((0x41, 0x5A),)
_LOWER: Intervals = ((0x61, 0x7A),)
_SPACE: Intervals = ((0x09, 0x0D), (0x20, 0x20))
_WORD: Intervals = (*_DIGIT, *_UPPER, (0x5F, 0x5F), *_LOWER)
_PUNCT: Intervals = ((0x21, 0x2F), (0x3A, 0x40), (0x5B, 0x60), (0x7B, 0x7E))

ESCAPED: dict[str, Intervals] = {"d": _DIGIT, "s": _SPACE, "w": _WORD, "h": _HORIZONTAL, "v": _VERTICAL}
"""Classes with one letter after the backslash; the upper-case letter is the complement."""

POSIX: dict[str, Intervals] = {
    "Lower": _LOWER,
    "Upper": _UPPER,
    "ASCII": ((0, 0x7F),),
    "Alpha": (*_UPPER, *_LOWER),
    "Digit": _DIGIT,
    "Alnum": (*_DIGIT, *_UPPER, *_LOWER),
    "Punct": _PUNCT,
    "Graph": ((0x21, 0x7E),),
    "Print": ((0x20, 0x7E),),
    "Blank": ((0x09, 0x09), (0x20, 0x20)),
    "Cntrl": ((0, 0x1F), (0x7F, 0x7F)),
    "XDigit": (*_DIGIT, (0x41, 0x46), (0x61, 0x66)),
    "Space": _SPACE,
}
_PROPERTY_NAMES = {
    "javaLowerCase": "Ll",
    "javaUpperCase": "Lu",
    "javaWhitespace": "Z",
    "IsAlphabetic": "L",
    "IsLetter": "L",
    "IsDigit": "Nd",
    "IsUppercase": "Lu",
    "IsLowercase": "Ll",
    "IsPunctuation": "P",
    "IsWhite_Space": "Z",
    "IsIdeographic": "Han",
}
_CATEGORIES = frozenset([
    "L", "Lu", "Ll", "Lt", "Lm", "Lo", "M", "Mn", "Mc", "Me", "N", "Nd", "Nl", "No",
    "P", "Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po", "S", "Sm", "Sc", "Sk", "So",
    "Z", "Zs", "Zl", "Zp", "C", "Cc", "Cf", "Cs", "Co", "Cn",
])  # fmt: skip


@dataclass(frozen=True, slots=True)
class CharSet:
    """Code points in `intervals` or with one of `properties` (name, is negated); all others if `is_negated`."""

    intervals: Intervals = ()
    properties: tuple[tuple[str, bool], ...] = ()
    is_negated: bool = False

    @property
    def plain(self) -> Intervals | None:
        """As intervals alone; None if that needs a property's members."""
        if self.properties:
            return None
        return complement(self.intervals) if self.is_negated else normalized(self.intervals)

    def union(self, other: CharSet) -> CharSet | None:
        """None if a complement with properties is in the way."""
        if not self.is_negated and not other.is_negated:
            return CharSet(self.intervals + other.intervals, self.properties + other.properties)
        if other.is_negated and not other.intervals and len(other.properties) == 1 and not self.is_negated:
            name, negated = other.properties[0]
            return CharSet(self.intervals, (*self.properties, (name, not negated)))
        mine, others = self.plain, other.plain
        if mine is None or others is None:
            return None
        return CharSet(normalized(mine + others))

    def intersection(self, other: CharSet) -> CharSet | None:
        mine, others = self.plain, other.plain
        if mine is None or others is None:
            return None
        return CharSet(complement(normalized(complement(mine) + complement(others))))


def normalized(intervals: Intervals) -> Intervals:
    result: list[tuple[int, int]] = []
    for low, high in sorted(intervals):
        if result and low <= result[-1][1] + 1:
            result[-1] = (result[-1][0], max(high, result[-1][1]))
        else:
            result.append((low, high))
    return tuple(result)


def complement(intervals: Intervals) -> Intervals:
    result, following = [], 0
    for low, high in normalized(intervals):
        if low > following:
            result.append((following, low - 1))
        following = high + 1
    return tuple(result) if following > LAST else (*result, (following, LAST))


def property_set(name: str) -> CharSet | None:
    """The class `\\p{name}`; None for a name not known here. Scripts are left to the engine to know."""
    if name in POSIX:
        return CharSet(POSIX[name])
    plain = _PROPERTY_NAMES.get(name, name)
    for prefix in ("Is", "general_category=", "gc=", "script=", "sc="):
        plain = plain.removeprefix(prefix)
    if plain in _CATEGORIES or (plain[:1].isupper() and plain.isalpha() and not name.startswith("In")):
        return CharSet(properties=((plain, False),))
    return None


@cache
def category_members(category: str) -> Intervals | None:
    """Code points of a general category; None for a script, of which Python has no table."""
    if category not in _CATEGORIES:
        return None
    members = (code for code in range(LAST + 1) if unicodedata.category(chr(code)).startswith(category))
    return normalized(tuple((code, code) for code in members))
