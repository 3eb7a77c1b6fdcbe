"""The present: one instant for a whole query, as date, timestamp and wall clock, and the session's zone."""

from __future__ import annotations

from unbounded.functions.engine import literal
from unbounded.functions.environment import Environment
from unbounded.functions.registry import Function, Invocation, Nullability, scalar
from unbounded.functions.zones import today_days, wall_clock_us, zone_named
from unbounded.types.datatypes import DATE, STRING, TIMESTAMP, TIMESTAMP_NTZ, DataType

_NEVER = Nullability.NEVER


def _value(environment: Environment, data_type: DataType) -> int | str:
    if data_type == DATE:
        return today_days(environment)
    if data_type == TIMESTAMP_NTZ:
        return wall_clock_us(environment.now_us, zone_named(environment.time_zone))
    return environment.time_zone if data_type == STRING else environment.now_us


def _lower_present(invocation: Invocation) -> str:
    return literal(_value(invocation.environment, invocation.data_type), invocation.data_type)


FUNCTIONS: dict[str, Function] = {
    "current_date": scalar([], DATE, _lower_present, nullability=_NEVER),
    "current_timestamp": scalar([], TIMESTAMP, _lower_present, nullability=_NEVER),
    "now": scalar([], TIMESTAMP, _lower_present, nullability=_NEVER),
    "localtimestamp": scalar([], TIMESTAMP_NTZ, _lower_present, nullability=_NEVER),
    "current_timezone": scalar([], STRING, _lower_present, nullability=_NEVER),
}
