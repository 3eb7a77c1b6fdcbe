"""Between strings and bytes: character sets, base 64, UTF-8 checks; and `decode`, which also is a small CASE."""

from __future__ import annotations

from collections.abc import Sequence

from unbounded.errors import ErrorKind, SparkError, analysis_error
from unbounded.functions.engine import raise_error
from unbounded.functions.environment import Environment
from unbounded.functions.naming import pretty_name
from unbounded.functions.registry import Function, Invocation, Nullability, scalar
from unbounded.functions.signature import (
    P_BINARY,
    P_STRING,
    STRING_OR_BINARY,
    Signature,
    different_types,
    implicit_cast,
    quoted_call,
    wrong_argument_count,
)
from unbounded.plan.expressions import Expression, Literal
from unbounded.types.coercion import common_type_of
from unbounded.types.datatypes import BINARY, BOOLEAN, STRING, BinaryType, DataType

Typed = tuple[tuple[Expression, ...], DataType]

_ALWAYS = Nullability.ALWAYS
_UTF8 = ("utf-8", "utf8")
_BASE64 = "'([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?'"
_ANY_BASE64 = "'([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}(==)?|[A-Za-z0-9+/]{3}=?)?'"
"""As `to_binary` takes it: padding may be missing."""
_BINARY_FORMATS = ("hex", "utf-8", "utf8", "base64")


def _is_utf8(invocation: Invocation) -> bool:
    charset = invocation.constant(1)
    return isinstance(charset, str) and charset.lower() in _UTF8


def _lower_encode(invocation: Invocation) -> str:
    value, charset = invocation.sql
    return f"encode({value})" if _is_utf8(invocation) else f"kernel_encode({value}, {charset})"


# ---------------------------------------------------------------------------------------------- decode


def _type_decode(name: str, arguments: Sequence[Expression], environment: Environment) -> Typed:
    """decode(bytes, charset), or decode(value, key, result, key, result, …, [default])."""
    if len(arguments) < 2:
        raise wrong_argument_count(name, len(arguments), "2")
    if len(arguments) == 2:
        return Signature((P_BINARY, P_STRING), STRING).apply(name, arguments)
    rest = len(arguments) - 1
    results = [i for i in range(1, len(arguments)) if i % 2 == 0 or (rest % 2 and i == rest)]
    keys = [i for i in range(len(arguments)) if i not in results]
    key = common_type_of(arguments[i].data_type for i in keys)
    result = common_type_of(arguments[i].data_type for i in results)
    if key is None or result is None:
        raise different_types(name, arguments, [a.data_type for a in arguments])
    return tuple(implicit_cast(a, result if i in results else key) for i, a in enumerate(arguments)), result


def _lower_decode(invocation: Invocation) -> str:
    sql = invocation.sql
    if len(sql) == 2:
        return f"kernel_decode({sql[0]}, {sql[1]})"
    pairs = [(sql[i], sql[i + 1]) for i in range(1, len(sql) - 1, 2)]
    branches = " ".join(f"WHEN {sql[0]} IS NOT DISTINCT FROM {key} THEN {result}" for key, result in pairs)
    return f"CASE {branches}{f' ELSE {sql[-1]}' if len(sql) % 2 == 0 else ''} END"


# ---------------------------------------------------------------------------------------------- to_binary


def _type_to_binary(name: str, arguments: Sequence[Expression], environment: Environment) -> Typed:
    coerced, result = Signature((P_STRING, P_STRING), BINARY, 1).apply(name, arguments)
    if len(coerced) < 2:
        return coerced, result
    if not isinstance(coerced[1], Literal):
        raise _bad_format(
            name, arguments, "NON_FOLDABLE_INPUT", inputType='"STRING"', inputExpr=f'"{pretty_name(arguments[1])}"'
        )
    value = coerced[1].value
    if value is not None and value.lower() not in _BINARY_FORMATS:
        valid = "'hex', 'utf-8', 'utf8', or 'base64'"
        words = {"requireType": 'case-insensitive "STRING"', "validValues": valid, "inputValue": f"'{value}'"}
        raise _bad_format(name, arguments, "INVALID_ARG_VALUE", **words)
    return coerced, result


def _bad_format(name: str, arguments: Sequence[Expression], condition: str, **parameters: str) -> SparkError:
    input_name = "`fmt`" if condition == "NON_FOLDABLE_INPUT" else "fmt"
    return analysis_error(
        f"DATATYPE_MISMATCH.{condition}", sqlExpr=quoted_call(name, arguments), inputName=input_name, **parameters
    )


def _lower_to_binary(invocation: Invocation) -> str:
    value = invocation.sql[0]
    given = invocation.constant(1) if len(invocation.sql) > 1 else "hex"
    if given is None:
        return "CAST(NULL AS BLOB)"
    if given.lower() in _UTF8:
        return f"encode({value})"
    pattern, convert = ("'[0-9A-Fa-f]*'", "unhex") if given.lower() == "hex" else (_ANY_BASE64, "kernel_unbase64")
    failure = "NULL"
    if not invocation.name.startswith("try_"):
        parameters = {"targetType": '"BINARY"', "suggestion": "`try_to_binary`", "fmt": f"'{given.upper()}'"}
        failure = raise_error(
            ErrorKind.ILLEGAL_ARGUMENT, "CONVERSION_INVALID_INPUT", parameters, {"str": f"'''' || {value} || ''''"}
        )
    return (
        f"CASE WHEN regexp_full_match({value}, {pattern}) THEN {convert}({value}) "
        f"WHEN {value} IS NOT NULL THEN {failure} END"
    )


# ---------------------------------------------------------------------------------------------- UTF-8


def _utf8(binary_rule: str, text_rule: str, returns: DataType = STRING) -> Function:
    """The engine's strings are valid always; only bytes can be wrong."""

    def lower(invocation: Invocation) -> str:
        rule = binary_rule if isinstance(invocation.type_of(0), BinaryType) else text_rule
        return rule.format(invocation.sql[0])

    return scalar([STRING_OR_BINARY], returns, lower, nullability=_ALWAYS)


_TO_BINARY = Function(_type_to_binary, _lower_to_binary, nullability=_ALWAYS)

FUNCTIONS: dict[str, Function] = {
    "encode": scalar([P_STRING, P_STRING], BINARY, _lower_encode, nullability=_ALWAYS),
    "decode": Function(_type_decode, _lower_decode, nullability=_ALWAYS),
    "base64": scalar([P_BINARY], STRING, "to_base64({0})"),
    "unbase64": scalar(
        [P_STRING],
        BINARY,
        f"CASE WHEN regexp_full_match({{0}}, {_BASE64.replace('{', '{{').replace('}', '}}')}) "
        "THEN from_base64({0}) ELSE kernel_unbase64({0}) END",
    ),
    "to_binary": _TO_BINARY,
    "try_to_binary": _TO_BINARY,
    "is_valid_utf8": _utf8("kernel_is_utf8({0})", "({0} IS NOT NULL OR NULL)", BOOLEAN),
    "make_valid_utf8": _utf8("kernel_make_utf8({0})", "{0}"),
    "validate_utf8": _utf8("kernel_validate_utf8({0})", "{0}"),
    "try_validate_utf8": _utf8("kernel_try_utf8({0})", "{0}"),
}
