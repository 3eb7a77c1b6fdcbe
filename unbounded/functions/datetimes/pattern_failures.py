"""Why a text does not match a pattern, in Java's words: only for the message of an error that has happened."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from unbounded.functions.datetimes.patterns import Element, Field, Optional, Text, parse_pattern
from unbounded.functions.datetimes.reading import MONTHS, OFFSETS

_NUMBER_FIELDS = {
    "M": ("MonthOfYear", 1, 12),
    "d": ("DayOfMonth", 1, 31),
    "D": ("DayOfYear", 1, 366),
    "H": ("HourOfDay", 0, 23),
    "k": ("ClockHourOfDay", 1, 24),
    "h": ("ClockHourOfAmPm", 1, 12),
    "K": ("HourOfAmPm", 0, 11),
    "m": ("MinuteOfHour", 0, 59),
    "s": ("SecondOfMinute", 0, 59),
}
_RANGES = {"DayOfMonth": "1 - 28/31", "DayOfYear": "1 - 365/366"}
_REGION = re.compile(r"[A-Za-z+-][A-Za-z0-9~/._+:-]*")
_NAME = re.compile(r"[A-Za-z+-][A-Za-z0-9~/._-]*")


def explain_parse_failure(parameters: Mapping[str, str]) -> dict[str, str]:
    """The parameters of CANNOT_PARSE_TIMESTAMP for a failure that carries `text` and `pattern`."""
    message = _message(parameters["text"], parameters["pattern"])
    return {"func": parameters["func"], "message": message}


def _message(text: str, pattern: str) -> str:
    attempt = _Attempt(text)
    shown = f"Text '{text}' could not be parsed"
    failed_at = attempt.read(parse_pattern(pattern, is_for_parsing=True), 0)
    if failed_at is not None:
        return f"{shown} at index {failed_at}"
    if attempt.position < len(text):
        return f"{shown}, unparsed text found at index {attempt.position}"
    if "y" not in attempt.values and attempt.values.get("M") == 2 and attempt.values.get("d") == 29:
        return "Invalid date 'February 29' as '1970' is not a leap year"
    return f"{shown}: {_out_of_range(attempt.values)}"


@dataclass
class _Attempt:
    """Reads one text element by element, without going back, as Java does."""

    text: str
    position: int = 0
    values: dict[str, int] = field(default_factory=dict)

    def read(self, elements: tuple[Element, ...], reserved: int) -> int | None:
        """None, or the index at which reading failed."""
        for index, element in enumerate(elements):
            match element:
                case Text(value=value):
                    if self.text[self.position : self.position + len(value)].lower() != value.lower():
                        return self._literal_failure(value)
                    self.position += len(value)
                case Optional(elements=inner):
                    start, values = self.position, dict(self.values)
                    if self.read(inner, 0) is not None:
                        self.position, self.values = start, values
                case Field():
                    if not self._field(element, _digits_behind(elements, index)):
                        return self.position
        return None

    def _literal_failure(self, value: str) -> int:
        """Java appends character by character what is not quoted, so it fails at the first that differs."""
        for offset, character in enumerate(value):
            if self.text[self.position + offset : self.position + offset + 1].lower() != character.lower():
                return self.position + offset
        return self.position

    def _field(self, element: Field, reserved: int) -> bool:
        letter, count = element.letter.replace("L", "M"), element.count
        if letter == "M" and count > 2:
            return self._word([name[:3] if count == 3 else name for name in MONTHS], "M")
        if letter == "a":
            return self._word(["AM", "PM"], "a")
        if letter == "G":
            return self._word(["Anno Domini", "Before Christ"] if count == 4 else ["AD", "BC"], "G")
        if letter in "Vz":
            return self._pattern(_REGION if letter == "V" else _NAME)
        if (letter, count) in OFFSETS:
            return self._pattern(re.compile(OFFSETS[(letter, count)], re.IGNORECASE))
        return self._number(letter, count, reserved)

    def _word(self, words: list[str], letter: str) -> bool:
        for number, word in enumerate(words, 1):
            if self.text[self.position : self.position + len(word)].lower() == word.lower():
                self.position += len(word)
                self.values[letter] = number
                return True
        return False

    def _pattern(self, pattern: re.Pattern[str]) -> bool:
        match = pattern.match(self.text, self.position)
        if match is None:
            return False
        self.position = match.end()
        return True

    def _number(self, letter: str, count: int, reserved: int) -> bool:
        least, most = _widths(letter, count)
        start = self.position
        sign = self.text[start : start + 1] if letter == "y" and count != 2 else ""
        start += 1 if sign in ("+", "-") and sign else 0
        digits = re.compile(r"\d*").match(self.text, start)
        found = len(digits[0]) if digits else 0
        length = min(found, most) if most < 19 else max(min(least, found), found - reserved)
        exceeds = letter == "y" and count >= 4 and length > count and sign not in ("+", "-")
        if length < least or exceeds or (sign == "+" and length <= count):
            return False
        value = int(self.text[start : start + length])
        self.values[letter] = -value if sign == "-" else 2000 + value if letter == "y" and count == 2 else value
        self.position = start + length
        return True


def _digits_behind(elements: tuple[Element, ...], index: int) -> int:
    """Digits of the numbers of fixed width that follow without anything between."""
    total = 0
    for element in elements[index + 1 :]:
        if not isinstance(element, Field):
            break
        least, most = _widths(element.letter.replace("L", "M"), element.count)
        if element.letter not in "MLdDHhkKms" or least != most:
            break
        total += least
    return total


def _widths(letter: str, count: int) -> tuple[int, int]:
    if letter == "S":
        return 1, count
    if letter == "D" and count == 2:
        return 2, 3
    if count == 1 or (letter == "y" and count != 2):
        return count, 19
    return count, count


def _out_of_range(values: Mapping[str, int]) -> str:
    for letter, (name, least, most) in _NUMBER_FIELDS.items():
        if letter in values and not least <= values[letter] <= most:
            shown = _RANGES.get(name, f"{least} - {most}")
            return f"Invalid value for {name} (valid values {shown}): {values[letter]}"
    year, month, day = values.get("y", 1970), values.get("M", 1), values.get("d", 1)
    if values.get("D") == 366:
        return f"Invalid date 'DayOfYear 366' as '{year}' is not a leap year"
    if "H" in values and "a" in values and (values["H"] >= 12) != (values["a"] == 2):
        found, other = int(values["H"] >= 12), values["a"] - 1
        conflict = f"Field AmPmOfDay {found} differs from AmPmOfDay {other}"
        return f"Conflict found: {conflict} derived from {_clock(values)}"
    if month == 2 and day == 29:
        return f"Invalid date 'February 29' as '{year}' is not a leap year"
    return f"Invalid date '{MONTHS[month - 1].upper()} {day}'"


def _clock(values: Mapping[str, int]) -> str:
    return f"{values['H']:02d}:{values.get('m', 0):02d}"
