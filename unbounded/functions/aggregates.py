"""Aggregate functions: signature, result type, engine call, and how the state is kept between micro-batches."""

from __future__ import annotations

from unbounded.functions.registry import AggregateState, Function, Nullability, StateColumn, aggregate, call
from unbounded.functions.signature import ANY, NUMERIC_OR_INTERVAL, P_BOOLEAN, Parameter, Types
from unbounded.types.coercion import bounded_decimal
from unbounded.types.datatypes import (
    BOOLEAN,
    DOUBLE,
    LONG,
    ArrayType,
    DataType,
    DecimalType,
    DoubleType,
    FloatType,
    IntegralType,
)


def _sum_type(types: Types) -> DataType:
    match types[0]:
        case DecimalType(precision=precision, scale=scale):
            return bounded_decimal(precision + 10, scale)
        case IntegralType():
            return LONG
        case FloatType() | DoubleType():
            return DOUBLE
        case interval:
            return interval


def _average_type(types: Types) -> DataType:
    match types[0]:
        case DecimalType(precision=precision, scale=scale):
            return bounded_decimal(precision + 4, scale + 4)
        case IntegralType() | FloatType() | DoubleType():
            return DOUBLE
        case interval:
            return interval


def _first(types: Types) -> DataType:
    return types[0]


def _array(types: Types) -> DataType:
    return ArrayType(types[0], False)


def _same_state(function: str) -> AggregateState:
    """For aggregates whose state is their own result: min of mins, and so on."""
    return AggregateState((StateColumn(_first, call(function, "{0}"), call(function, "{0}")),), "{0}")


_SUM = f"CAST({call('sum', '{0}')} AS {{type}})"
_COUNT = call("count", "{0}")
_NUMERIC = [NUMERIC_OR_INTERVAL]
_NULLABLE_BOOLEAN: list[Parameter] = [P_BOOLEAN]

_SUM_STATE = AggregateState((StateColumn(_sum_type, _SUM, _SUM),), "{0}")
_COUNT_STATE = AggregateState((StateColumn(LONG, _COUNT, f"CAST({call('sum', '{0}')} AS BIGINT)"),), "{0}")
_AVERAGE_STATE = AggregateState(
    (
        StateColumn(lambda types: _sum_type(types), _SUM, _SUM),
        StateColumn(LONG, _COUNT, f"CAST({call('sum', '{0}')} AS BIGINT)"),
    ),
    "CASE WHEN {1} > 0 THEN CAST({0} / {1} AS {type}) END",
)

FUNCTIONS: dict[str, Function] = {
    "count": aggregate([ANY], LONG, _COUNT, is_variadic=True, nullability=Nullability.NEVER, state=_COUNT_STATE),
    "sum": aggregate(_NUMERIC, _sum_type, _SUM, state=_SUM_STATE),
    "avg": aggregate(_NUMERIC, _average_type, f"CAST({call('avg', '{0}')} AS {{type}})", state=_AVERAGE_STATE),
    "min": aggregate([ANY], _first, call("min", "{0}"), state=_same_state("min")),
    "max": aggregate([ANY], _first, call("max", "{0}"), state=_same_state("max")),
    "bool_and": aggregate(_NULLABLE_BOOLEAN, BOOLEAN, call("bool_and", "{0}"), state=_same_state("bool_and")),
    "bool_or": aggregate(_NULLABLE_BOOLEAN, BOOLEAN, call("bool_or", "{0}"), state=_same_state("bool_or")),
}
FUNCTIONS["mean"] = FUNCTIONS["avg"]
FUNCTIONS["every"] = FUNCTIONS["bool_and"]
FUNCTIONS["some"] = FUNCTIONS["any"] = FUNCTIONS["bool_or"]
