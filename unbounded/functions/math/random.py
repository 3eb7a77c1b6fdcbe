"""Random numbers and ids. With a seed the value depends on the seed and the row's number: the same on every run.

Spark's own sequences depend on how rows are spread over partitions, so its numbers cannot be, and are not, repeated.
"""

from __future__ import annotations

from collections.abc import Sequence

from unbounded.errors import ErrorKind, SparkError, analysis_error
from unbounded.functions.engine import cast, raise_error
from unbounded.functions.environment import Environment
from unbounded.functions.naming import pretty_name
from unbounded.functions.registry import Function, Invocation, Nullability
from unbounded.functions.signature import Parameter, quoted_call, wrong_argument_count, wrong_argument_type
from unbounded.plan.expressions import Cast, Expression, Literal
from unbounded.types.coercion import common_type, implicit_cast_type
from unbounded.types.datatypes import (
    DOUBLE,
    INTEGER,
    LONG,
    STRING,
    DataType,
    DecimalType,
    IntegralType,
    NullType,
    NumericType,
)

Typed = tuple[tuple[Expression, ...], DataType]

_SEED = Parameter('("INT" or "BIGINT")', lambda given: LONG if isinstance(given, IntegralType | NullType) else None)
_ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


def _constant(expression: Expression) -> bool:
    """Whether `expression` is a literal, possibly negated or cast."""
    match expression:
        case Literal():
            return True
        case Cast(child=child):
            return _constant(child)
        case _:
            return False


def _type_seeded(name: str, arguments: Sequence[Expression], environment: Environment) -> Typed:
    """rand(), rand(seed)"""
    if len(arguments) > 1:
        raise wrong_argument_count(name, len(arguments), "[0, 1]")
    for position, seed in enumerate(arguments):
        if _SEED.accept(seed.data_type) is None:
            raise wrong_argument_type(name, arguments, position, _SEED.name)
        if not _constant(seed):
            raise analysis_error(
                "SEED_EXPRESSION_IS_UNFOLDABLE",
                seedExpr=f'"{pretty_name(seed)}"',
                exprWithSeed=quoted_call(name, arguments),
            )
    return tuple(arguments), DOUBLE


def _uniform_number(seed: str | None, salt: int = 0) -> str:
    """An engine DOUBLE from [0, 1)."""
    if seed is None:
        return "random()"
    return f"((hash({seed}, {salt}, row_number() OVER ()) >> 11) * {2.0**-53!r}::DOUBLE)"


def _seed(invocation: Invocation, position: int) -> str | None:
    if len(invocation.sql) <= position:
        return None
    return f"CAST({invocation.constant(position) or 0} AS BIGINT)"


def _lower_rand(invocation: Invocation) -> str:
    return _uniform_number(_seed(invocation, 0))


def _lower_randn(invocation: Invocation) -> str:
    """Box-Muller over two uniform numbers, the first from (0, 1]."""
    seed = _seed(invocation, 0)
    first, second = _uniform_number(seed, 1), _uniform_number(seed, 2)
    return f"(sqrt(-2 * ln(1 - {first})) * cos({second} * 6.283185307179586::DOUBLE))"


def _type_uniform(name: str, arguments: Sequence[Expression], environment: Environment) -> Typed:
    if not 2 <= len(arguments) <= 3:
        raise wrong_argument_count(name, len(arguments), "[2, 3]")
    for position, (argument, what) in enumerate(zip(arguments, ("min", "max", "seed"), strict=False)):
        if not isinstance(argument.data_type, NumericType | NullType):
            raise wrong_argument_type(name, arguments, position, '"NUMERIC"')
        if not _constant(argument):
            raise _not_foldable(name, arguments, what, "integer or floating-point", position)
    return tuple(arguments), _uniform_type(arguments[0].data_type, arguments[1].data_type)


def _uniform_type(low: DataType, high: DataType) -> DataType:
    """The wider of two integers; a decimal, a float or a double if one of the bounds is one."""
    for data_type, other in ((low, high), (high, low)):
        if not isinstance(data_type, IntegralType | DecimalType | NullType) and isinstance(other, IntegralType):
            return data_type
        if isinstance(data_type, DecimalType) and isinstance(other, IntegralType):
            return data_type
    return common_type(low, high) or DOUBLE


def _not_foldable(name: str, arguments: Sequence[Expression], what: str, kind: str, position: int) -> SparkError:
    return analysis_error(
        "DATATYPE_MISMATCH.NON_FOLDABLE_INPUT",
        sqlExpr=quoted_call(name, arguments),
        inputName=f"`{what}`",
        inputType=f"{kind}",
        inputExpr=f'"{pretty_name(arguments[position])}"',
    )


def _lower_uniform(invocation: Invocation) -> str:
    low, high = (f"CAST({bound} AS DOUBLE)" for bound in invocation.sql[:2])
    value = f"({low} + ({high} - {low}) * {_uniform_number(_seed(invocation, 2))})"
    if isinstance(invocation.data_type, IntegralType):
        return cast(f"floor({value})", invocation.data_type)
    return cast(value, invocation.data_type)


def _type_randstr(name: str, arguments: Sequence[Expression], environment: Environment) -> Typed:
    if not 1 <= len(arguments) <= 2:
        raise wrong_argument_count(name, len(arguments), "[1, 2]")
    for position, (argument, what) in enumerate(zip(arguments, ("length", "seed"), strict=False)):
        if not _constant(argument):
            raise _not_foldable(name, arguments, what, "integer", position)
        if implicit_cast_type(argument.data_type, INTEGER) is None:
            raise wrong_argument_type(name, arguments, position, '("INT" or "SMALLINT")')
    return tuple(arguments), STRING


def _lower_randstr(invocation: Invocation) -> str:
    length = int(invocation.constant(0) or 0)
    if length < 0:
        parameters = {"parameter": "`length`", "functionName": "`randstr`", "length": str(length)}
        return raise_error(ErrorKind.RUNTIME, "INVALID_PARAMETER_VALUE.LENGTH", parameters)
    seed = _seed(invocation, 1)
    letters = (
        f"substring('{_ALPHABET}', CAST(floor({_uniform_number(seed, position)} * 62) AS INTEGER) + 1, 1)"
        for position in range(length)
    )
    return f"({' || '.join(letters)})" if length else "''"


def _type_uuid(name: str, arguments: Sequence[Expression], environment: Environment) -> Typed:
    """The seed that the client may send is its own choice, not the user's: it is dropped."""
    return (), STRING


_RAND = Function(_type_seeded, _lower_rand, nullability=Nullability.NEVER, is_deterministic=False)

FUNCTIONS: dict[str, Function] = {
    "rand": _RAND,
    "random": _RAND,
    "randn": Function(_type_seeded, _lower_randn, nullability=Nullability.NEVER, is_deterministic=False),
    "uniform": Function(_type_uniform, _lower_uniform, nullability=Nullability.NEVER, is_deterministic=False),
    "randstr": Function(_type_randstr, _lower_randstr, nullability=Nullability.NEVER, is_deterministic=False),
    "uuid": Function(
        _type_uuid, "CAST(gen_random_uuid() AS VARCHAR)", nullability=Nullability.NEVER, is_deterministic=False
    ),
}
