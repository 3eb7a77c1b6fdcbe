"""histogram_numeric: bins of free width over the numbers, dates or times of a group (`kernels.histograms`)."""

from __future__ import annotations

from collections.abc import Sequence

from unbounded.errors import analysis_error
from unbounded.functions.aggregates.calls import called
from unbounded.functions.aggregates.percentiles import constant_of
from unbounded.functions.engine import engine_type
from unbounded.functions.environment import Environment
from unbounded.functions.naming import pretty_name
from unbounded.functions.registry import (
    AggregateState,
    Function,
    FunctionKind,
    Invocation,
    Nullability,
    StateColumn,
)
from unbounded.functions.signature import (
    P_INTEGER,
    Types,
    implicit_cast,
    is_null,
    one_of,
    quoted_call,
    wrong_argument_count,
    wrong_argument_type,
)
from unbounded.plan.expressions import Expression
from unbounded.types.datatypes import (
    DOUBLE,
    INTEGER,
    ArrayType,
    DataType,
    DatetimeType,
    DateType,
    DayTimeIntervalType,
    DecimalType,
    DoubleType,
    FloatType,
    NumericType,
    StructField,
    StructType,
    YearMonthIntervalType,
)

Typed = tuple[tuple[Expression, ...], DataType]

_LEAST_BINS, _MOST_BINS = 2, 2**31 - 1
_VALUE = one_of(
    '("NUMERIC", "DATE", "TIMESTAMP", "TIMESTAMP WITHOUT TIME ZONE", '
    '"INTERVAL YEAR TO MONTH" or "INTERVAL DAY TO SECOND")',
    NumericType,
    DatetimeType,
    YearMonthIntervalType,
    DayTimeIntervalType,
    default=DOUBLE,
)


def _type_histogram(name: str, arguments: Sequence[Expression], environment: Environment) -> Typed:
    """value, constant number of bins → the bins, whose centres have the value's type"""
    if len(arguments) != 2:
        raise wrong_argument_count(name, len(arguments), "2")
    value, bins = arguments
    target = _VALUE.accept(value.data_type)
    if target is None:
        raise wrong_argument_type(name, arguments, 0, _VALUE.name)
    if P_INTEGER.accept(bins.data_type) is None:
        raise wrong_argument_type(name, arguments, 1, P_INTEGER.name)
    _check_bins(name, arguments)
    bin_type = StructType((StructField("x", target), StructField("y", DOUBLE)))
    return (implicit_cast(value, target), implicit_cast(bins, INTEGER)), ArrayType(bin_type)


def _check_bins(name: str, arguments: Sequence[Expression]) -> None:
    shown, bins = quoted_call(name, arguments), arguments[1]
    if is_null(bins):
        raise analysis_error("DATATYPE_MISMATCH.UNEXPECTED_NULL", sqlExpr=shown, exprName="nb")
    count = constant_of(bins)
    if count is None:
        raise analysis_error(
            "DATATYPE_MISMATCH.NON_FOLDABLE_INPUT",
            sqlExpr=shown,
            inputName="`nb`",
            inputType='"INT"',
            inputExpr=f'"{pretty_name(bins)}"',
        )
    if not _LEAST_BINS <= int(count) <= _MOST_BINS:
        raise analysis_error(
            "DATATYPE_MISMATCH.VALUE_OUT_OF_RANGE",
            sqlExpr=shown,
            exprName="nb",
            valueRange=f"[{_LEAST_BINS}, {_MOST_BINS}]",
            currentValue=str(count),
        )


def _as_number(value: str, data_type: DataType) -> str:
    """As DOUBLE: days of a date, microseconds of an instant; intervals are numbers already."""
    match data_type:
        case DateType():
            return f"CAST({value} - DATE '1970-01-01' AS DOUBLE)"
        case DatetimeType():
            return f"CAST(epoch_us({value}) AS DOUBLE)"
        case _:
            return f"CAST({value} AS DOUBLE)"


def _from_number(number: str, data_type: DataType) -> str:
    """Whole numbers, days and microseconds are cut, not rounded."""
    match data_type:
        case DateType():
            return f"(DATE '1970-01-01' + CAST(trunc({number}) AS INTEGER))"
        case DatetimeType():
            return f"make_timestamp(CAST(trunc({number}) AS BIGINT))"
        case DoubleType() | FloatType() | DecimalType():
            return f"CAST({number} AS {engine_type(data_type)})"
        case _:
            return f"CAST(trunc({number}) AS {engine_type(data_type)})"


def _numbers(invocation: Invocation) -> str:
    value = invocation.sql[0]
    number = _as_number(value, invocation.type_of(0))
    return called("list", invocation, number, condition=f"{value} IS NOT NULL")


def _finish(numbers: str, invocation: Invocation) -> str:
    centre = _from_number("b.x", invocation.type_of(0))
    bins = f"kernel_numeric_histogram({numbers}, CAST({constant_of(invocation.arguments[1])} AS INTEGER))"
    return f"list_transform({bins}, lambda b : struct_pack(x := {centre}, y := b.y))"


def _all_numbers(types: Types) -> DataType:
    return ArrayType(DOUBLE, False)


_STATE = AggregateState(
    (StateColumn(_all_numbers, _numbers, "flatten(list({0}{order}) FILTER (WHERE {0} IS NOT NULL))"),),
    lambda invocation: _finish(invocation.sql[0], invocation),
)

FUNCTIONS: dict[str, Function] = {
    "histogram_numeric": Function(
        _type_histogram,
        lambda invocation: _finish(_numbers(invocation), invocation),
        FunctionKind.AGGREGATE,
        Nullability.ALWAYS,
        state=_STATE,
        is_order_sensitive=True,
    )
}
