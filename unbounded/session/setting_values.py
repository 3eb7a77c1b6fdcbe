"""Texts of settings as values, in Spark's notation: `true`, `200`, `10MB`, `2m`, `Europe/Berlin`. Knows no key."""

from __future__ import annotations

import re
from datetime import timedelta, timezone
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_DURATION = re.compile(r"(-?\d+)\s*([a-z]*)")
_MICROSECONDS = {
    "us": 1,
    "ms": 1_000,
    "s": 1_000_000,
    "m": 60_000_000,
    "min": 60_000_000,
    "h": 3_600_000_000,
    "d": 86_400_000_000,
}
_SIZE = re.compile(r"(-?\d+)\s*([a-z]*)")
_BYTES: dict[str, int] = {
    "": 1,
    "b": 1,
    **{unit + tail: 1 << (10 * power) for power, unit in enumerate("kmgtp", 1) for tail in ("", "b")},
}
_OFFSET = re.compile(r"(?:UTC|GMT|UT)?([+-])(\d{1,2})(?::?([0-5]\d))?(?::?([0-5]\d))?")
_OFFSET_HOURS_MAX = 18


def parse_boolean(text: str) -> bool:
    """Raises ValueError for anything but true and false, in any case."""
    match text.strip().lower():
        case "true":
            return True
        case "false":
            return False
    raise ValueError(f"{text!r} is neither true nor false")


def parse_duration_us(text: str, default_unit: str = "ms") -> int:
    """`2m` → 120_000_000. A bare number counts in `default_unit`."""
    match = _DURATION.fullmatch(text.strip().lower())
    factor = _MICROSECONDS.get(match[2] or default_unit) if match else None
    if match is None or factor is None:
        raise ValueError(f"{text!r} is not a duration such as 500ms, 2m or 1h")
    return int(match[1]) * factor


def parse_bytes(text: str) -> int:
    """`10MB` → 10_485_760. A bare number counts bytes."""
    match = _SIZE.fullmatch(text.strip().lower())
    factor = _BYTES.get(match[2]) if match else None
    if match is None or factor is None:
        raise ValueError(f"{text!r} is not a size such as 512k, 10MB or 1g")
    return int(match[1]) * factor


def parse_time_zone(text: str) -> ZoneInfo | timezone:
    """A region (`Europe/Berlin`) or an offset (`+02:00`, `UTC+2`); raises ValueError for others."""
    match = _OFFSET.fullmatch(text)
    if match is not None:
        return _fixed_offset(sign=match[1], hours=int(match[2]), minutes=int(match[3] or 0), seconds=int(match[4] or 0))
    try:
        return ZoneInfo("UTC" if text in ("Z", "UT", "GMT0") else text)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"{text!r} is not a time zone") from error


def _fixed_offset(*, sign: str, hours: int, minutes: int, seconds: int) -> timezone:
    offset = timedelta(hours=hours, minutes=minutes, seconds=seconds)
    if offset > timedelta(hours=_OFFSET_HOURS_MAX):
        raise ValueError(f"a time zone is at most {_OFFSET_HOURS_MAX} hours from UTC")
    return timezone(-offset if sign == "-" else offset)
