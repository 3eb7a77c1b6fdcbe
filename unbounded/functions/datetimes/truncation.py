"""`trunc` and `date_trunc`: the start of the unit a date or a timestamp lies in, in the session's zone."""

from __future__ import annotations

from unbounded.functions.datetimes.parameters import DAY_US, floor_to
from unbounded.functions.engine import text
from unbounded.functions.environment import Environment
from unbounded.functions.registry import Function, Invocation, Nullability, scalar
from unbounded.functions.signature import P_DATE, P_STRING, P_TIMESTAMP
from unbounded.functions.zones import instant, local_time, zone_named
from unbounded.types.datatypes import DATE, TIMESTAMP

_DATE_UNITS = {
    "year": ("YEAR", "YYYY", "YY"),
    "quarter": ("QUARTER",),
    "month": ("MONTH", "MON", "MM"),
    "week": ("WEEK",),
}
_TIME_UNITS = {**_DATE_UNITS, "day": ("DAY", "DD")}
_CLOCK_UNITS_US = {"HOUR": 3_600_000_000, "MINUTE": 60_000_000}
_FIXED_UNITS_US = {"SECOND": 1_000_000, "MILLISECOND": 1_000, "MICROSECOND": 1}


def _unit(units: dict[str, tuple[str, ...]], name: str) -> str | None:
    return next((unit for unit, names in units.items() if name.upper() in names), None)


def _lower_trunc(invocation: Invocation) -> str:
    value, unit_name = invocation.sql
    if invocation.is_constant(1):
        unit = _unit(_DATE_UNITS, invocation.constant(1) or "")
        return "CAST(NULL AS DATE)" if unit is None else _date_start(value, unit)
    return _by_name(unit_name, {names: _date_start(value, unit) for unit, names in _DATE_UNITS.items()})


def _date_start(value: str, unit: str) -> str:
    return f"CAST(date_trunc('{unit}', {value}) AS DATE)"


def _by_name(name: str, starts: dict[tuple[str, ...], str]) -> str:
    branches = " ".join(
        f"WHEN upper({name}) IN ({', '.join(map(text, names))}) THEN {s}" for names, s in starts.items()
    )
    return f"CASE {branches} END"


def _lower_date_trunc(invocation: Invocation) -> str:
    unit_name, value = invocation.sql
    starts = _starts(value, invocation.environment)
    if not invocation.is_constant(0):
        return _by_name(unit_name, starts)
    wanted = (invocation.constant(0) or "").upper()
    return next((start for names, start in starts.items() if wanted in names), "CAST(NULL AS TIMESTAMP)")


def _starts(value: str, environment: Environment) -> dict[tuple[str, ...], str]:
    """By the unit's names. Hours and minutes start by the clock, but keep the offset of the instant."""
    local = local_time(value, environment)
    starts = {
        names: instant(f"CAST(date_trunc('{unit}', {local}) AS TIMESTAMP)", environment)
        for unit, names in _TIME_UNITS.items()
    }
    for name, unit_us in _CLOCK_UNITS_US.items():
        starts[(name,)] = _clock_start(value, local, unit_us, environment)
    for name, unit_us in _FIXED_UNITS_US.items():
        starts[(name,)] = value if unit_us == 1 else f"make_timestamp({floor_to(f'epoch_us({value})', unit_us)})"
    return starts


def _clock_start(value: str, local: str, unit_us: int, environment: Environment) -> str:
    if zone_named(environment.time_zone).offset_us is not None and not DAY_US % unit_us:
        floored = f"make_timestamp({floor_to(f'epoch_us({local})', unit_us)})"
        return instant(floored, environment)
    past_start = f"((epoch_us({local}) % {unit_us}) + {unit_us}) % {unit_us}"
    return f"make_timestamp(epoch_us({value}) - {past_start})"


FUNCTIONS: dict[str, Function] = {
    "trunc": scalar([P_DATE, P_STRING], DATE, _lower_trunc, nullability=Nullability.ALWAYS),
    "date_trunc": scalar([P_STRING, P_TIMESTAMP], TIMESTAMP, _lower_date_trunc, nullability=Nullability.ALWAYS),
}
