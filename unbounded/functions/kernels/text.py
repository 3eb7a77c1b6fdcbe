"""Kernels over strings: full case mapping, soundex, masks, check digits, words, and numbers by Java's patterns."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal

import pyarrow as pa
import pyarrow.compute as pc

from unbounded.errors import not_supported
from unbounded.functions.kernels.kernel import Kernel, per_row

_SOUNDEX = "01230127022455012623017202"
_EXACT = Context(prec=700, rounding=ROUND_HALF_EVEN)
_SENTENCE_END = re.compile(r"(?<=[.?!])[\s]+|(?<=[。？！])\s*")
_WORD = re.compile(r"\d+(?:[.,]\d+)*|\w+(?:[.'\-]\w+)*")
_PATTERN = re.compile(r"([^#0,.%]*)([#0,]*)(?:\.([0#]*))?(%?)([^#0,.%]*)")


def _soundex(text: str) -> str:
    """The text itself if it does not start with a Latin letter."""
    first = text[:1].upper()
    if not ("A" <= first <= "Z") or not text[0].isascii():
        return text
    code, last = first, _SOUNDEX[ord(first) - 65]
    for character in text[1:]:
        letter = character.upper() if character.isascii() else ""
        if not letter or not "A" <= letter <= "Z":
            last = "0"
            continue
        digit = _SOUNDEX[ord(letter) - 65]
        if digit == "7":
            continue
        if digit not in ("0", last):
            code += digit
            if len(code) == 4:
                break
        last = digit
    return code.ljust(4, "0")


def _luhn(text: str) -> bool:
    if not text or not (text.isascii() and text.isdigit()):
        return False
    doubled = [2 * int(digit) if i % 2 else int(digit) for i, digit in enumerate(reversed(text))]
    return sum(number - 9 if number > 9 else number for number in doubled) % 10 == 0


def _mask(text: str, upper: str, lower: str, digit: str, other: str) -> str:
    """Each replacement is one character, or empty to keep the characters of its class."""

    def masked(character: str) -> str:
        if character.isupper():
            return upper or character
        if character.islower():
            return lower or character
        return (digit if character.isdigit() else other) or character

    return "".join(map(masked, text))


def _sentences(text: str) -> list[list[str]]:
    """Sentences end at . ? ! before a space; words keep inner points, apostrophes and hyphens."""
    found = (_WORD.findall(sentence) for sentence in _SENTENCE_END.split(text))
    return [words for words in found if words]


# ---------------------------------------------------------------------------------------------- DecimalFormat


@dataclass(frozen=True, slots=True)
class NumberPattern:
    """A pattern of Java's `DecimalFormat`, taken apart."""

    prefix: str
    suffix: str
    minimum_whole: int
    group: int
    minimum_places: int
    maximum_places: int
    is_percent: bool
    negative: tuple[str, str]

    @classmethod
    def parse(cls, pattern: str) -> NumberPattern:
        positive, _, negative = pattern.partition(";")
        match = _PATTERN.fullmatch(positive)
        if match is None:
            raise not_supported(f"The number pattern {pattern}", "Use #, 0, comma, point, % and fixed text.")
        prefix, whole, places, percent, suffix = match.groups()
        places = places or ""
        minimum = whole.count("0")
        if "." in positive and not minimum and "0" not in places:
            minimum = 1
        group = len(whole) - whole.rindex(",") - 1 if "," in whole else 0
        signs = _PATTERN.fullmatch(negative)
        around = (signs[1], signs[4] + signs[5]) if negative and signs is not None else (f"-{prefix}", percent + suffix)
        maximum = len(places) if whole or places else 340
        return cls(prefix, percent + suffix, minimum, group, places.count("0"), maximum, bool(percent), around)

    def write(self, value: Decimal) -> str:
        scaled = _EXACT.scaleb(value, 2) if self.is_percent else value
        exponent = min(self.maximum_places, max(-int(scaled.as_tuple().exponent), 0))
        rounded = scaled.quantize(Decimal(1).scaleb(-exponent), context=_EXACT)
        whole, _, places = f"{rounded.copy_abs():f}".partition(".")
        places = places.rstrip("0").ljust(self.minimum_places, "0")
        whole = whole.lstrip("0").rjust(self.minimum_whole, "0")
        if not whole and not places:
            whole = "0"
        if self.group:
            first = len(whole) % self.group
            parts = [whole[:first]] if first else []
            whole = ",".join(parts + [whole[i : i + self.group] for i in range(first, len(whole), self.group)])
        body = f"{whole}.{places}" if places else whole
        before, after = self.negative if rounded.is_signed() else (self.prefix, self.suffix)
        return f"{before}{body}{after}"


def _pattern_decimal(text: str, pattern: str) -> str:
    return _default(Decimal(text)) if not pattern else NumberPattern.parse(pattern).write(Decimal(text))


def _pattern_double(value: float, pattern: str) -> str:
    return _not_finite(value) or _pattern_decimal(str(Decimal(value)), pattern)


def _default(value: Decimal) -> str:
    """Java's pattern of no pattern: grouped by threes, up to three places."""
    return NumberPattern.parse("#,##0.###").write(value)


def _places_decimal(text: str, places: int) -> str | None:
    return None if places < 0 else f"{Decimal(text).quantize(Decimal(1).scaleb(-places), context=_EXACT):,f}"


def _places_double(value: float, places: int) -> str | None:
    if places < 0:
        return None
    return _not_finite(value) or f"{value:,.{places}f}"


def _not_finite(value: float) -> str:
    if math.isfinite(value):
        return ""
    return "NaN" if math.isnan(value) else "∞" if value > 0 else "-∞"


def _reverse(column: pa.Array) -> pa.Array:
    return pc.utf8_reverse(column)


KERNELS: dict[str, Kernel] = {
    "upper": per_row(str.upper, ("VARCHAR",), "VARCHAR"),
    "lower": per_row(str.lower, ("VARCHAR",), "VARCHAR"),
    "reverse": Kernel(_reverse, ("VARCHAR",), "VARCHAR"),
    "soundex": per_row(_soundex, ("VARCHAR",), "VARCHAR"),
    "luhn": per_row(_luhn, ("VARCHAR",), "BOOLEAN"),
    "mask": per_row(_mask, ("VARCHAR",) * 5, "VARCHAR"),
    "sentences": per_row(_sentences, ("VARCHAR",), "VARCHAR[][]"),
    "binary_contains": per_row(lambda value, part: part in value, ("BLOB", "BLOB"), "BOOLEAN"),
    "pattern_decimal": per_row(_pattern_decimal, ("VARCHAR", "VARCHAR"), "VARCHAR"),
    "pattern_double": per_row(_pattern_double, ("DOUBLE", "VARCHAR"), "VARCHAR"),
    "places_decimal": per_row(_places_decimal, ("VARCHAR", "INTEGER"), "VARCHAR"),
    "places_double": per_row(_places_double, ("DOUBLE", "INTEGER"), "VARCHAR"),
}
