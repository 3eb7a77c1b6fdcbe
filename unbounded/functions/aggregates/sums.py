"""count, sum, avg, min, max and their `try_` forms, with Spark's result types and overflow rules."""

from __future__ import annotations

from collections.abc import Sequence

from unbounded.errors import ErrorKind, analysis_error
from unbounded.functions.aggregates.calls import called, count_column, first_type
from unbounded.functions.collections.typing import require_orderable
from unbounded.functions.datetimes.interval_arithmetic import interval_overflow
from unbounded.functions.engine import bind, engine_type, raise_error
from unbounded.functions.environment import Environment
from unbounded.functions.ordering import needs_order_key, order_key
from unbounded.functions.registry import (
    AggregateState,
    Function,
    FunctionKind,
    Invocation,
    Nullability,
    StateColumn,
    aggregate,
    call,
)
from unbounded.functions.signature import P_BOOLEAN, Types, one_of, wrong_argument_count
from unbounded.plan.expressions import Expression
from unbounded.types.coercion import bounded_decimal
from unbounded.types.datatypes import (
    DAY_TIME_INTERVAL,
    DOUBLE,
    LONG,
    MAX_DECIMAL_PRECISION,
    YEAR_MONTH_INTERVAL,
    DataType,
    DayTimeIntervalType,
    DecimalType,
    DoubleType,
    FloatType,
    IntegralType,
    LongType,
    NumericType,
    YearMonthIntervalType,
)

Typed = tuple[tuple[Expression, ...], DataType]

SUMMABLE = one_of(
    '"NUMERIC" or "ANSI INTERVAL"', NumericType, DayTimeIntervalType, YearMonthIntervalType, default=DOUBLE
)
_MAX_INTEGER, _MAX_LONG = 2**31 - 1, 2**63 - 1
_CONFIG = {"config": '"spark.sql.ansi.enabled"'}


def sum_type(types: Types) -> DataType:
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
        case DayTimeIntervalType():
            return DAY_TIME_INTERVAL
        case YearMonthIntervalType():
            return YEAR_MONTH_INTERVAL
        case _:
            return DOUBLE


# ------------------------------------------------------------------------------------------------ count


def _type_count(name: str, arguments: Sequence[Expression], environment: Environment) -> Typed:
    if not arguments:
        raise analysis_error(
            "WRONG_NUM_ARGS.WITH_SUGGESTION",
            functionName=f"`{name}`",
            expectedNum=" >= 1",
            actualNum="0",
            legacyNum="0",
            legacyConfValue='"true"',
            legacyConfKey='"spark.sql.legacy.allowParameterlessCount"',
        )
    return tuple(arguments), LONG


def _lower_count(invocation: Invocation) -> str:
    """Rows in which all arguments have a value; with DISTINCT different ones of them."""
    values = invocation.sql
    if len(values) == 1:
        return called("count", invocation, values[0])
    given = " AND ".join(f"{value} IS NOT NULL" for value in values)
    row = f"struct_pack({', '.join(f'f{i} := {value}' for i, value in enumerate(values))})"
    counted = row if invocation.modifiers.get("distinct") else "1"
    return called("count", invocation, f"CASE WHEN {given} THEN {counted} END")


def _lower_count_if(invocation: Invocation) -> str:
    return called("count", invocation, f"CASE WHEN {invocation.sql[0]} THEN true END")


# ------------------------------------------------------------------------------------------------ sum


def _lower_sum(invocation: Invocation) -> str:
    """Only sums of longs and intervals can leave the result type; decimals overflow inside the engine."""
    total = called("sum", invocation, invocation.sql[0])
    made = f"CAST({total} AS {engine_type(invocation.data_type)})"
    match invocation.type_of(0):
        case LongType():
            shown = {
                "message": "overflow",
                "alternative": " Use 'try_add' to tolerate overflow and return NULL instead.",
            }
            failure = raise_error(ErrorKind.ARITHMETIC, "ARITHMETIC_OVERFLOW", {**shown, **_CONFIG})
        case DayTimeIntervalType() | YearMonthIntervalType():
            failure = interval_overflow("try_add")
        case _:
            return made
    return f"CASE WHEN {_is_too_large(total, invocation.type_of(0))} THEN {failure} ELSE {made} END"


