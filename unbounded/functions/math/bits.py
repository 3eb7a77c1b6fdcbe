"""Bits of integers, and numbers written in other bases."""

from __future__ import annotations

from unbounded.errors import ErrorKind
from unbounded.functions.engine import raise_error
from unbounded.functions.math.arithmetic import wrapped
from unbounded.functions.registry import Function, Invocation, Nullability, scalar
from unbounded.functions.signature import (
    INTEGRAL,
    P_INTEGER,
    P_LONG,
    P_STRING,
    Parameter,
    Types,
    one_of,
    strictly,
)
from unbounded.types.coercion import implicit_cast_type
from unbounded.types.datatypes import (
    BINARY,
    BYTE,
    INTEGER,
    LONG,
    STRING,
    BinaryType,
    BooleanType,
    DataType,
    IntegralType,
    LongType,
)

_ALWAYS = Nullability.ALWAYS
_INT_OR_LONG = Parameter(
    '("INT" or "BIGINT")', lambda given: LONG if isinstance(given, LongType) else implicit_cast_type(given, INTEGER)
)
_INTEGRAL_OR_BOOLEAN = Parameter(
    '("INTEGRAL" or "BOOLEAN")',
    lambda given: given if isinstance(given, BooleanType) else strictly(LONG, IntegralType).accept(given),
)
_BITMAP = Parameter('"BINARY"', lambda given: given if isinstance(given, BinaryType) else None)
_HEX_INPUT = one_of('("BIGINT" or "BINARY" or "STRING")', LONG, BINARY, STRING, default=LONG)


def _first(types: Types) -> DataType:
    return types[0]


def _lower_shift(invocation: Invocation) -> str:
    """As Java shifts: the count is taken modulo the number's bits, what leaves them is lost."""
    value, count = invocation.sql
    data_type = invocation.data_type
    assert isinstance(data_type, IntegralType)
    steps = f"({count} & {data_type.bits - 1})"
    wide = f"CAST({value} AS HUGEINT)"
    match invocation.name:
        case "shiftleft" | "<<":
            return wrapped(f"({wide} * (1::HUGEINT << {steps}))", data_type)
        case "shiftright" | ">>":
            return (
                f"({value} >> CAST({steps} AS INTEGER))"
                if data_type.bits == 32
                else f"({value} >> CAST({steps} AS BIGINT))"
            )
        case _:
            unsigned = f"({wide} & {(1 << data_type.bits) - 1}::HUGEINT)"
            return wrapped(f"({unsigned} // (1::HUGEINT << {steps}))", data_type)


def _lower_bit(invocation: Invocation) -> str:
    value, position = invocation.sql
    data_type = invocation.type_of(0)
    bits = data_type.bits if isinstance(data_type, IntegralType) else 64
    failure = raise_error(
        ErrorKind.ILLEGAL_ARGUMENT,
        "INVALID_PARAMETER_VALUE.BIT_POSITION_RANGE",
        {"parameter": "`pos`", "functionName": f"`{invocation.name}`", "upper": str(bits)},
        {"invalidValue": f"CAST({position} AS VARCHAR)"},
    )
    bit = f"CAST((CAST({value} AS BIGINT) >> CAST({position} AS BIGINT)) & 1 AS TINYINT)"
    return f"CASE WHEN {position} < 0 OR {position} >= {bits} THEN {failure} ELSE {bit} END"


def _lower_bit_count(invocation: Invocation) -> str:
    (value,) = invocation.sql
    if isinstance(invocation.type_of(0), BooleanType):
        return f"CAST({value} AS INTEGER)"
    return f"CAST(bit_count(CAST({value} AS BIGINT)) AS INTEGER)"


def _lower_conv(invocation: Invocation) -> str:
    return f"kernel_conv({', '.join(invocation.sql)}, {'true' if invocation.environment.is_ansi else 'false'})"


_GETBIT = scalar([INTEGRAL, P_INTEGER], BYTE, _lower_bit)
_SHIFT = scalar([_INT_OR_LONG, P_INTEGER], _first, _lower_shift)

FUNCTIONS: dict[str, Function] = {
    "shiftleft": _SHIFT,
    "shiftright": _SHIFT,
    "shiftrightunsigned": _SHIFT,
    "<<": _SHIFT,
    ">>": _SHIFT,
    ">>>": _SHIFT,
    "bit_count": scalar([_INTEGRAL_OR_BOOLEAN], INTEGER, _lower_bit_count),
    "bit_get": _GETBIT,
    "getbit": _GETBIT,
    "bitmap_bit_position": scalar([P_LONG], LONG, "(CASE WHEN {0} > 0 THEN {0} - 1 ELSE -{0} END) % 32768"),
    "bitmap_bucket_number": scalar(
        [P_LONG], LONG, "CASE WHEN {0} > 0 THEN 1 + ({0} - 1) // 32768 ELSE {0} // 32768 END"
    ),
    "bitmap_count": scalar(
        [_BITMAP], LONG, "CASE WHEN octet_length({0}) = 0 THEN 0 ELSE CAST(bit_count(CAST({0} AS BIT)) AS BIGINT) END"
    ),
    "hex": scalar([_HEX_INPUT], STRING, "hex({0})", nullability=_ALWAYS),
    "unhex": scalar(
        [P_STRING],
        BINARY,
        "CASE WHEN regexp_full_match({0}, '[0-9A-Fa-f]*') THEN unhex({0}) END",
        nullability=_ALWAYS,
    ),
    "bin": scalar([P_LONG], STRING, "bin({0})", nullability=_ALWAYS),
    "conv": scalar([P_STRING, P_INTEGER, P_INTEGER], STRING, _lower_conv, nullability=_ALWAYS),
}
