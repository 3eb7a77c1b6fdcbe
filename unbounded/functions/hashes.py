"""Checksums and hashes. `hash` and `xxhash64` chain over their arguments and over the members of nested values."""

from __future__ import annotations

from collections.abc import Sequence

from unbounded.errors import analysis_error, not_supported
from unbounded.functions.engine import text
from unbounded.functions.environment import Environment
from unbounded.functions.registry import Function, Invocation, Nullability, TypingRule, scalar
from unbounded.functions.signature import P_BINARY, P_INTEGER, quoted_call, wrong_argument_count
from unbounded.plan.expressions import Expression
from unbounded.types.datatypes import (
    INTEGER,
    LONG,
    STRING,
    ArrayType,
    BinaryType,
    BooleanType,
    CalendarIntervalType,
    DataType,
    DateType,
    DayTimeIntervalType,
    DecimalType,
    DoubleType,
    FloatType,
    IntegralType,
    LongType,
    MapType,
    NullType,
    StringType,
    StructField,
    StructType,
    TimestampNTZType,
    TimestampType,
    YearMonthIntervalType,
    contains_type,
)

Typed = tuple[tuple[Expression, ...], DataType]

_LONG_DIGITS = 18
"""Up to this precision a decimal is hashed as one 64-bit number."""


def _typing(result: DataType) -> TypingRule:
    def type_call(name: str, arguments: Sequence[Expression], environment: Environment) -> Typed:
        if not arguments:
            raise wrong_argument_count(name, 0, "> 0")
        if any(contains_type(argument.data_type, MapType) for argument in arguments):
            raise analysis_error(
                "DATATYPE_MISMATCH.HASH_MAP_TYPE", sqlExpr=quoted_call(name, arguments), functionName=f"`{name}`"
            )
        return tuple(arguments), result

    return type_call


def _lower_hash(invocation: Invocation) -> str:
    family, seed = ("murmur", "42::INTEGER") if invocation.name == "hash" else ("xxhash", "42::BIGINT")
    result = seed
    for position, sql in enumerate(invocation.sql):
        result = _chained(family, sql, invocation.type_of(position), result)
    return result


def _chained(family: str, value: str, data_type: DataType, seed: str) -> str:
    """The hash of `value` with `seed`; the seed itself for NULL."""
    match data_type:
        case NullType():
            return seed
        case LongType() | DayTimeIntervalType():
            return f"kernel_{family}_long({value}, {seed})"
        case BooleanType() | IntegralType() | YearMonthIntervalType():
            return f"kernel_{family}_word(CAST({value} AS INTEGER), {seed})"
        case DateType():
            return f"kernel_{family}_word(CAST({value} - DATE '1970-01-01' AS INTEGER), {seed})"
        case TimestampType() | TimestampNTZType():
            return f"kernel_{family}_long(epoch_us({value}), {seed})"
        case FloatType():
            return f"kernel_{family}_float({value}, {seed})"
        case DoubleType():
            return f"kernel_{family}_double({value}, {seed})"
        case StringType():
            return f"kernel_{family}_bytes(encode({value}), {seed})"
        case BinaryType():
            return f"kernel_{family}_bytes({value}, {seed})"
        case DecimalType(precision=precision, scale=scale):
            if precision <= _LONG_DIGITS:
                unscaled = f"CAST(CAST({value} AS DECIMAL(38, {scale})) * 1{'0' * scale} AS BIGINT)"
                return f"kernel_{family}_long({unscaled}, {seed})"
            return f"kernel_{family}_bytes(kernel_unscaled_bytes(CAST({value} AS VARCHAR)), {seed})"
        case _:
            return _chained_nested(family, value, data_type, seed)


def _chained_nested(family: str, value: str, data_type: DataType, seed: str) -> str:
    match data_type:
        case ArrayType(element_type=element):
            kind = "INTEGER" if family == "murmur" else "BIGINT"
            packed = f"list_transform({value}, lambda e : struct_pack(s := CAST(NULL AS {kind}), v := e))"
            first = f"[struct_pack(s := {seed}, v := NULL)]"
            step = f"lambda a, b : struct_pack(s := {_chained(family, 'b.v', element, 'a.s')}, v := b.v)"
            return f"CASE WHEN {value} IS NULL THEN {seed} ELSE list_reduce({first} || {packed}, {step}).s END"
        case StructType(fields=fields):
            result = seed
            for field in fields:
                result = _chained(family, f"struct_extract({value}, {text(field.name)})", field.data_type, result)
            return f"CASE WHEN {value} IS NULL THEN {seed} ELSE {result} END"
        case MapType(key_type=key, value_type=item):
            entry = StructType((StructField("key", key), StructField("value", item)))
            return _chained_nested(family, f"map_entries({value})", ArrayType(entry), seed)
        case CalendarIntervalType() | _:
            raise not_supported(f"A hash of {data_type.simple_string}", "Cast the value to STRING.")


def _lower_sha2(invocation: Invocation) -> str:
    value, bits = invocation.sql
    return f"sha256({value})" if invocation.constant(1) in (0, 256) else f"kernel_sha2({value}, {bits})"


_SHA1 = scalar([P_BINARY], STRING, "sha1({0})")

FUNCTIONS: dict[str, Function] = {
    "hash": Function(_typing(INTEGER), _lower_hash, nullability=Nullability.NEVER),
    "xxhash64": Function(_typing(LONG), _lower_hash, nullability=Nullability.NEVER),
    "md5": scalar([P_BINARY], STRING, "md5({0})"),
    "sha": _SHA1,
    "sha1": _SHA1,
    "sha2": scalar([P_BINARY, P_INTEGER], STRING, _lower_sha2, nullability=Nullability.ALWAYS),
    "crc32": scalar([P_BINARY], LONG, "kernel_crc32({0})"),
}
