"""Names and offsets of zones in formatted times: `CET`, `Central European Time`, `+01:00`, `GMT+1`."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from unbounded.errors import not_supported
from unbounded.functions.engine import text
from unbounded.functions.zones import Zone, find_zone, zone_code

_LONG_NAMES = {
    "UTC": "Coordinated Universal Time", "GMT": "Greenwich Mean Time", "BST": "British Summer Time",
    "WET": "Western European Standard Time", "WEST": "Western European Summer Time",
    "CET": "Central European Standard Time", "CEST": "Central European Summer Time",
    "EET": "Eastern European Standard Time", "EEST": "Eastern European Summer Time",
    "MSK": "Moscow Standard Time", "IST": "India Standard Time", "JST": "Japan Standard Time",
    "KST": "Korean Standard Time", "EST": "Eastern Standard Time", "EDT": "Eastern Daylight Time",
    "CST": "Central Standard Time", "CDT": "Central Daylight Time", "MST": "Mountain Standard Time",
    "MDT": "Mountain Daylight Time", "PST": "Pacific Standard Time", "PDT": "Pacific Daylight Time",
    "AKST": "Alaska Standard Time", "AKDT": "Alaska Daylight Time",
    "AEST": "Australian Eastern Standard Time", "AEDT": "Australian Eastern Daylight Time",
}  # fmt: skip
_REGIONS = {
    "PST": "America/Los_Angeles", "PDT": "America/Los_Angeles", "MST": "America/Denver", "MDT": "America/Denver",
    "CST": "America/Chicago", "CDT": "America/Chicago", "EST": "America/New_York", "EDT": "America/New_York",
    "AKST": "America/Anchorage", "AKDT": "America/Anchorage", "HST": "Pacific/Honolulu", "BST": "Europe/London",
    "WET": "Europe/Lisbon", "WEST": "Europe/Lisbon", "CET": "Europe/Paris", "CEST": "Europe/Paris",
    "EET": "Europe/Bucharest", "EEST": "Europe/Bucharest", "MSK": "Europe/Moscow", "IST": "Asia/Kolkata",
    "JST": "Asia/Tokyo", "KST": "Asia/Seoul", "AEST": "Australia/Sydney", "AEDT": "Australia/Sydney",
}  # fmt: skip
"""What a zone name in a text that is read means; regions and offsets stand for themselves."""
_JANUARY, _JULY = datetime(2024, 1, 1), datetime(2024, 7, 1)


def zone_text_code(name: str) -> str | None:
    """The zone that a name in a text means, as the engine's macros take it; None for an unknown one."""
    zone = find_zone(_REGIONS.get(name.upper(), name))
    return None if zone is None else zone_code(zone)


def zone_name_sql(zone: Zone, offset: str, *, is_long: bool) -> str:
    """The name in force at an instant whose offset in seconds is `offset`."""
    if zone.offset_us is not None:
        shown = "UTC" if zone.name in ("UTC", "Etc/UTC") else zone.name
        return text(_LONG_NAMES.get(shown, shown) if is_long else shown)
    names = _names_by_offset(zone.region)
    if is_long:
        names = {seconds: _long_name(name) for seconds, name in names.items()}
    standard, *others = names.items()
    branches = " ".join(f"WHEN {seconds} THEN {text(name)}" for seconds, name in others)
    return f"CASE {offset} {branches} ELSE {text(standard[1])} END" if others else text(standard[1])


@lru_cache(maxsize=64)
def _names_by_offset(region: str) -> dict[int, str]:
    """Standard time first."""
    zone = ZoneInfo(region)
    moments = sorted(
        (moment.replace(tzinfo=zone) for moment in (_JANUARY, _JULY)), key=lambda m: m.dst() or timedelta(0)
    )
    names = {int((m.utcoffset() or timedelta(0)).total_seconds()): m.tzname() or "" for m in moments}
    if not all(name.isalpha() for name in names.values()):
        raise not_supported(f"The pattern letter z in {region}", "Use the letters XXX or VV.")
    return names


def _long_name(name: str) -> str:
    if name not in _LONG_NAMES:
        raise not_supported(f"The pattern letters zzzz for {name}", "Use the letters XXX or VV.")
    return _LONG_NAMES[name]


# ------------------------------------------------------------------------------------------------ offsets


def offset_sql(letter: str, count: int, offset: str) -> str:
    """An offset in seconds (engine SQL) as the pattern letters X, x, Z and O print it."""
    if letter == "O" or (letter == "Z" and count == 4):
        return _localized(offset, is_full=count == 4)
    if letter == "Z":
        letter, count = ("x", 2) if count < 4 else ("X", 5)
    has_colons = count in (3, 5)
    separator = "':'" if has_colons else "''"
    sign = f"CASE WHEN {offset} < 0 THEN '-' ELSE '+' END"
    minutes = f"{separator} || {_two_digits(f'abs({offset}) // 60 % 60')}"
    shown = f"{sign} || {_two_digits(f'abs({offset}) // 3600')}"
    if count == 1:
        shown += f" || CASE WHEN abs({offset}) // 60 % 60 = 0 THEN '' ELSE {minutes} END"
    else:
        shown += f" || {minutes}"
    if count > 3:
        shown += (
            f" || CASE WHEN abs({offset}) % 60 = 0 THEN '' ELSE {separator} || {_two_digits(f'abs({offset}) % 60')} END"
        )
    return f"CASE WHEN {offset} = 0 THEN 'Z' ELSE {shown} END" if letter == "X" else f"({shown})"


def _localized(offset: str, *, is_full: bool) -> str:
    """`GMT+5:30`, `GMT+05:30`."""
    hours = _two_digits(f"abs({offset}) // 3600") if is_full else f"CAST(abs({offset}) // 3600 AS VARCHAR)"
    minutes = f"':' || {_two_digits(f'abs({offset}) // 60 % 60')}"
    if not is_full:
        minutes = f"CASE WHEN abs({offset}) % 3600 = 0 THEN '' ELSE {minutes} END"
    seconds = f"CASE WHEN abs({offset}) % 60 = 0 THEN '' ELSE ':' || {_two_digits(f'abs({offset}) % 60')} END"
    sign = f"CASE WHEN {offset} < 0 THEN '-' ELSE '+' END"
    return f"('GMT' || CASE WHEN {offset} = 0 THEN '' ELSE {sign} || {hours} || {minutes} || {seconds} END)"


def _two_digits(number: str) -> str:
    return f"lpad(CAST({number} AS VARCHAR), 2, '0')"
