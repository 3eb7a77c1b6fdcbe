"""Values of options as Spark reads them from text: whole numbers and durations. Knows no option by name."""

from __future__ import annotations

import re

from unbounded.errors import NO_CONDITION, ErrorKind, SparkError

_WHOLE = re.compile(r"[+-]?\d+")
_DURATION = re.compile(r"(-?\d+)([a-z]+)?")
_UNITS_US = {
    "us": 1,
    "ms": 1_000,
    "s": 1_000_000,
    "m": 60_000_000,
    "min": 60_000_000,
    "h": 3_600_000_000,
    "d": 86_400_000_000,
}
INT_MAX = 2**31 - 1
LONG_MAX = 2**63 - 1


def illegal_argument(message: str) -> SparkError:
    """An error that Spark gives no condition: its sentence is all there is."""
    return SparkError(ErrorKind.ILLEGAL_ARGUMENT, NO_CONDITION, {"message": message})


def whole_number(text: str, maximum: int = LONG_MAX) -> int:
    """Raises: SparkError NUMBER_FORMAT as Java's `parseLong` (or `parseInt`, by `maximum`)"""
    value = int(text) if _WHOLE.fullmatch(text) else None
    if value is None or not -maximum - 1 <= value <= maximum:
        raise SparkError(ErrorKind.NUMBER_FORMAT, NO_CONDITION, {"message": f'For input string: "{text}"'})
    return value


def duration(text: str, unit: str) -> int:
    """`5s`, `100ms`, `7d` in whole `unit`s, rounded towards zero; a bare number is in `unit`.

    Raises: SparkError NUMBER_FORMAT
    """
    match = _DURATION.fullmatch(text.strip().lower())
    if match is None:
        raise _not_a_duration(f"Failed to parse time string: {text}")
    suffix = match[2] or unit
    if suffix not in _UNITS_US:
        raise _not_a_duration(f'Invalid suffix: "{suffix}"')
    microseconds = int(match[1]) * _UNITS_US[suffix]
    count = abs(microseconds) // _UNITS_US[unit]
    return count if microseconds >= 0 else -count


def _not_a_duration(reason: str) -> SparkError:
    message = (
        "Time must be specified as seconds (s), milliseconds (ms), microseconds (us), minutes (m or min), hour (h), "
        f"or day (d). E.g. 50s, 100ms, or 250us.\n{reason}"
    )
    return SparkError(ErrorKind.NUMBER_FORMAT, NO_CONDITION, {"message": message})
