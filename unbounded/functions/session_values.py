"""Functions of the session, the query and the types: users, versions, row ids, assertions, typeof."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from unbounded.errors import ErrorKind
from unbounded.functions.engine import raise_error, text
from unbounded.functions.environment import Environment
from unbounded.functions.naming import pretty_name
from unbounded.functions.registry import Function, Invocation, Nullability, scalar
from unbounded.functions.signature import (
    ANY,
    P_BOOLEAN,
    P_STRING,
    STRICT_STRING,
    Signature,
    wrong_argument_count,
    wrong_argument_type,
)
from unbounded.plan.expressions import Expression, Literal
from unbounded.types.coercion import implicit_cast_type
from unbounded.types.datatypes import BOOLEAN, INTEGER, LONG, NULL, STRING, DataType

Typed = tuple[tuple[Expression, ...], DataType]

SPARK_VERSION = "4.2.0"
"""The Spark release whose behaviour this engine has."""

_NEVER = Nullability.NEVER


def _of_environment(value: Callable[[Environment], str]) -> Function:
    """A string that is fixed for a whole query."""
    return scalar([], STRING, lambda invocation: text(value(invocation.environment)), nullability=_NEVER)


def _raised(message: str) -> str:
    return raise_error(ErrorKind.RUNTIME, "USER_RAISED_EXCEPTION", {}, {"errorMessage": message})


def _lower_raise_error(invocation: Invocation) -> str:
    (message,) = invocation.sql
    return f"CAST({_raised(f'coalesce({message}, {chr(39)}null{chr(39)})')} AS INTEGER)"


def _type_assert_true(name: str, arguments: Sequence[Expression], environment: Environment) -> Typed:
    if not 1 <= len(arguments) <= 2:
        raise wrong_argument_count(name, len(arguments), "[1, 2]")
    condition = arguments[0]
    message = arguments[1] if len(arguments) > 1 else Literal(f"'{pretty_name(condition)}' is not true!", STRING)
    if implicit_cast_type(condition.data_type, BOOLEAN) is None:
        raise wrong_argument_type("IF", arguments, 0, '"BOOLEAN"')
    return Signature((P_BOOLEAN, P_STRING), NULL).apply(name, (condition, message))


def _lower_assert_true(invocation: Invocation) -> str:
    condition, message = invocation.sql
    return f"CASE WHEN {condition} THEN NULL ELSE CAST({_raised(message)} AS INTEGER) END"


def _lower_typeof(invocation: Invocation) -> str:
    return text(invocation.type_of(0).simple_string)


_USER = _of_environment(lambda environment: environment.user)
_DATABASE = _of_environment(lambda environment: environment.database)

FUNCTIONS: dict[str, Function] = {
    "current_user": _USER,
    "user": _USER,
    "session_user": _USER,
    "current_catalog": _of_environment(lambda environment: environment.catalog),
    "current_database": _DATABASE,
    "current_schema": _DATABASE,
    "current_path": _of_environment(
        lambda environment: f"system.builtin,system.session,{environment.catalog}.{environment.database}"
    ),
    "version": _of_environment(lambda environment: f"{SPARK_VERSION} unbounded"),
    "typeof": scalar([ANY], STRING, _lower_typeof, nullability=_NEVER),
    "collation": scalar([STRICT_STRING], STRING, "'SYSTEM.BUILTIN.UTF8_BINARY'", nullability=_NEVER),
    "monotonically_increasing_id": Function(
        Signature((), LONG), "(row_number() OVER () - 1)", nullability=_NEVER, is_deterministic=False
    ),
    "spark_partition_id": scalar([], INTEGER, "0::INTEGER", nullability=_NEVER),
    "raise_error": scalar([P_STRING], NULL, _lower_raise_error, nullability=Nullability.ALWAYS),
    "assert_true": Function(_type_assert_true, _lower_assert_true, nullability=Nullability.ALWAYS),
}
