"""Functions that need an OVER clause: ranking and neighbours."""

from __future__ import annotations

from collections.abc import Sequence

from unbounded.errors import analysis_error
from unbounded.functions.environment import Environment
from unbounded.functions.naming import pretty_name
from unbounded.functions.registry import Function, FunctionKind, Nullability, TypingRule, call, window_function
from unbounded.functions.signature import (
    P_INTEGER,
    P_LONG,
    implicit_cast,
    quoted_call,
    wrong_argument_count,
    wrong_argument_type,
)
from unbounded.plan.expressions import Call, Cast, Expression, Literal
from unbounded.types.datatypes import DOUBLE, INTEGER, LONG, NULL, DataType, IntegralType

Typed = tuple[tuple[Expression, ...], DataType]

_MAX_BUCKETS, _MAX_OFFSET = 2**31 - 1, 2**63 - 1


def _integer(expression: Expression) -> int | None:
    """The value of a constant integer; None for anything else."""
    match expression:
        case Cast(child=child):
            return _integer(child)
        case Call(function="-" | "negative", arguments=(argument,)):
            value = _integer(argument)
            return None if value is None else -value
        case Literal(value=int(value), data_type=IntegralType()):
            return value
        case _:
            return None


def _constant(name: str, arguments: Sequence[Expression], position: int, what: str, shown: str) -> int:
    """Raises: SparkError DATATYPE_MISMATCH.NON_FOLDABLE_INPUT"""
    value = _integer(arguments[position])
    if value is None:
        raise analysis_error(
            "DATATYPE_MISMATCH.NON_FOLDABLE_INPUT",
            sqlExpr=quoted_call(name, arguments),
            inputName=f"`{what}`",
            inputType='"INT"',
            inputExpr=f'"{shown}"',
        )
    return value


def _type_neighbour(name: str, arguments: Sequence[Expression], environment: Environment) -> Typed:
    """value, [offset], [default]: both are shown even if they are not written."""
    if not 1 <= len(arguments) <= 3:
        raise wrong_argument_count(name, len(arguments), "[1, 2, 3]")
    missing = (Literal(1, INTEGER), Literal(None, NULL))[len(arguments) - 1 :]
    value, offset, default = given = (*arguments, *missing)
    if P_INTEGER.accept(offset.data_type) is None:
        raise wrong_argument_type(name, given, 1, '"INT"')
    shown = f"(- {pretty_name(offset)})" if name == "lag" else pretty_name(offset)
    rows = Literal(_constant(name, given, 1, "offset", shown), INTEGER)
    return (value, rows, implicit_cast(default, value.data_type)), value.data_type


def _type_nth(name: str, arguments: Sequence[Expression], environment: Environment) -> Typed:
    if len(arguments) != 2:
        raise wrong_argument_count(name, len(arguments), "[2, 3]")
    if P_LONG.accept(arguments[1].data_type) is None:
        raise wrong_argument_type(name, arguments, 1, '"INT"')
    position = _constant(name, arguments, 1, "offset", pretty_name(arguments[1]))
    if not 0 < position <= _MAX_OFFSET:
        raise _out_of_range(name, arguments, "offset", _MAX_OFFSET, f"{position}L")
    return (arguments[0], Literal(position, LONG)), arguments[0].data_type


def _type_buckets(name: str, arguments: Sequence[Expression], environment: Environment) -> Typed:
    if len(arguments) > 1:
        raise wrong_argument_count(name, len(arguments), "[0, 1]")
    given = (*arguments, Literal(1, INTEGER))[:1]
    if P_INTEGER.accept(given[0].data_type) is None:
        raise wrong_argument_type(name, given, 0, '"INT"')
    buckets = _constant(name, given, 0, "buckets", pretty_name(given[0]))
    if not 0 < buckets <= _MAX_BUCKETS:
        raise _out_of_range(name, given, "buckets", _MAX_BUCKETS, str(buckets))
    return (Literal(buckets, INTEGER),), INTEGER


def _out_of_range(name: str, arguments: Sequence[Expression], what: str, most: int, value: str) -> Exception:
    return analysis_error(
        "DATATYPE_MISMATCH.VALUE_OUT_OF_RANGE",
        sqlExpr=quoted_call(name, arguments),
        exprName=what,
        valueRange=f"(0, {most}]",
        currentValue=value,
    )


def _without_arguments(result: DataType) -> TypingRule:
    """Spark takes any arguments of a rank and replaces them by the order of the window."""
    return lambda name, arguments, environment: ((), result)


_RANK = {
    name: Function(
        _without_arguments(INTEGER), f"CAST({call(name, '')} AS INTEGER)", FunctionKind.WINDOW, Nullability.NEVER
    )
    for name in ("rank", "dense_rank")
}


_NEIGHBOURS = {
    name: Function(_type_neighbour, call(name), FunctionKind.WINDOW, Nullability.ALWAYS) for name in ("lag", "lead")
}

FUNCTIONS: dict[str, Function] = {
    **_NEIGHBOURS,
    **_RANK,
    "row_number": window_function([], INTEGER, f"CAST({call('row_number', '')} AS INTEGER)"),
    "percent_rank": Function(
        _without_arguments(DOUBLE), call("percent_rank", ""), FunctionKind.WINDOW, Nullability.NEVER
    ),
    "cume_dist": window_function([], DOUBLE, call("cume_dist", "")),
    "ntile": Function(
        _type_buckets, f"CAST({call('ntile', '{0}')} AS INTEGER)", FunctionKind.WINDOW, Nullability.NEVER
    ),
    "nth_value": Function(_type_nth, call("nth_value"), FunctionKind.WINDOW, Nullability.ALWAYS),
}
