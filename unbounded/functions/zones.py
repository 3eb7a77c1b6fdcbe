"""Time zones by Spark's names, and the way between instants and wall-clock times: the only place where they meet.

Names: `Z`, `UTC`, `GMT`, `UT`, an offset (`+2`, `-03:30`, `UTC+2`), Java's three-letter ids, a region of the tz
database. Where clocks go back, the earlier of the two instants is meant; where they go forward, the time in the gap
moves on by its length. Both as in Java.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from unbounded.errors import ErrorKind, SparkError
from unbounded.functions.engine import bind, text
from unbounded.functions.environment import Environment

_OFFSET = re.compile(
    r"(?:UTC|GMT|UT)?([+-])(?:(?P<h>\d{1,2})(?::(?P<m>\d{1,2})(?::(?P<s>\d{2}))?)?|(?P<hh>\d{2})(?P<mm>\d{2})(?P<ss>\d{2})?)"
)
_MAX_OFFSET_SECONDS = 18 * 3600
_ZULU = frozenset({"Z", "UTC", "GMT", "UT"})
_FIXED_AT_ZERO = frozenset(
    {
        "Etc/UTC",
        "Etc/UCT",
        "Etc/Universal",
        "Etc/Zulu",
        "Etc/GMT",
        "Etc/GMT0",
        "Etc/Greenwich",
        "UCT",
        "Universal",
        "Zulu",
    }
)
_SHORT_IDS = {
    "ACT": "Australia/Darwin", "AET": "Australia/Sydney", "AGT": "America/Argentina/Buenos_Aires",
    "ART": "Africa/Cairo", "AST": "America/Anchorage", "BET": "America/Sao_Paulo", "BST": "Asia/Dhaka",
    "CAT": "Africa/Harare", "CNT": "America/St_Johns", "CST": "America/Chicago", "CTT": "Asia/Shanghai",
    "EAT": "Africa/Addis_Ababa", "ECT": "Europe/Paris", "EST": "-05:00", "HST": "-10:00",
    "IET": "America/Indiana/Indianapolis", "IST": "Asia/Kolkata", "JST": "Asia/Tokyo", "MIT": "Pacific/Apia",
    "MST": "-07:00", "NET": "Asia/Yerevan", "NST": "Pacific/Auckland", "PLT": "Asia/Karachi",
    "PNT": "America/Phoenix", "PRT": "America/Puerto_Rico", "PST": "America/Los_Angeles",
    "SST": "Pacific/Guadalcanal", "VST": "Asia/Ho_Chi_Minh",
}  # fmt: skip
"""Java's `ZoneId.SHORT_IDS`."""


@dataclass(frozen=True, slots=True)
class Zone:
    """A zone by its `name`; `offset_us` for one without rules, else the engine knows its `region`."""

    name: str
    offset_us: int | None = None
    region: str = ""


@lru_cache(maxsize=256)
def find_zone(name: str) -> Zone | None:
    """The zone called `name`, None if there is none."""
    known = _SHORT_IDS.get(name, name)
    if known in _ZULU:
        return Zone(name, 0)
    if known in _FIXED_AT_ZERO:
        return Zone(name, 0, region=known)
    if (match := _OFFSET.fullmatch(known)) is not None:
        seconds = _offset_seconds(match)
        return None if seconds is None else Zone(name, seconds * 1_000_000)
    return Zone(name, region=known) if _is_region(known) else None


def zone_named(name: str) -> Zone:
    """Raises: SparkError INVALID_TIMEZONE"""
    zone = find_zone(name)
    if zone is None:
        raise SparkError(ErrorKind.DATE_TIME, "INVALID_TIMEZONE", {"timeZone": name})
    return zone


def _offset_seconds(match: re.Match[str]) -> int | None:
    hours, minutes, seconds = (int(match[a] or match[b] or 0) for a, b in (("h", "hh"), ("m", "mm"), ("s", "ss")))
    total = hours * 3600 + minutes * 60 + seconds
    if minutes > 59 or seconds > 59 or total > _MAX_OFFSET_SECONDS:
        return None
    return -total if match[1] == "-" else total


def _is_region(name: str) -> bool:
    try:
        return ZoneInfo(name).key == name
    except (KeyError, ValueError, OSError):
        return False


