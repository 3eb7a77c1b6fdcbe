"""Strings by position: parts, searching, replacing, padding, trimming. Positions count from 1, negative from the end.

Binary values go through their hexadecimal text, two digits a byte, where the engine has no function for them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from unbounded.errors import ErrorKind
from unbounded.functions.engine import raise_error
from unbounded.functions.environment import Environment
from unbounded.functions.registry import EngineRule, Function, Invocation, Nullability, scalar
from unbounded.functions.signature import P_INTEGER, P_STRING, STRING_OR_BINARY, Parameter, Signature, Types
from unbounded.plan.expressions import Expression, Literal
from unbounded.types.datatypes import BINARY, BOOLEAN, INTEGER, STRING, BinaryType, DataType

Typed = tuple[tuple[Expression, ...], DataType]

_WHOLE_REST = Literal(2147483647, INTEGER)
_MINUS_ONE, _ONE, _EMPTY = Literal(-1, INTEGER), Literal(1, INTEGER), Literal("", STRING)


def _first(types: Types) -> DataType:
    return types[0]


def _is_binary(invocation: Invocation) -> bool:
    return isinstance(invocation.type_of(0), BinaryType)


# ---------------------------------------------------------------------------------------------- parts


def _lower_substring(invocation: Invocation) -> str:
    value, start, length = invocation.sql
    if _is_binary(invocation):
        first_digit = f"CASE WHEN {start} > 0 THEN 2 * {start} - 1 ELSE 2 * {start} END"
        return f"unhex({_part(f'hex({value})', first_digit, f'2 * {length}::BIGINT')})"
    position = invocation.constant(1)
    if isinstance(position, int) and position > 0 and invocation.constant(2) == 2147483647:
        return f"substring({value}, {position})"
    return _part(value, start, length)


def _part(value: str, start: str, length: str) -> str:
    """Position 0 counts as 1; a start before the first character shortens the part."""
    return f"substring({value}, CASE WHEN {start} = 0 THEN 1 ELSE {start} END, greatest({length}, 0))"


def _lower_left(invocation: Invocation) -> str:
    value, length = invocation.sql
    if _is_binary(invocation):
        return f"unhex(left(hex({value}), 2 * greatest({length}, 0)))"
    return f"left({value}, greatest({length}, 0))"


def _lower_substring_index(invocation: Invocation) -> str:
    """What stands before the n-th delimiter; for a negative n behind the n-th from the end."""
    value, delimiter, count = invocation.sql
    parts = f"string_split({value}, {delimiter})"
    chosen = f"CASE WHEN {count} > 0 THEN {parts}[1:{count}] ELSE {parts}[greatest(len({parts}) + {count} + 1, 1):] END"
    return (
        f"CASE WHEN {count} = 0 OR {delimiter} = '' THEN substring({value}, 1, 0) "
        f"ELSE array_to_string({chosen}, {delimiter}) END"
    )


def _lower_split_part(invocation: Invocation) -> str:
    value, delimiter, position = invocation.sql
    failure = raise_error(ErrorKind.RUNTIME, "INVALID_INDEX_OF_ZERO", {})
    whole = f"CASE WHEN {position} IN (1, -1) THEN {value} ELSE '' END"
    return (
        f"CASE WHEN {value} IS NULL OR {delimiter} IS NULL OR {position} IS NULL THEN NULL WHEN {position} = 0 "
        f"THEN {failure} WHEN {delimiter} = '' THEN {whole} ELSE split_part({value}, {delimiter}, {position}) END"
    )


# ---------------------------------------------------------------------------------------------- searching


def _lower_locate(invocation: Invocation) -> str:
    """From position `start` on; 0 for a start below 1, or none."""
    part, value, start = invocation.sql
    if invocation.constant(2) == 1:
        return f"CAST(strpos({value}, {part}) AS INTEGER)"
    found = f"strpos(substring({value}, {start}), {part})"
    return (
        f"CASE WHEN {part} IS NULL OR {value} IS NULL THEN NULL WHEN {start} >= 1 AND {part} = '' THEN 1 "
        f"WHEN {start} >= 1 AND {found} > 0 "
        f"THEN CAST({found} + {start} - 1 AS INTEGER) ELSE 0 END"
    )


def _test(text_rule: str, binary_rule: str) -> Function:
    """A test of a value against a part; both are strings unless both are binary."""

    def type_call(name: str, arguments: Sequence[Expression], environment: Environment) -> Typed:
        is_binary = len(arguments) == 2 and all(isinstance(a.data_type, BinaryType) for a in arguments)
        parameter = STRING_OR_BINARY if is_binary else Parameter('("STRING" or "BINARY")', P_STRING.accept)
        return Signature((parameter, parameter), BOOLEAN).apply(name, arguments)

    def lower(invocation: Invocation) -> str:
        return (binary_rule if _is_binary(invocation) else text_rule).format(*invocation.sql)

    return Function(type_call, lower)


# ---------------------------------------------------------------------------------------------- changing


def _lower_overlay(invocation: Invocation) -> str:
    """A negative length stands for that of the replacement."""
    value, replacement, start, length = invocation.sql
    if _is_binary(invocation):
        value, replacement = f"hex({value})", f"hex({replacement})"
        start, length = f"(2 * {start} - 1)", f"(2 * {length})"
    taken = f"CASE WHEN {length} < 0 THEN length({replacement}) ELSE {length} END"
    head = f"substring({value}, 1, greatest({start} - 1, 0))"
    changed = f"({head} || {replacement} || substring({value}, greatest({start} + {taken}, 1)))"
    return f"unhex({changed})" if _is_binary(invocation) else changed


def _type_overlay(name: str, arguments: Sequence[Expression], environment: Environment) -> Typed:
    value = STRING_OR_BINARY if arguments and isinstance(arguments[0].data_type, BinaryType) else P_STRING
    return Signature((value, value, P_INTEGER, P_INTEGER), _first, 1, defaults=(_MINUS_ONE,)).apply(name, arguments)


def _type_pad(name: str, arguments: Sequence[Expression], environment: Environment) -> Typed:
    """A binary value is padded with zero bytes, unless the padding is a string."""
    is_binary = len(arguments) > 0 and isinstance(arguments[0].data_type, BinaryType)
    if len(arguments) == 3 and not isinstance(arguments[2].data_type, BinaryType):
        is_binary = False
    value = STRING_OR_BINARY if is_binary else P_STRING
    default = Literal(b"\0", BINARY) if is_binary else Literal(" ", STRING)
    return Signature((value, P_INTEGER, value), _first, 1, defaults=(default,)).apply(name, arguments)


def _lower_pad(invocation: Invocation) -> str:
    value, length, padding = invocation.sql
    function = invocation.name
    if _is_binary(invocation):
        return f"unhex({_padded(function, f'hex({value})', f'2 * {length}', f'hex({padding})', None)})"
    return _padded(function, value, length, padding, invocation.constant(2))


def _padded(function: str, value: str, length: str, padding: str, constant: object) -> str:
    """Longer values are cut; without padding nothing is added."""
    padded = f"{function}({value}, greatest({length}, 0), {padding})"
    return (
        padded if constant else f"CASE WHEN {padding} = '' THEN left({value}, greatest({length}, 0)) ELSE {padded} END"
    )


def _trim(function: str) -> Callable[[Invocation], str]:
    """`trim(s)`, and `trim(characters, s)`, the form that SQL's `TRIM(characters FROM s)` becomes."""

    def lower(invocation: Invocation) -> str:
        if len(invocation.sql) == 1:
            return f"{function}({invocation.sql[0]}, ' ')"
        return f"{function}({invocation.sql[1]}, {invocation.sql[0]})"

    return lower


