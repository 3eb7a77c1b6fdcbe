"""Durations as users write them: `10 minutes`, `1 hour 30 seconds`, `interval 5 days` -> microseconds."""

from __future__ import annotations

import re
from decimal import Decimal

from unbounded.errors import ErrorKind, SparkError, analysis_error

_UNIT_US = {
    "microsecond": 1,
    "millisecond": 1_000,
    "second": 1_000_000,
    "minute": 60_000_000,
    "hour": 3_600_000_000,
    "day": 86_400_000_000,
    "week": 7 * 86_400_000_000,
}
_MONTHS = {"month": 1, "year": 12}
_LONGEST_MONTH_DAYS = 31
_PART = re.compile(r"\s*([+-]?\d+(?:\.\d+)?)\s*([a-zA-Z]+)")


def parse_duration_us(text: str) -> int:
    """Microseconds of a duration without months.

    Raises: SparkError INVALID_INTERVAL_FORMAT.*, _LEGACY_ERROR_TEMP_3262 for months and years
    """
    months, days, microseconds = parse_calendar_interval(text)
    if months:
        raise SparkError(ErrorKind.ILLEGAL_ARGUMENT, "_LEGACY_ERROR_TEMP_3262", {"interval": text})
    return days * _UNIT_US["day"] + microseconds


def _parse_argument(text: str) -> tuple[int, int, int]:
    """(months, days, microseconds) of an argument of `window` or `withWatermark`, which may be a literal of SQL.

    Raises: SparkError CANNOT_PARSE_INTERVAL
    """
    literal = re.fullmatch(r"\s*interval\s+'([^']*)'\s*(\w+)\s*", text, flags=re.IGNORECASE)
    try:
        return parse_calendar_interval(f"{literal[1]} {literal[2]}" if literal else text)
    except SparkError:
        raise analysis_error("CANNOT_PARSE_INTERVAL", intervalString=f"'{text}'") from None


def parse_window_us(text: str) -> int:
    """Microseconds of a length, slide or start of windows.

    Raises: SparkError CANNOT_PARSE_INTERVAL, _LEGACY_ERROR_TEMP_3231 for months and years
    """
    months, days, microseconds = _parse_argument(text)
    if months:
        raise SparkError(ErrorKind.ILLEGAL_ARGUMENT, "_LEGACY_ERROR_TEMP_3231", {"interval": text})
    return days * _UNIT_US["day"] + microseconds


def parse_delay_us(text: str) -> int:
    """Microseconds of the delay of a watermark, in which a month has 31 days.

    Raises: SparkError CANNOT_PARSE_INTERVAL
    """
    months, days, microseconds = _parse_argument(text)
    return (months * _LONGEST_MONTH_DAYS + days) * _UNIT_US["day"] + microseconds


def parse_calendar_interval(text: str) -> tuple[int, int, int]:
    """(months, days, microseconds) of an interval text; the word `interval` in front is optional.

    Raises: SparkError INVALID_INTERVAL_FORMAT.*
    """
    body = re.sub(r"^\s*interval\b", "", text, flags=re.IGNORECASE).strip()
    if not body:
        raise _invalid("INPUT_IS_EMPTY", text)
    months = days = position = 0
    microseconds = Decimal(0)
    while position < len(body):
        match = _PART.match(body, position)
        if match is None:
            raise _invalid("UNRECOGNIZED_NUMBER", text, number=body[position:].split()[0])
        number, unit = Decimal(match[1]), match[2].lower().removesuffix("s")
        if unit in _MONTHS:
            months += int(number) * _MONTHS[unit]
        elif unit in ("day", "week"):
            days += int(number) * (_UNIT_US[unit] // _UNIT_US["day"])
        elif unit in _UNIT_US:
            microseconds += number * _UNIT_US[unit]
        else:
            raise _invalid("INVALID_UNIT", text, unit=match[2])
        position = match.end()
    return months, days, int(microseconds)


def _invalid(kind: str, text: str, **parameters: str) -> SparkError:
    return analysis_error(f"INVALID_INTERVAL_FORMAT.{kind}", input=text, **parameters)