def _is_too_large(total: str, data_type: DataType) -> str:
    most = _MAX_INTEGER if isinstance(data_type, YearMonthIntervalType) else _MAX_LONG
    return f"({total} > {most} OR {total} < -{most} - 1)"


def _lower_try_sum(invocation: Invocation) -> str:
    return f"TRY_CAST({called('sum', invocation, invocation.sql[0])} AS {engine_type(invocation.data_type)})"


# ------------------------------------------------------------------------------------------------ avg


def _lower_average(invocation: Invocation) -> str:
    value, data_type = invocation.sql[0], invocation.type_of(0)
    if not isinstance(data_type, DecimalType | DayTimeIntervalType | YearMonthIntervalType):
        return called("avg", invocation, value)
    total, count = called("sum", invocation, value), called("count", invocation, value)
    return _divided(total, count, data_type, invocation)


def _divided(total: str, count: str, data_type: DataType, invocation: Invocation) -> str:
    """The exact quotient of a decimal or interval sum, rounded half up."""
    scale = data_type.scale if isinstance(data_type, DecimalType) else 0
    result = invocation.data_type
    result_scale = result.scale if isinstance(result, DecimalType) else 0
    entry = f"struct_pack(n := {count}, s := {_unscaled(total, scale)})"
    factor = 10 ** (result_scale - scale)
    rounded = _half_up("t.s", "t.n", factor)
    if isinstance(result, DecimalType) and result.precision == MAX_DECIMAL_PRECISION:
        bound = 10**MAX_DECIMAL_PRECISION // factor
        rounded = f"CASE WHEN abs(t.s) // t.n >= {bound} THEN {_too_large(result)} ELSE {rounded} END"
    quotient = f"list_transform([{entry}], lambda t : {rounded})[1]"
    made = bind(quotient, "q", lambda q: f"CAST({_with_point(q, result_scale)} AS {engine_type(result)})")
    if isinstance(data_type, DayTimeIntervalType | YearMonthIntervalType):
        failure = "NULL" if invocation.name == "try_avg" else interval_overflow("try_add")
        made = f"CASE WHEN {_is_too_large(total, data_type)} THEN {failure} ELSE {made} END"
    return f"CASE WHEN {count} > 0 THEN {made} END"


def _too_large(result: DecimalType) -> str:
    known = {"precision": str(result.precision), "scale": str(result.scale), **_CONFIG}
    value = f"CAST(CAST(t.s AS DOUBLE) / t.n / 1e{result.scale} AS VARCHAR)"
    return raise_error(ErrorKind.ARITHMETIC, "NUMERIC_VALUE_OUT_OF_RANGE.WITH_SUGGESTION", known, {"value": value})


def _with_point(digits: str, scale: int) -> str:
    """The text of an integer with a decimal point before its last digits."""
    if scale == 0:
        return digits
    whole, rest = f"abs({digits}) // {10**scale}", f"CAST(abs({digits}) % {10**scale} AS VARCHAR)"
    return (
        f"CASE WHEN {digits} < 0 THEN '-' ELSE '' END || CAST({whole} AS VARCHAR) || '.' || lpad({rest}, {scale}, '0')"
    )


def _unscaled(value: str, scale: int) -> str:
    """The digits of a decimal as an integer."""
    return f"CAST(replace(CAST({value} AS VARCHAR), '.', '') AS HUGEINT)" if scale else f"CAST({value} AS HUGEINT)"


def _half_up(total: str, count: str, factor: int) -> str:
    whole, rest = f"(abs({total}) // {count})", f"(abs({total}) % {count})"
    rounded = f"({whole} * {factor} + (2 * {rest} * {factor} + {count}) // (2 * {count}))"
    return f"CASE WHEN {total} < 0 THEN -{rounded} ELSE {rounded} END"


