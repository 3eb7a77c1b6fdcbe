"""Between instants and wall-clock times: the only place where the session's time zone meets a timestamp."""

from __future__ import annotations

from unbounded.functions.engine import text
from unbounded.functions.environment import Environment


def local_time(instant_sql: str, environment: Environment) -> str:
    """The wall-clock time of an instant in the session's zone; both are engine TIMESTAMPs."""
    if environment.is_utc:
        return instant_sql
    return f"timezone({text(environment.time_zone)}, timezone('UTC', {instant_sql}))"


def instant(local_sql: str, environment: Environment) -> str:
    """The instant of a wall-clock time in the session's zone."""
    if environment.is_utc:
        return local_sql
    return f"timezone('UTC', timezone({text(environment.time_zone)}, {local_sql}))"