def _strings(count: int, rule: EngineRule, *, optional: int = 0, returns: DataType = STRING) -> Function:
    return scalar([P_STRING] * count, returns, rule, optional=optional)


_SUBSTRING = scalar([STRING_OR_BINARY, P_INTEGER, P_INTEGER], _first, _lower_substring, defaults=(_WHOLE_REST,))
_LOCATE = scalar([P_STRING, P_STRING, P_INTEGER], INTEGER, _lower_locate, defaults=(_ONE,))
_PAD = Function(_type_pad, _lower_pad)

FUNCTIONS: dict[str, Function] = {
    "substring": _SUBSTRING,
    "substr": _SUBSTRING,
    "left": scalar([STRING_OR_BINARY, P_INTEGER], _first, _lower_left),
    "right": scalar(
        [P_STRING, P_INTEGER], STRING, "CASE WHEN {1} <= 0 THEN substring({0}, 1, 0) ELSE right({0}, {1}) END"
    ),
    "substring_index": scalar([P_STRING, P_STRING, P_INTEGER], STRING, _lower_substring_index),
    "split_part": scalar([P_STRING, P_STRING, P_INTEGER], STRING, _lower_split_part, nullability=Nullability.ALWAYS),
    "instr": _strings(2, "CAST(strpos({0}, {1}) AS INTEGER)", returns=INTEGER),
    "locate": _LOCATE,
    "position": _LOCATE,
    "find_in_set": _strings(
        2,
        "CASE WHEN contains({0}, ',') THEN 0 WHEN {0} IS NOT NULL AND {1} IS NOT NULL "
        "THEN CAST(coalesce(list_position(string_split({1}, ','), {0}), 0) AS INTEGER) END",
        returns=INTEGER,
    ),
    "contains": _test("contains({0}, {1})", "kernel_binary_contains({0}, {1})"),
    "startswith": _test("starts_with({0}, {1})", "starts_with(hex({0}), hex({1}))"),
    "endswith": _test("suffix({0}, {1})", "suffix(hex({0}), hex({1}))"),
    "overlay": Function(_type_overlay, _lower_overlay),
    "replace": scalar([P_STRING, P_STRING, P_STRING], STRING, "replace({0}, {1}, {2})", defaults=(_EMPTY,)),
    "translate": _strings(3, "translate({0}, {1}, {2})"),
    "lpad": _PAD,
    "rpad": _PAD,
    "trim": _strings(2, _trim("trim"), optional=1),
    "ltrim": _strings(2, _trim("ltrim"), optional=1),
    "rtrim": _strings(2, _trim("rtrim"), optional=1),
    "btrim": _strings(
        2, lambda call: f"trim({call.sql[0]}, {call.sql[1] if len(call.sql) > 1 else repr(' ')})", optional=1
    ),
}
