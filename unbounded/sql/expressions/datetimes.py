"""Dates and timestamps in typed literals (`DATE'2020-1-1'`): Spark's text forms to days and microseconds.

Not for casts: those follow the session's time zone and run in the engine.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_MICROSECONDS_PER_DAY = 86_400_000_000
_DATE = re.compile(r"([+-]?\d{4,7})(?:-(\d{1,2})(?:-(\d{1,2})(?:[T ].*)?)?)?", re.DOTALL)
_TIMESTAMP = re.compile(
    r"([+-]?\d{4,7})(?:-(\d{1,2})(?:-(\d{1,2})(?:[T ](\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d*))?)?(.*))?)?)?"
)
_OFFSET = re.compile(r"(?:UTC|GMT|UT)?([+-])(\d{1,2})(?::?(\d{2}))?(?::?(\d{2}))?")


def parse_date(text: str) -> int | None:
    """Days since 1970-01-01; None if `text` is no date."""
    match = _DATE.fullmatch(text.strip())
    if match is None:
        return 0 if text.strip().lower() == "epoch" else None
    year, month, day = (int(part) if part else 1 for part in match.groups())
    return _days(year, month, day)


def parse_timestamp(text: str) -> tuple[int, str] | None:
    """Microseconds since 1970-01-01T00:00 on the wall clock, and the zone behind it ("" if there is none)."""
    match = _TIMESTAMP.fullmatch(text.strip())
    if match is None:
        return (0, "UTC") if text.strip().lower() == "epoch" else None
    year, month, day = (int(part) if part else 1 for part in match.group(1, 2, 3))
    hour, minute, second = (int(part) if part else 0 for part in match.group(4, 5, 6))
    days = _days(year, month, day)
    if days is None or hour > 23 or minute > 59 or second > 59:
        return None
    microseconds = int(((match[7] or "") + "000000")[:6])
    time_of_day = ((hour * 60 + minute) * 60 + second) * 1_000_000 + microseconds
    return days * _MICROSECONDS_PER_DAY + time_of_day, (match[8] or "").strip()


def to_utc(wall_clock_us: int, zone: str) -> int | None:
    """The instant at which clocks in `zone` show `wall_clock_us`; None if there is no such zone."""
    if zone in ("Z", "UTC", "GMT", "UT"):
        return wall_clock_us
    if (match := _OFFSET.fullmatch(zone)) is not None:
        sign, hours, minutes, seconds = match.groups()
        offset = int(hours) * 3600 + int(minutes or 0) * 60 + int(seconds or 0)
        return wall_clock_us - (1 if sign == "+" else -1) * offset * 1_000_000
    try:
        return _in_region(wall_clock_us, ZoneInfo(zone))
    except (ZoneInfoNotFoundError, ValueError, OverflowError, IsADirectoryError):
        return None


def _in_region(wall_clock_us: int, zone: tzinfo) -> int:
    local = datetime(1970, 1, 1) + timedelta(microseconds=wall_clock_us)
    instant = local.replace(tzinfo=zone).astimezone(UTC)
    return (instant - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def _days(year: int, month: int, day: int) -> int | None:
    """Days since 1970-01-01 in the proleptic Gregorian calendar, for any year."""
    if not 1 <= month <= 12 or not 1 <= day <= _month_length(year, month):
        return None
    shifted = year - (month <= 2)
    era, year_of_era = divmod(shifted, 400)
    day_of_year = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    return era * 146_097 + year_of_era * 365 + year_of_era // 4 - year_of_era // 100 + day_of_year - 719_468


def _month_length(year: int, month: int) -> int:
    if month == 2:
        return 29 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 28
    return 30 if month in (4, 6, 9, 11) else 31
