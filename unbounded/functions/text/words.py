"""Strings as words, masks, URLs, and numbers by Oracle's patterns (to_number, to_char)."""

from __future__ import annotations

from collections.abc import Sequence

from unbounded.errors import SparkError, analysis_error
from unbounded.functions.engine import engine_type
from unbounded.functions.environment import Environment
from unbounded.functions.kernels.number_patterns import NumberFormat
from unbounded.functions.naming import pretty_name
from unbounded.functions.registry import Function, Invocation, Nullability, scalar
from unbounded.functions.signature import (
    P_STRING,
    STRICT_STRING,
    Signature,
    implicit_cast,
    is_null,
    quoted_call,
    wrong_argument_count,
)
from unbounded.plan.expressions import Expression, Literal
from unbounded.types.coercion import as_decimal
from unbounded.types.datatypes import (
    STRING,
    ArrayType,
    BinaryType,
    DataType,
    DatetimeType,
    DecimalType,
    IntegralType,
    NullType,
)

Typed = tuple[tuple[Expression, ...], DataType]

_ALWAYS = Nullability.ALWAYS
_EMPTY, _NONE = Literal("", STRING), Literal(None, STRING)
_MASK_NAMES = ("upperChar", "lowerChar", "digitChar", "otherChar")


# ---------------------------------------------------------------------------------------------- mask


def _type_mask(name: str, arguments: Sequence[Expression], environment: Environment) -> Typed:
    if not arguments:
        raise analysis_error("REQUIRED_PARAMETER_NOT_FOUND", routineName="`mask`", parameterName="`str`", index="0")
    defaults = (Literal("X", STRING), Literal("x", STRING), Literal("n", STRING), _NONE)
    coerced, result = Signature((STRICT_STRING,) * 5, STRING, 4, defaults=defaults).apply(name, arguments)
    for argument, what in zip(coerced[1:], _MASK_NAMES, strict=True):
        if isinstance(argument, Literal) and isinstance(argument.value, str) and len(argument.value) != 1:
            raise analysis_error(
                "DATATYPE_MISMATCH.INPUT_SIZE_NOT_ONE", sqlExpr=quoted_call(name, coerced), exprName=what
            )
    return coerced, result


def _lower_mask(invocation: Invocation) -> str:
    value, *replacements = invocation.sql
    return f"kernel_mask({value}, {', '.join(f'coalesce({r}, {chr(39) * 2})' for r in replacements)})"


# ---------------------------------------------------------------------------------------------- URLs


def _lower_parse_url(invocation: Invocation) -> str:
    url, part, *key = invocation.sql
    raises = "false" if invocation.name.startswith("try_") or not invocation.environment.is_ansi else "true"
    return f"kernel_parse_url({url}, {part}, {key[0] if key else chr(39) * 2}, {raises})"


def _type_parse_url(name: str, arguments: Sequence[Expression], environment: Environment) -> Typed:
    if not 2 <= len(arguments) <= 3:
        raise wrong_argument_count(name, len(arguments), "[2, 3]").without_place()
    return Signature((P_STRING,) * 3, STRING, 1).apply(name, arguments)


_PARSE_URL = Function(_type_parse_url, _lower_parse_url, nullability=_ALWAYS)


# ---------------------------------------------------------------------------------------------- numbers


def _number_format(name: str, arguments: Sequence[Expression]) -> NumberFormat | None:
    """The checked constant format; None for NULL."""
    pattern = arguments[1]
    if is_null(pattern):
        return None
    if not isinstance(pattern, Literal):
        raise analysis_error(
            "DATATYPE_MISMATCH.NON_FOLDABLE_INPUT",
            sqlExpr=quoted_call(name, arguments),
            inputName=f"`{type(pattern).__name__.lower()}reference`"
            if type(pattern).__name__ == "Attribute"
            else "`fmt`",
            inputType='"STRING"',
            inputExpr=f'"{pretty_name(pattern)}"',
        )
    found = NumberFormat.parse(str(pattern.value))
    if found is None:
        raise _bad_format(str(pattern.value).upper())
    return found


def _bad_format(pattern: str) -> SparkError:
    shown = f"'{pattern}'"
    if not pattern:
        return analysis_error("INVALID_FORMAT.EMPTY", format=shown)
    if not any(character in "09" for character in pattern):
        return analysis_error("INVALID_FORMAT.WRONG_NUM_DIGIT", format=shown)
    if pattern.find("$") > min(i for i, character in enumerate(pattern) if character in "09"):
        return analysis_error("INVALID_FORMAT.CUR_MUST_BEFORE_DIGIT", format=shown)
    return analysis_error("INVALID_FORMAT.UNEXPECTED_TOKEN", format=shown, token="digit sequence")