# ------------------------------------------------------------------------------------------------ engine SQL


def local_time(instant_sql: str, environment: Environment) -> str:
    """The wall-clock time of an instant in the session's zone; both are engine TIMESTAMPs."""
    return local_time_at(instant_sql, zone_named(environment.time_zone))


def instant(local_sql: str, environment: Environment) -> str:
    """The instant of a wall-clock time in the session's zone."""
    return instant_at(local_sql, zone_named(environment.time_zone))


def local_time_at(instant_sql: str, zone: Zone) -> str:
    if zone.offset_us is None:
        return f"spark_local_at({instant_sql}, {text(zone.region)})"
    return _shifted(instant_sql, zone.offset_us)


def instant_at(local_sql: str, zone: Zone) -> str:
    if zone.offset_us is None:
        return bind(local_sql, "w", lambda local: f"spark_instant_at({local}, {text(zone.region)})")
    return _shifted(local_sql, -zone.offset_us)


def _shifted(time_sql: str, offset_us: int) -> str:
    return f"make_timestamp(epoch_us({time_sql}) + {offset_us})" if offset_us else time_sql


def local_time_by_name(instant_sql: str, zone_sql: str) -> str:
    """`local_time_at` with the zone's name in a column; an unknown name is an error, NULL is NULL."""
    return bind(f"kernel_zone_code({zone_sql})", "z", lambda code: f"spark_local_by_code({instant_sql}, {code})")


def instant_by_name(local_sql: str, zone_sql: str) -> str:
    """`instant_at` with the zone's name in a column; an unknown name is an error, NULL is NULL."""
    return bind(f"kernel_zone_code({zone_sql})", "z", lambda code: f"spark_instant_by_code({local_sql}, {code})")


def zone_code(zone: Zone) -> str:
    """A zone as the engine's macros take it: a region, or `#` and microseconds."""
    return zone.region if zone.offset_us is None else f"#{zone.offset_us}"


# ------------------------------------------------------------------------------------------------ constants

_EPOCH = datetime(1970, 1, 1)
_MICROSECOND = timedelta(microseconds=1)
_CYCLE_US = 146_097 * 86_400_000_000
"""400 years: after them the calendar, and with it the zones' rules, repeat."""
_FIRST_US, _LAST_US = -62_000_000_000_000_000, 253_000_000_000_000_000
"""A little inside the years 1 to 9999 that Python knows."""


def wall_clock_us(instant_us: int, zone: Zone) -> int:
    """Microseconds since 1970-01-01T00:00 that a clock in `zone` shows at an instant."""
    if zone.offset_us is not None:
        return instant_us + zone.offset_us
    known, cycles_us = _in_known_years(instant_us)
    local = (_EPOCH + known * _MICROSECOND).replace(tzinfo=UTC).astimezone(ZoneInfo(zone.region))
    return (local.replace(tzinfo=None) - _EPOCH) // _MICROSECOND + cycles_us


def instant_us(wall_clock: int, zone: Zone) -> int:
    """The instant at which a clock in `zone` shows `wall_clock`, both in microseconds since 1970-01-01T00:00."""
    if zone.offset_us is not None:
        return wall_clock - zone.offset_us
    known, cycles_us = _in_known_years(wall_clock)
    local = (_EPOCH + known * _MICROSECOND).replace(tzinfo=ZoneInfo(zone.region))
    return (local.astimezone(UTC).replace(tzinfo=None) - _EPOCH) // _MICROSECOND + cycles_us


def _in_known_years(moment_us: int) -> tuple[int, int]:
    """A moment of the same weekday and date that Python can hold, and how far it is away."""
    cycles = 0
    if moment_us < _FIRST_US:
        cycles = (moment_us - _FIRST_US) // _CYCLE_US
    elif moment_us > _LAST_US:
        cycles = -((_LAST_US - moment_us) // _CYCLE_US)
    return moment_us - cycles * _CYCLE_US, cycles * _CYCLE_US


def today_days(environment: Environment) -> int:
    """The session's current date as days since 1970-01-01."""
    return wall_clock_us(environment.now_us, zone_named(environment.time_zone)) // 86_400_000_000