def _state_sum_type(types: Types) -> DataType:
    """Sums of integers are kept as doubles, as Spark does."""
    match types[0]:
        case DecimalType(scale=scale):
            return DecimalType(MAX_DECIMAL_PRECISION, scale)
        case DayTimeIntervalType() | YearMonthIntervalType():
            return LONG
        case _:
            return DOUBLE


def _update_sum(invocation: Invocation) -> str:
    kept = engine_type(_state_sum_type((invocation.type_of(0),)))
    return f"CAST({called('sum', invocation, invocation.sql[0])} AS {kept})"


def _wide_sum_type(types: Types) -> DataType:
    """Has room for sums that the result has not."""
    return DecimalType(MAX_DECIMAL_PRECISION, 0) if isinstance(types[0], IntegralType) else _state_sum_type(types)


def _update_wide(invocation: Invocation) -> str:
    kept = engine_type(_wide_sum_type((invocation.type_of(0),)))
    return f"CAST({called('sum', invocation, invocation.sql[0])} AS {kept})"


def _finish_average(invocation: Invocation) -> str:
    total, count = invocation.sql
    data_type = invocation.type_of(0)
    if isinstance(data_type, DecimalType | DayTimeIntervalType | YearMonthIntervalType):
        return _divided(total, count, data_type, invocation)
    return f"CASE WHEN {count} > 0 THEN {total} / {count} END"


# ------------------------------------------------------------------------------------------------ min, max


def _type_extreme(name: str, arguments: Sequence[Expression], environment: Environment) -> Typed:
    if len(arguments) != 1:
        raise wrong_argument_count(name, len(arguments), "1")
    require_orderable(name, arguments, arguments[0].data_type)
    return tuple(arguments), arguments[0].data_type


def _extreme(name: str) -> Function:
    def rule(invocation: Invocation) -> str:
        value, data_type = invocation.sql[0], invocation.data_type
        if not needs_order_key(data_type):
            return called(name, invocation, value)
        return called(f"arg_{name}", invocation, value, order_key(value, data_type))

    column = StateColumn(first_type, rule, rule)
    return Function(
        _type_extreme, rule, FunctionKind.AGGREGATE, Nullability.ALWAYS, state=AggregateState((column,), "{0}")
    )


# ------------------------------------------------------------------------------------------------ rows

_SUM_STATE = AggregateState((StateColumn(sum_type, _lower_sum, f"CAST({call('sum', '{0}')} AS {{type}})"),), "{0}")
_AVERAGE_STATE = AggregateState(
    (
        StateColumn(_state_sum_type, _update_sum, f"CAST({call('sum', '{0}')} AS {{type}})", "sum"),
        count_column(call("count", "{0}")),
    ),
    _finish_average,
)
_TRY_SUM_STATE = AggregateState(
    (StateColumn(_wide_sum_type, _update_wide, f"CAST({call('sum', '{0}')} AS {{type}})"),), "TRY_CAST({0} AS {type})"
)
_NUMBER = [SUMMABLE]
_AVERAGE = aggregate(_NUMBER, _average_type, _lower_average, state=_AVERAGE_STATE)

FUNCTIONS: dict[str, Function] = {
    "count": Function(
        _type_count,
        _lower_count,
        FunctionKind.AGGREGATE,
        Nullability.NEVER,
        state=AggregateState((count_column(_lower_count),), "{0}"),
    ),
    "count_if": aggregate(
        [P_BOOLEAN],
        LONG,
        _lower_count_if,
        nullability=Nullability.NEVER,
        state=AggregateState((count_column(_lower_count_if),), "{0}"),
    ),
    "sum": aggregate(_NUMBER, sum_type, _lower_sum, state=_SUM_STATE),
    "try_sum": aggregate(_NUMBER, sum_type, _lower_try_sum, state=_TRY_SUM_STATE),
    "avg": _AVERAGE,
    "mean": _AVERAGE,
    "try_avg": _AVERAGE,
    "min": _extreme("min"),
    "max": _extreme("max"),
}