def _type_to_number(name: str, arguments: Sequence[Expression], environment: Environment) -> Typed:
    coerced, _ = Signature((P_STRING, P_STRING), STRING).apply(name, arguments)
    found = _number_format(name, coerced)
    return coerced, DecimalType(10, 0) if found is None else DecimalType(found.precision, found.scale)


def _lower_to_number(invocation: Invocation) -> str:
    value, pattern = invocation.sql
    raises = "false" if invocation.name.startswith("try_") else "true"
    return f"CAST(kernel_to_number({value}, {pattern}, {raises}) AS {engine_type(invocation.data_type)})"


def _type_to_char(name: str, arguments: Sequence[Expression], environment: Environment) -> Typed:
    if len(arguments) != 2:
        raise wrong_argument_count(name, len(arguments), "2")
    value = arguments[0]
    if isinstance(value.data_type, BinaryType):
        _check_binary_format(name, arguments[1])
        return tuple(arguments), STRING
    if isinstance(value.data_type, IntegralType | DecimalType):
        target = as_decimal(value.data_type)
    else:
        target = DecimalType(38, 18) if not isinstance(value.data_type, NullType) else DecimalType(10, 0)
        target = DecimalType(30, 15) if value.data_type.simple_string == "double" else target
    coerced = (implicit_cast(value, target), arguments[1])
    _number_format(name, coerced)
    return coerced, STRING


def _check_binary_format(name: str, given: Expression) -> None:
    """Raises: SparkError NON_FOLDABLE_ARGUMENT, INVALID_PARAMETER_VALUE.BINARY_FORMAT"""
    if not isinstance(given, Literal) or given.value is None:
        shown = {"paramName": "`format`", "paramType": f'"{given.data_type.sql_name}"'}
        raise analysis_error("NON_FOLDABLE_ARGUMENT", funcName=f"`{name}`", **shown)
    if str(given.value).lower() not in _OF_BINARY:
        shown = {"parameter": "`format`", "invalidFormat": f"'{given.value}'"}
        raise analysis_error("INVALID_PARAMETER_VALUE.BINARY_FORMAT", functionName=f"`{name}`", **shown)


def _stands_for(name: str, arguments: Sequence[Expression]) -> tuple[str, tuple[Expression, ...]]:
    """Datetimes are formatted, and binary values of `to_char` encoded, by the functions for it."""
    if len(arguments) != 2:
        return name, tuple(arguments)
    value, given = arguments
    if isinstance(value.data_type, DatetimeType):
        return "date_format", (value, given)
    if name == "to_char" and isinstance(value.data_type, BinaryType) and isinstance(given, Literal):
        encoding = _OF_BINARY.get(str(given.value).lower(), name)
        return encoding, (value,) if encoding in ("hex", "base64") else (value, given)
    return name, (value, given)


_OF_BINARY = {"hex": "hex", "base64": "base64", "utf-8": "decode"}


def _lower_to_char(invocation: Invocation) -> str:
    value, pattern = invocation.sql
    if not isinstance(invocation.type_of(0), BinaryType):
        return f"kernel_to_char(CAST({value} AS VARCHAR), {pattern})"
    match str(invocation.constant(1)).lower():
        case "hex":
            return f"hex({value})"
        case "base64":
            return f"to_base64({value})"
        case _:
            return f"kernel_decode({value}, 'utf-8')"


_TO_CHAR = Function(_type_to_char, _lower_to_char, nullability=_ALWAYS, stands_for=_stands_for)
_TO_NUMBER = Function(_type_to_number, _lower_to_number, nullability=_ALWAYS)

FUNCTIONS: dict[str, Function] = {
    "mask": Function(_type_mask, _lower_mask),
    "sentences": scalar(
        [P_STRING, P_STRING, P_STRING],
        ArrayType(ArrayType(STRING, False), False),
        "kernel_sentences({0})",
        defaults=(_EMPTY, _EMPTY),
        nullability=_ALWAYS,
    ),
    "parse_url": _PARSE_URL,
    "try_parse_url": _PARSE_URL,
    "url_encode": scalar([P_STRING], STRING, "kernel_url_encode({0})", nullability=_ALWAYS),
    "url_decode": scalar([P_STRING], STRING, "kernel_url_decode({0}, true)", nullability=_ALWAYS),
    "try_url_decode": scalar([P_STRING], STRING, "kernel_url_decode({0}, false)", nullability=_ALWAYS),
    "to_number": _TO_NUMBER,
    "try_to_number": _TO_NUMBER,
    "to_char": _TO_CHAR,
    "to_varchar": _TO_CHAR,
}
