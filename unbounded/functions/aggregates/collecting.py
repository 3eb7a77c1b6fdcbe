"""Aggregates that gather values: lists, sets, joined text. NULLs are left out."""

from __future__ import annotations

from collections.abc import Sequence

from unbounded.errors import analysis_error
from unbounded.functions.aggregates.calls import called
from unbounded.functions.engine import engine_type
from unbounded.functions.environment import Environment
from unbounded.functions.registry import (
    AggregateState,
    Function,
    FunctionKind,
    Invocation,
    Nullability,
    StateColumn,
    aggregate,
)
from unbounded.functions.signature import (
    ANY,
    Types,
    implicit_cast,
    quoted_call,
    wrong_argument_count,
    wrong_argument_type,
)
from unbounded.plan.expressions import Expression, Literal
from unbounded.types.datatypes import BINARY, STRING, ArrayType, BinaryType, DataType, MapType, NullType

Typed = tuple[tuple[Expression, ...], DataType]


def _array(types: Types) -> DataType:
    return ArrayType(types[0], False)


def _type_set(name: str, arguments: Sequence[Expression], environment: Environment) -> Typed:
    if len(arguments) != 1:
        raise wrong_argument_count(name, len(arguments), "1")
    if isinstance(arguments[0].data_type, MapType):
        raise analysis_error(
            "DATATYPE_MISMATCH.UNSUPPORTED_INPUT_TYPE",
            sqlExpr=quoted_call(name, arguments),
            functionName=f"`{name}`",
            dataType='"MAP" or "COLLATED STRING"',
        )
    return tuple(arguments), ArrayType(arguments[0].data_type, False)


def _collected(invocation: Invocation, value: str) -> str:
    """An empty group gives an empty list."""
    made = called("list", invocation, value, condition=f"{invocation.sql[0]} IS NOT NULL")
    return f"coalesce({made}, CAST([] AS {engine_type(invocation.data_type)}))"


def _lower_list(invocation: Invocation) -> str:
    return _collected(invocation, invocation.sql[0])


def _lower_set(invocation: Invocation) -> str:
    return (
        _collected(invocation, f"DISTINCT {invocation.sql[0]}")
        if not invocation.modifiers.get("distinct")
        else (_lower_list(invocation))
    )


def _merge_lists(invocation: Invocation) -> str:
    lists = called("list", invocation, invocation.sql[0])
    return f"coalesce(flatten({lists}), CAST([] AS {engine_type(invocation.data_type)}))"


def _merge_sets(invocation: Invocation) -> str:
    return f"list_distinct({_merge_lists(invocation)})"


# ------------------------------------------------------------------------------------------------ listagg


def _type_listagg(name: str, arguments: Sequence[Expression], environment: Environment) -> Typed:
    """value, [separator]: a missing separator is shown as NULL and joins without one."""
    if not 1 <= len(arguments) <= 2:
        raise wrong_argument_count(name, len(arguments), "[1, 2]")
    value, separator = (*arguments, Literal(None, NullType()))[:2]
    target = BINARY if isinstance(value.data_type, BinaryType) else STRING
    if isinstance(value.data_type, ArrayType | MapType):
        raise wrong_argument_type(name, (value, separator), 0, '("STRING" or "BINARY")')
    if not isinstance(separator, Literal):
        raise analysis_error(
            "DATATYPE_MISMATCH.NON_FOLDABLE_INPUT",
            sqlExpr=quoted_call(name, (value, separator)),
            inputName="`delimiter`",
            inputType=f'"{separator.data_type.sql_name}"',
            inputExpr=f'"{quoted_call("", (separator,))[2:-2]}"',
        )
    return (implicit_cast(value, target), separator), target


def _lower_listagg(invocation: Invocation) -> str:
    value, _ = invocation.sql
    separator = invocation.constant(1)
    if isinstance(invocation.data_type, BinaryType):
        joined = called("list", invocation, f"hex({value})", condition=f"{value} IS NOT NULL")
        between = separator.hex() if isinstance(separator, bytes) else ""
        return f"from_hex(array_to_string({joined}, '{between}'))"
    text = str(separator or "").replace("'", "''")
    return called("string_agg", invocation, value, f"'{text}'")


# ------------------------------------------------------------------------------------------------ rows

_LIST_STATE = AggregateState((StateColumn(_array, _lower_list, _merge_lists),), "{0}")
_SET_STATE = AggregateState((StateColumn(_array, _lower_set, _merge_sets),), "{0}")
_LISTAGG = Function(_type_listagg, _lower_listagg, FunctionKind.AGGREGATE, Nullability.ALWAYS, is_order_sensitive=True)

FUNCTIONS: dict[str, Function] = {
    "collect_list": aggregate(
        [ANY], _array, _lower_list, nullability=Nullability.NEVER, state=_LIST_STATE, is_order_sensitive=True
    ),
    "collect_set": Function(_type_set, _lower_set, FunctionKind.AGGREGATE, Nullability.NEVER, state=_SET_STATE),
    "listagg": _LISTAGG,
    "string_agg": _LISTAGG,
}
