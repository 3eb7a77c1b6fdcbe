"""Times taken from one zone to another: `from_utc_timestamp`, `to_utc_timestamp`, `convert_timezone`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from unbounded.errors import SparkError
from unbounded.functions.datetimes.parameters import failing_where_used
from unbounded.functions.environment import Environment
from unbounded.functions.registry import Function, Invocation, scalar
from unbounded.functions.signature import P_STRING, P_TIMESTAMP, Signature, exactly, wrong_argument_count
from unbounded.functions.zones import Zone, instant_at, instant_by_name, local_time_at, local_time_by_name, zone_named
from unbounded.plan.expressions import Call, Expression
from unbounded.types.datatypes import STRING, TIMESTAMP, TIMESTAMP_NTZ, DataType

_NULL = "CAST(NULL AS TIMESTAMP)"


def _to_local(value: str, invocation: Invocation, zone_position: int) -> str:
    if not invocation.is_constant(zone_position):
        return local_time_by_name(value, invocation.sql[zone_position])
    return _with_zone(value, invocation.constant(zone_position), local_time_at)


def _to_instant(value: str, invocation: Invocation, zone_position: int) -> str:
    if not invocation.is_constant(zone_position):
        return instant_by_name(value, invocation.sql[zone_position])
    return _with_zone(value, invocation.constant(zone_position), instant_at)


def _with_zone(value: str, name: str | None, move: Callable[[str, Zone], str]) -> str:
    if name is None:
        return _NULL
    try:
        return move(value, zone_named(name))
    except SparkError as refusal:
        return failing_where_used(refusal, value, TIMESTAMP)


def _type_convert(
    name: str, arguments: Sequence[Expression], environment: Environment
) -> tuple[tuple[Expression, ...], DataType]:
    """[source zone,] target zone, time."""
    if len(arguments) not in (2, 3):
        raise wrong_argument_count(name, len(arguments), "[2, 3]")
    source = [] if len(arguments) == 3 else [Call("current_timezone", (), STRING, False)]
    return Signature((P_STRING, P_STRING, exactly(TIMESTAMP_NTZ)), TIMESTAMP_NTZ).apply(name, [*source, *arguments])


def _lower_convert(invocation: Invocation) -> str:
    value = invocation.sql[2]
    if isinstance(invocation.arguments[0], Call) and invocation.arguments[0].function == "current_timezone":
        return _to_local(instant_at(value, zone_named(invocation.environment.time_zone)), invocation, 1)
    return _to_local(_to_instant(value, invocation, 0), invocation, 1)


FUNCTIONS: dict[str, Function] = {
    "from_utc_timestamp": scalar([P_TIMESTAMP, P_STRING], TIMESTAMP, lambda call: _to_local(call.sql[0], call, 1)),
    "to_utc_timestamp": scalar([P_TIMESTAMP, P_STRING], TIMESTAMP, lambda call: _to_instant(call.sql[0], call, 1)),
    "convert_timezone": Function(_type_convert, _lower_convert),
}
