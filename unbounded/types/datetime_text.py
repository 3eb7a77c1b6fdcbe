"""Dates and timestamps as Spark prints them, for any year: `2024-02-29`, `+12024-01-01 10:00:00.5`, `-0044-03-15`."""

from __future__ import annotations

import datetime

_DAY_US = 86_400_000_000
_CYCLE_DAYS, _CYCLE_YEARS = 146_097, 400
_EPOCH = datetime.date(1970, 1, 1)
_FIRST_DAYS = (datetime.date(1, 1, 1) - _EPOCH).days


def date_text(days: int) -> str:
    """Days since 1970-01-01, in the proleptic Gregorian calendar."""
    cycles, rest = divmod(days - _FIRST_DAYS, _CYCLE_DAYS)
    date = datetime.date(1, 1, 1) + datetime.timedelta(days=rest)
    year = date.year + cycles * _CYCLE_YEARS
    sign = "-" if year < 0 else "+" if year > 9999 else ""
    return f"{sign}{abs(year):04d}-{date.month:02d}-{date.day:02d}"


def timestamp_text(microseconds: int) -> str:
    """Microseconds since 1970-01-01T00:00; a fraction without zeros at its end."""
    days, rest = divmod(microseconds, _DAY_US)
    seconds, fraction = divmod(rest, 1_000_000)
    clock = f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
    shown = f".{fraction:06d}".rstrip("0") if fraction else ""
    return f"{date_text(days)} {clock}{shown}"
