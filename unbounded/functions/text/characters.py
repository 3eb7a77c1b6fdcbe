"""Strings as characters: case, length, codes, repetition, likeness. Characters are code points, never bytes."""

from __future__ import annotations

from collections.abc import Sequence

from unbounded.errors import ErrorKind
from unbounded.functions.engine import raise_error
from unbounded.functions.environment import Environment
from unbounded.functions.registry import Function, Invocation, Nullability, scalar
from unbounded.functions.signature import (
    P_INTEGER,
    P_LONG,
    P_STRING,
    STRICT_STRING,
    STRING_OR_ARRAY,
    STRING_OR_BINARY,
    Parameter,
    Signature,
    Types,
    different_types,
    implicit_cast,
    one_of,
    wrong_argument_count,
)
from unbounded.plan.expressions import Expression
from unbounded.types.coercion import common_type_of
from unbounded.types.datatypes import (
    BINARY,
    BOOLEAN,
    INTEGER,
    NULL,
    STRING,
    ArrayType,
    BinaryType,
    DataType,
    NullType,
)

Typed = tuple[tuple[Expression, ...], DataType]

_STRING_OR_STRINGS = one_of('("STRING" or "ARRAY<STRING>")', STRING, ArrayType(STRING), default=STRING)


def _first(types: Types) -> DataType:
    return types[0]


def text_function(rule: str, returns: DataType = STRING) -> Function:
    return scalar([P_STRING], returns, rule)


def _length(text_rule: str, binary_rule: str) -> Function:
    """Lengths are INT; a binary value is measured in bytes."""

    def lower(invocation: Invocation) -> str:
        rule = binary_rule if isinstance(invocation.type_of(0), BinaryType) else text_rule
        return f"CAST({rule.format(invocation.sql[0])} AS INTEGER)"

    return scalar([STRING_OR_BINARY], INTEGER, lower)


# ---------------------------------------------------------------------------------------------- joining


def _type_concat(name: str, arguments: Sequence[Expression], environment: Environment) -> Typed:
    """Arrays are joined with arrays, binaries with binaries; everything else as strings."""
    types = [a.data_type for a in arguments]
    if any(isinstance(t, ArrayType) for t in types):
        types = [STRING if t == NULL else t for t in types]
        target = common_type_of(types)
        if target is None or STRING in types:
            raise different_types(name, arguments, types)
    elif types and all(isinstance(t, BinaryType) for t in types):
        target = BINARY
    else:
        target = STRING
    return tuple(implicit_cast(a, target) for a in arguments), target


def _lower_concat(invocation: Invocation) -> str:
    if not invocation.sql:
        return "''"
    return f"({' || '.join(invocation.sql)})" if len(invocation.sql) > 1 else invocation.sql[0]


def _lower_concat_ws(invocation: Invocation) -> str:
    """NULLs are left out, also those inside arrays; an array without members adds no separator."""
    separator, *parts = invocation.sql
    if not parts:
        return f"CASE WHEN {separator} IS NOT NULL THEN '' END"
    members = (
        _joined_array(sql, separator) if isinstance(invocation.type_of(position), ArrayType) else sql
        for position, sql in enumerate(parts, 1)
    )
    return f"concat_ws({separator}, {', '.join(members)})"


def _joined_array(array: str, separator: str) -> str:
    present = f"list_filter({array}, lambda x : x IS NOT NULL)"
    return f"CASE WHEN len({present}) > 0 THEN array_to_string({present}, {separator}) END"


# ---------------------------------------------------------------------------------------------- single rules


def _lower_reverse(invocation: Invocation) -> str:
    (value,) = invocation.sql
    match invocation.type_of(0):
        case ArrayType():
            return f"list_reverse({value})"
        case BinaryType():
            return f"unhex(array_to_string(list_reverse(regexp_extract_all(hex({value}), '..')), ''))"
        case _:
            return f"kernel_reverse({value})"


def _lower_initcap(invocation: Invocation) -> str:
    """Words are what spaces separate; the rest of a word becomes lower case."""
    words = f"string_split(lower({invocation.sql[0]}), ' ')"
    return f"array_to_string(list_transform({words}, lambda w : upper(substring(w, 1, 1)) || substring(w, 2)), ' ')"


def _lower_chr(invocation: Invocation) -> str:
    """The character of the number modulo 256; nothing for a negative one."""
    (code,) = invocation.sql
    return f"CASE WHEN {code} < 0 THEN '' ELSE chr(CAST({code} & 255 AS INTEGER)) END"


