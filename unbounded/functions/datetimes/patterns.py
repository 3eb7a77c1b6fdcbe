"""Java's date and time patterns, taken apart and checked as Spark does: `yyyy-MM-dd['T'HH:mm]` to a list of elements.

Source: `java.time.format.DateTimeFormatterBuilder.appendPattern`, and what Spark refuses beyond it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby

from unbounded.errors import ErrorKind, SparkError

_DOCUMENTATION = "https://spark.apache.org/docs/latest"
_LENGTHS = {
    **dict.fromkeys("GMLQqE", 4),
    "y": 6,
    **dict.fromkeys("dHhKkms", 2),
    "D": 3,
    **dict.fromkeys("Fa", 1),
    "S": 9,
    "V": 2,
    "z": 4,
    **dict.fromkeys("OXxZ", 5),
}
"""The most letters of a kind; a letter that is missing here is no pattern letter."""
_WEEK_BASED = "YWwuec"
_REFUSED = "ABnNp"
_REFUSED_FOR_PARSING = "EFqQ"
_TOO_LONG = ("G", "M", "L", "E", "u", "Q", "q")
_RESERVED = "{}#"
_OLD_LETTERS = frozenset("GyYMLwWDdFEuaHkKhmsSzZX")
"""Letters of Java's SimpleDateFormat: a pattern of these that is refused today was accepted by Spark 2."""


@dataclass(frozen=True, slots=True)
class Field:
    """A run of one pattern letter."""

    letter: str
    count: int


@dataclass(frozen=True, slots=True)
class Text:
    value: str


@dataclass(frozen=True, slots=True)
class Optional:
    """`[…]`: printed always, read if it is there."""

    elements: tuple[Element, ...]


Element = Field | Text | Optional


@lru_cache(maxsize=512)
def parse_pattern(pattern: str, *, is_for_parsing: bool) -> tuple[Element, ...]:
    """The elements of `pattern`.

    Raises: SparkError INVALID_DATETIME_PATTERN.*, INCONSISTENT_BEHAVIOR_CROSS_VERSION.DATETIME_PATTERN_RECOGNITION,
        .DATETIME_WEEK_BASED_PATTERN
    """
    try:
        _check_letters(pattern, is_for_parsing=is_for_parsing)
        return _Reader(pattern).read()
    except SparkError:
        if _was_accepted(pattern):
            raise _unrecognized(pattern) from None
        raise


def fields_of(elements: tuple[Element, ...]) -> list[Field]:
    """All fields, also those in optional sections."""
    found: list[Field] = []
    for element in elements:
        if isinstance(element, Field):
            found.append(element)
        elif isinstance(element, Optional):
            found.extend(fields_of(element.elements))
    return found


class _Reader:
    """One pass over a pattern; `_open` holds the sections that are not closed yet, the whole pattern first."""

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self._position = 0
        self._open: list[list[Element]] = [[]]

    def read(self) -> tuple[Element, ...]:
        while self._position < len(self._pattern):
            self._step(self._pattern[self._position])
        while len(self._open) > 1:
            self._close()
        return tuple(self._open[0])

    def _step(self, character: str) -> None:
        if character.isascii() and character.isalpha():
            self._add(self._field(character))
            return
        self._position += 1
        if character == "'":
            self._add(self._quoted())
        elif character == "[":
            self._open.append([])
        elif character == "]":
            if len(self._open) == 1:
                raise _invalid(self._pattern)
            self._close()
        elif character in _RESERVED:
            raise _invalid(self._pattern)
        else:
            self._add(Text(character))

    def _add(self, element: Element) -> None:
        last = self._open[-1][-1] if self._open[-1] else None
        if isinstance(element, Text) and isinstance(last, Text):
            element = Text(last.value + element.value)
            self._open[-1].pop()
        self._open[-1].append(element)

    def _close(self) -> None:
        section = Optional(tuple(self._open.pop()))
        self._open[-1].append(section)

    def _field(self, letter: str) -> Field:
        start = self._position
        while self._position < len(self._pattern) and self._pattern[self._position] == letter:
            self._position += 1
        count = self._position - start
        is_odd = (letter == "O" and count not in (1, 4)) or (letter == "V" and count != 2)
        if count > _LENGTHS.get(letter, 0) or is_odd:
            raise _invalid(self._pattern)
        return Field(letter, count)

    def _quoted(self) -> Text:
        """Behind an opening quote; two quotes are one."""
        value = ""
        while (end := self._pattern.find("'", self._position)) >= 0:
            value += self._pattern[self._position : end]
            self._position = end + 1
            if not self._pattern.startswith("'", self._position):
                return Text(value or "'")
            value += "'"
            self._position += 1
        raise _invalid(self._pattern)


def _check_letters(pattern: str, *, is_for_parsing: bool) -> None:
    refused = _REFUSED + (_REFUSED_FOR_PARSING if is_for_parsing else "")
    for part in pattern.split("'")[::2]:
        for character in part:
            if character in _WEEK_BASED:
                condition = "INCONSISTENT_BEHAVIOR_CROSS_VERSION.DATETIME_WEEK_BASED_PATTERN"
                raise SparkError(ErrorKind.UPGRADE, condition, {"c": character})
        for character in part:
            if character in refused:
                parameters = {"c": character, "pattern": pattern}
                raise SparkError(ErrorKind.ILLEGAL_ARGUMENT, "INVALID_DATETIME_PATTERN.ILLEGAL_CHARACTER", parameters)
        for letter, run in groupby(part):
            length = len(list(run))
            if (letter in _TOO_LONG and length > 4) or (letter == "y" and length > 6):
                parameters = {"pattern": letter * (7 if letter == "y" else 5)}
                raise SparkError(ErrorKind.ILLEGAL_ARGUMENT, "INVALID_DATETIME_PATTERN.LENGTH", parameters)


def _was_accepted(pattern: str) -> bool:
    """Whether SimpleDateFormat takes the pattern."""
    parts = pattern.split("'")
    letters = [(letter, len(list(run))) for part in parts[::2] for letter, run in groupby(part) if letter.isalpha()]
    known = all(
        letter in _OLD_LETTERS and (letter != "X" or length < 4) for letter, length in letters if letter.isascii()
    )
    return known and len(parts) % 2 == 1


def _unrecognized(pattern: str) -> SparkError:
    parameters = {
        "pattern": f"'{_escaped(pattern)}'",
        "config": '"spark.sql.legacy.timeParserPolicy"',
        "docroot": _DOCUMENTATION,
    }
    condition = "INCONSISTENT_BEHAVIOR_CROSS_VERSION.DATETIME_PATTERN_RECOGNITION"
    return SparkError(ErrorKind.UPGRADE, condition, parameters)


def _invalid(pattern: str) -> SparkError:
    parameters = {"pattern": f"'{_escaped(pattern)}'", "docroot": _DOCUMENTATION}
    return SparkError(ErrorKind.ILLEGAL_ARGUMENT, "INVALID_DATETIME_PATTERN.WITH_SUGGESTION", parameters)


def _escaped(pattern: str) -> str:
    return pattern.replace("\\", "\\\\").replace("'", "\\'")
