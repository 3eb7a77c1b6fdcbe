"""Aggregates that pick one of the values: the first, the last, the one beside an extreme, the most frequent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from unbounded.errors import analysis_error
from unbounded.functions.aggregates.calls import called, first_type
from unbounded.functions.aggregates.hash_codes import with_one_zero
from unbounded.functions.aggregates.set_order import most_frequent
from unbounded.functions.collections.typing import require_orderable
from unbounded.functions.engine import engine_type
from unbounded.functions.environment import Environment
from unbounded.functions.naming import pretty_name
from unbounded.functions.ordering import order_key
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
    P_INTEGER,
    Types,
    implicit_cast,
    wrong_argument_count,
)
from unbounded.plan.expressions import Expression, Literal
from unbounded.types.datatypes import BOOLEAN, INTEGER, ArrayType, DataType, StructField, StructType

Typed = tuple[tuple[Expression, ...], DataType]

_LAST = frozenset({"last", "last_value"})


# ------------------------------------------------------------------------------------------------ first, last


def _pick(invocation: Invocation) -> str:
    return "last" if invocation.name in _LAST else "first"


def _condition(invocation: Invocation) -> str:
    return f"{invocation.sql[0]} IS NOT NULL" if invocation.modifiers.get("ignores_nulls") else ""


def _lower_first(invocation: Invocation) -> str:
    if invocation.modifiers.get("over"):
        return _lower_over_window(invocation)
    return called(_pick(invocation), invocation, invocation.sql[0], condition=_condition(invocation))


def _lower_over_window(invocation: Invocation) -> str:
    """The engine has no FILTER here: rows that do not count become NULL, and the others a struct around the value."""
    value, condition = invocation.sql[0], invocation.modifiers.get("condition", "")
    call_template = f"{_pick(invocation)}_value({{}}{{}}){invocation.modifiers['over']}"
    if not condition:
        return call_template.format(value, " IGNORE NULLS" if _condition(invocation) else "")
    counted = " AND ".join(f"({c})" for c in (condition, _condition(invocation)) if c)
    boxed = f"CASE WHEN {counted} THEN struct_pack(v := {value}) END"
    return f"struct_extract({call_template.format(boxed, ' IGNORE NULLS')}, 'v')"


def _boxed(types: Types) -> DataType:
    """A struct tells a first value that is NULL from none."""
    return StructType((StructField("v", types[0]),))


def _update_first(invocation: Invocation) -> str:
    boxed = f"struct_pack(v := {invocation.sql[0]})"
    return called(_pick(invocation), invocation, boxed, condition=_condition(invocation))


def _merge_first(invocation: Invocation) -> str:
    """States come in the order of the batches."""
    return called(_pick(invocation), invocation, invocation.sql[0], condition=f"{invocation.sql[0]} IS NOT NULL")


# ------------------------------------------------------------------------------------------------ max_by, min_by


def _type_by(name: str, arguments: Sequence[Expression], environment: Environment) -> Typed:
    """value, key, [count]: with a count the best ones as an array."""
    if not 2 <= len(arguments) <= 3:
        raise wrong_argument_count(name, len(arguments), "[2, 3]")
    require_orderable(name, arguments, arguments[1].data_type)
    if len(arguments) == 3:
        value, key, count = arguments
        return (value, key, implicit_cast(count, P_INTEGER.accept(count.data_type) or INTEGER)), ArrayType(
            value.data_type
        )
    return tuple(arguments), arguments[0].data_type


def _of_best(invocation: Invocation, value: str, key: str) -> str:
    """The value with the best key; of several the last, where the order of the rows is known."""
    is_max = invocation.name == "max_by"
    order = invocation.modifiers.get("order", "")
    if not order:
        return called("arg_max_null" if is_max else "arg_min_null", invocation, value, key)
    by_key = f" ORDER BY {key} {'ASC' if is_max else 'DESC'}, {order.removeprefix(' ORDER BY ')}"
    ordered = replace(invocation, modifiers={**invocation.modifiers, "order": by_key})
    return called("last", ordered, value, condition=f"{key} IS NOT NULL")


def _lower_by(invocation: Invocation) -> str:
    """Rows without a key do not count; the value may be NULL."""
    value, key, *count = invocation.sql
    key = order_key(key, invocation.type_of(1))
    if not count:
        return _of_best(invocation, value, key)
    listed = called("list", invocation, f"struct_pack(k := {key}, v := {value})", condition=f"{key} IS NOT NULL")
    direction = "DESC" if invocation.name == "max_by" else "ASC"
    return f"list_transform(list_sort({listed}, '{direction}')[1:{count[0]}], lambda s : s.v)"


def _keyed(types: Types) -> DataType:
    return StructType((StructField("k", types[1]), StructField("v", types[0])))


def _update_by(invocation: Invocation) -> str:
    value, key = invocation.sql
    key = order_key(key, invocation.type_of(1))
    return _of_best(invocation, f"struct_pack(k := {key}, v := {value})", key)


def _merge_by(invocation: Invocation) -> str:
    state = invocation.sql[0]
    return _of_best(invocation, state, f"struct_extract({state}, 'k')")


# ------------------------------------------------------------------------------------------------ mode


def _type_mode(name: str, arguments: Sequence[Expression], environment: Environment) -> Typed:
    """value, [whether the smallest of equally frequent values wins], [the largest instead, see `analysis.rewrites`]

    Typed, a second argument says that the largest wins; without one the winner is Spark's by accident.
    """
    if not arguments:
        raise analysis_error("INVALID_WITHIN_GROUP_EXPRESSION.WITHIN_GROUP_MISSING", funcName=f"`{name}`")
    if len(arguments) > 3:
        raise wrong_argument_count(name, len(arguments), "0")
    value, *flags = arguments
    if not flags or not _is_set(name, flags[0]):
        return (value,), value.data_type
    return (value, flags[1] if len(flags) > 1 else Literal(False, BOOLEAN)), value.data_type


def _is_set(name: str, argument: Expression) -> bool:
    """Raises: SparkError NON_FOLDABLE_ARGUMENT, UNEXPECTED_INPUT_TYPE, DATATYPE_MISMATCH.UNEXPECTED_NULL"""
    if not isinstance(argument, Literal):
        shown = {"funcName": f"`{name}`", "paramName": "`deterministic`", "paramType": '"BOOLEAN"'}
        raise analysis_error("NON_FOLDABLE_ARGUMENT", **shown)
    if argument.value is None:
        raise analysis_error("DATATYPE_MISMATCH.UNEXPECTED_NULL", exprName="`deterministic`", sqlExpr='"NULL"')
    if argument.data_type != BOOLEAN:
        raise analysis_error(
            "UNEXPECTED_INPUT_TYPE",
            functionName=f"`{name}`",
            paramIndex="second",
            requiredType='"BOOLEAN"',
            inputSql=f'"{pretty_name(argument)}"',
            inputType=f'"{argument.data_type.sql_name}"',
        )
    return bool(argument.value)


def _lower_mode(invocation: Invocation) -> str:
    value = with_one_zero(invocation.sql[0], invocation.type_of(0))
    if len(invocation.arguments) == 1:
        return most_frequent(called("histogram", invocation, value), invocation.data_type)
    modifiers = {**invocation.modifiers, "order": f" ORDER BY {value} {_tie_order(invocation)}"}
    return called("mode", replace(invocation, modifiers=modifiers), value)


def _tie_order(invocation: Invocation) -> str:
    return "DESC" if invocation.constant(1) else "ASC"


def _counted(types: Types) -> DataType:
    return ArrayType(types[0], False)


def _update_mode(invocation: Invocation) -> str:
    value = with_one_zero(invocation.sql[0], invocation.type_of(0))
    return called("list", invocation, value, condition=f"{value} IS NOT NULL")


def _finish_mode(invocation: Invocation) -> str:
    values = invocation.sql[0]
    if len(invocation.arguments) == 1:
        return most_frequent(f"list_aggregate({values}, 'histogram')", invocation.data_type)
    ordered = f"list_sort({values}, '{_tie_order(invocation)}')"
    return f"CAST(list_aggregate({ordered}, 'mode') AS {engine_type(invocation.data_type)})"


# ------------------------------------------------------------------------------------------------ rows

_FIRST = aggregate(
    [ANY],
    first_type,
    _lower_first,
    state=AggregateState((StateColumn(_boxed, _update_first, _merge_first),), "struct_extract({0}, 'v')"),
    is_order_sensitive=True,
)
_BY = Function(
    _type_by,
    _lower_by,
    FunctionKind.AGGREGATE,
    Nullability.ALWAYS,
    state=AggregateState((StateColumn(_keyed, _update_by, _merge_by),), "struct_extract({0}, 'v')"),
    is_order_sensitive=True,
)
_MODE_STATE = AggregateState((StateColumn(_counted, _update_mode, "flatten(list({0}))"),), _finish_mode)

FUNCTIONS: dict[str, Function] = {
    "first": _FIRST,
    "first_value": _FIRST,
    "any_value": _FIRST,
    "last": _FIRST,
    "last_value": _FIRST,
    "max_by": _BY,
    "min_by": _BY,
    "mode": Function(_type_mode, _lower_mode, FunctionKind.AGGREGATE, Nullability.ALWAYS, state=_MODE_STATE),
}