def _lower_levenshtein(invocation: Invocation) -> str:
    """With a threshold, -1 stands for every distance above it."""
    distance = f"CAST(levenshtein({invocation.sql[0]}, {invocation.sql[1]}) AS INTEGER)"
    if len(invocation.sql) < 3:
        return distance
    threshold = invocation.sql[2]
    return f"CASE WHEN {threshold} IS NULL THEN NULL WHEN {distance} > {threshold} THEN -1 ELSE {distance} END"


def _type_elt(name: str, arguments: Sequence[Expression], environment: Environment) -> Typed:
    if len(arguments) < 2:
        raise wrong_argument_count(name, len(arguments), "> 1")
    types = [a.data_type for a in arguments[1:] if not isinstance(a.data_type, NullType)]
    target = BINARY if types and all(isinstance(t, BinaryType) for t in types) else STRING
    (index,), _ = Signature((P_INTEGER,), INTEGER).apply(name, arguments[:1])
    return (index, *(implicit_cast(a, target) for a in arguments[1:])), target


def _lower_elt(invocation: Invocation) -> str:
    index, *values = invocation.sql
    failure = "NULL"
    if invocation.environment.is_ansi:
        failure = raise_error(
            ErrorKind.ARRAY_INDEX,
            "INVALID_ARRAY_INDEX",
            {"arraySize": str(len(values))},
            {"indexValue": f"CAST({index} AS VARCHAR)"},
        )
    branches = " ".join(f"WHEN {index} = {position} THEN {value}" for position, value in enumerate(values, 1))
    return f"CASE {branches} WHEN {index} IS NOT NULL THEN {failure} END"


def _cased(function: str, special: str) -> Function:
    """The engine maps characters one to one; where one becomes several, or depends on its place, a kernel does."""
    return text_function(
        f"CASE WHEN strlen({{0}}) = length({{0}}) OR NOT regexp_matches({{0}}, '[{special}]') "
        f"THEN {function}({{0}}) ELSE kernel_{function}({{0}}) END"
    )


_REVERSIBLE = Parameter(
    STRING_OR_ARRAY.name, lambda given: given if isinstance(given, BinaryType) else STRING_OR_ARRAY.accept(given)
)
_UPPER = _cased("upper", "ßŉǰΐΰևẖ-ẚẞὐ-ῼﬀ-ﬗ")
_LOWER = _cased("lower", "İΣᾈ-ῼ")
_CHARACTERS = _length("length({0})", "octet_length({0})")
_CHR = scalar([P_LONG], STRING, _lower_chr)
_CONCAT = Function(_type_concat, _lower_concat)

FUNCTIONS: dict[str, Function] = {
    "upper": _UPPER,
    "ucase": _UPPER,
    "lower": _LOWER,
    "lcase": _LOWER,
    "initcap": scalar([P_STRING], STRING, _lower_initcap),
    "length": _CHARACTERS,
    "len": _CHARACTERS,
    "char_length": _CHARACTERS,
    "character_length": _CHARACTERS,
    "octet_length": _length("strlen({0})", "octet_length({0})"),
    "bit_length": _length("bit_length({0})", "octet_length({0}) * 8"),
    "concat": _CONCAT,
    "||": _CONCAT,
    "concat_ws": scalar([P_STRING, _STRING_OR_STRINGS], STRING, _lower_concat_ws, is_variadic=True),
    "reverse": scalar([_REVERSIBLE], _first, _lower_reverse),
    "repeat": scalar([P_STRING, P_INTEGER], STRING, "repeat({0}, greatest({1}, 0)::BIGINT)"),
    "space": scalar([P_INTEGER], STRING, "repeat(' ', greatest({0}, 0)::BIGINT)"),
    "ascii": text_function("CASE WHEN {0} = '' THEN 0 ELSE ascii({0}) END", INTEGER),
    "chr": _CHR,
    "char": _CHR,
    "levenshtein": scalar([P_STRING, P_STRING, P_INTEGER], INTEGER, _lower_levenshtein, optional=1),
    "soundex": scalar([STRICT_STRING], STRING, "kernel_soundex({0})"),
    "luhn_check": scalar([P_STRING], BOOLEAN, "kernel_luhn({0})", nullability=Nullability.ALWAYS),
    "quote": text_function("('''' || replace({0}, '''', '\\''') || '''')"),
    "elt": Function(_type_elt, _lower_elt, nullability=Nullability.ALWAYS),
}
