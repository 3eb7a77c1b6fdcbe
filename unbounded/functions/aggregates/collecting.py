"""Aggregates that gather values: lists, sets, joined text. NULLs are left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from unbounded.errors import analysis_error
from unbounded.functions.aggregates.calls import called
from unbounded.functions.aggregates.hash_codes import with_one_zero
from unbounded.functions.aggregates.set_order import in_set_order
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


def _by_value(invocation: Invocation, value: str) -> Invocation:
    """Different values, which have no place in the input, come in their own order."""
    modifiers = invocation.modifiers
    if not modifiers.get("distinct") or modifiers.get("order"):
        return invocation
    return replace(invocation, modifiers={**modifiers, "order": f" ORDER BY {value}"})


def _collected(invocation: Invocation, value: str) -> str:
    """An empty group gives an empty list."""
    made = called("list", invocation, value, condition=f"{invocation.sql[0]} IS NOT NULL")
    return f"coalesce({made}, CAST([] AS {engine_type(invocation.data_type)}))"


def _lower_list(invocation: Invocation) -> str:
    return _collected(_by_value(invocation, invocation.sql[0]), invocation.sql[0])


def _update_set(invocation: Invocation) -> str:
    different = replace(invocation, modifiers={**invocation.modifiers, "distinct": "DISTINCT "})
    return _collected(different, with_one_zero(invocation.sql[0], invocation.type_of(0)))


def _lower_set(invocation: Invocation) -> str:
    return in_set_order(_update_set(invocation), invocation.type_of(0))


def _finish_set(invocation: Invocation) -> str:
    return in_set_order(invocation.sql[0], invocation.type_of(0))


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
        listed = _by_value(invocation, f"hex({value})")
        joined = called("list", listed, f"hex({value})", condition=f"{value} IS NOT NULL")
        between = separator.hex() if isinstance(separator, bytes) else ""
        return f"from_hex(array_to_string({joined}, '{between}'))"
    text = str(separator or "").replace("'", "''")
    return called("string_agg", _by_value(invocation, value), value, f"'{text}'")


def _finish_listagg(invocation: Invocation) -> str:
    """From the list of all values; NULL for none."""
    values, separator = invocation.sql[0], invocation.constant(1)
    if isinstance(invocation.data_type, BinaryType):
        between = separator.hex() if isinstance(separator, bytes) else ""
        joined = f"from_hex(array_to_string(list_transform({values}, lambda x : hex(x)), '{between}'))"
    else:
        between = str(separator or "").replace("'", "''")
        joined = f"array_to_string({values}, '{between}')"
    return f"CASE WHEN len({values}) > 0 THEN {joined} END"


# ------------------------------------------------------------------------------------------------ rows

_LIST_STATE = AggregateState((StateColumn(_array, _lower_list, _merge_lists),), "{0}")
_SET_STATE = AggregateState((StateColumn(_array, _update_set, _merge_sets),), _finish_set)
_LISTAGG = Function(
    _type_listagg,
    _lower_listagg,
    FunctionKind.AGGREGATE,
    Nullability.ALWAYS,
    state=AggregateState((StateColumn(_array, _lower_list, _merge_lists),), _finish_listagg),
    is_order_sensitive=True,
)

FUNCTIONS: dict[str, Function] = {
    "collect_list": aggregate(
        [ANY], _array, _lower_list, nullability=Nullability.NEVER, state=_LIST_STATE, is_order_sensitive=True
    ),
    "collect_set": Function(_type_set, _lower_set, FunctionKind.AGGREGATE, Nullability.NEVER, state=_SET_STATE),
    "listagg": _LISTAGG,
    "string_agg": _LISTAGG,
}
