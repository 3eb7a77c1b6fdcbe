"""`now`, `today`, `epoch` and their like: what Spark reads where a constant string becomes a date or a timestamp."""

from __future__ import annotations

from unbounded.functions.environment import Environment
from unbounded.functions.zones import instant_us, today_days, wall_clock_us, zone_named
from unbounded.types.datatypes import DataType, DateType, TimestampType

_DAY_US = 86_400_000_000
_DAYS_FROM_TODAY = {"yesterday": -1, "today": 0, "tomorrow": 1}


def special_moment(word: str, target: DataType, environment: Environment) -> int | None:
    """Days or microseconds, as `target` counts; None for an ordinary string."""
    name = word.strip().lower()
    if name == "epoch":
        return 0
    if name == "now":
        return _now(target, environment)
    if name not in _DAYS_FROM_TODAY:
        return None
    days = today_days(environment) + _DAYS_FROM_TODAY[name]
    if isinstance(target, DateType):
        return days
    is_instant = isinstance(target, TimestampType)
    return instant_us(days * _DAY_US, zone_named(environment.time_zone)) if is_instant else days * _DAY_US


def _now(target: DataType, environment: Environment) -> int:
    if isinstance(target, TimestampType):
        return environment.now_us
    if isinstance(target, DateType):
        return today_days(environment)
    return wall_clock_us(environment.now_us, zone_named(environment.time_zone))
