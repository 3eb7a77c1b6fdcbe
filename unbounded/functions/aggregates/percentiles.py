"""Percentiles: exact with interpolation, exact without it, and the approximate ones, which are exact here.

States keep all values of a group, because no smaller state merges to an exact answer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from unbounded.errors import ErrorKind, analysis_error
from unbounded.functions.aggregates.calls import called
from unbounded.functions.engine import engine_type, raise_error
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
    NUMERIC_OR_INTERVAL,
    Types,
    implicit_cast,
    one_of,
    quoted_call,
    wrong_argument_count,
    wrong_argument_type,
)
from unbounded.plan.expressions import Call, Cast, Expression, Literal
from unbounded.types.datatypes import (
    DAY_TIME_INTERVAL,
    DOUBLE,
    INTEGER,
    LONG,
    YEAR_MONTH_INTERVAL,
    ArrayType,
    DataType,
    DatetimeType,
    DayTimeIntervalType,
    IntegralType,
    NumericType,
    YearMonthIntervalType,
)

Typed = tuple[tuple[Expression, ...], DataType]

_APPROXIMABLE = one_of(
    '("NUMERIC", "DATE", "TIMESTAMP", "TIMESTAMP WITHOUT TIME ZONE", '
    '"INTERVAL YEAR TO MONTH" or "INTERVAL DAY TO SECOND")',
    NumericType,
    DatetimeType,
    DayTimeIntervalType,
    YearMonthIntervalType,
    default=DOUBLE,
)
_ONE, _ACCURACY = Literal(1, LONG), Literal(10000, INTEGER)
_MAX_ACCURACY = 2**31 - 1


# ------------------------------------------------------------------------------------------------ constants


def constant_of(expression: Expression) -> Any:
    """The value of a constant: a number, a list of numbers, or None if it is not constant."""
    match expression:
        case Cast(child=child):
            return constant_of(child)
        case Literal(value=value):
            return value
        case Call(function="array", arguments=arguments):
            values = [constant_of(a) for a in arguments]
            return None if any(v is None for v in values) else values
        case _:
            return None


def _percentages(name: str, arguments: Sequence[Expression], position: int) -> float | list[float]:
    """Raises: SparkError DATATYPE_MISMATCH.NON_FOLDABLE_INPUT, .VALUE_OUT_OF_RANGE"""
    value = constant_of(arguments[position])
    if value is None:
        raise analysis_error(
            "DATATYPE_MISMATCH.NON_FOLDABLE_INPUT",
            sqlExpr=quoted_call(name, arguments),
            inputName="`percentage`",
            inputType='"DOUBLE"',
            inputExpr=f'"{pretty_name(arguments[position])}"',
        )
    numbers = [float(v) for v in value] if isinstance(value, list | tuple) else [float(value)]
    for number in numbers:
        if not 0 <= number <= 1:
            raise _out_of_range(name, arguments, "percentage", "[0.0, 1.0]", f"{number}D")
    return numbers if isinstance(value, list | tuple) else numbers[0]


def _out_of_range(name: str, arguments: Sequence[Expression], what: str, bounds: str, value: str) -> Exception:
    return analysis_error(
        "DATATYPE_MISMATCH.VALUE_OUT_OF_RANGE",
        sqlExpr=quoted_call(name, arguments),
        exprName=what,
        valueRange=bounds,
        currentValue=value,
    )


def _per_percentage(percentages: float | list[float], data_type: DataType) -> DataType:
    return ArrayType(data_type, False) if isinstance(percentages, list) else data_type


# ------------------------------------------------------------------------------------------------ typing


def _type_percentile(name: str, arguments: Sequence[Expression], environment: Environment) -> Typed:
    """value, percentage, [frequency]; the frequency is shown even if it is not written."""
    if not 2 <= len(arguments) <= 3:
        raise wrong_argument_count(name, len(arguments), "[2, 3]")
    given = (*arguments, _ONE)[:3]
    target = NUMERIC_OR_INTERVAL.accept(given[0].data_type)
    if target is None:
        raise wrong_argument_type(name, given, 0, NUMERIC_OR_INTERVAL.name)
    if not isinstance(given[2].data_type, IntegralType):
        raise wrong_argument_type(name, given, 2, '"INTEGRAL"')
    result = _interpolated_type(target)
    return (implicit_cast(given[0], target), *given[1:]), _per_percentage(_percentages(name, given, 1), result)


def _interpolated_type(data_type: DataType) -> DataType:
    match data_type:
        case DayTimeIntervalType():
            return DAY_TIME_INTERVAL
        case YearMonthIntervalType():
            return YEAR_MONTH_INTERVAL
        case _:
            return DOUBLE


def _type_median(name: str, arguments: Sequence[Expression], environment: Environment) -> Typed:
    if len(arguments) != 1:
        raise wrong_argument_count(name, len(arguments), "1")
    target = NUMERIC_OR_INTERVAL.accept(arguments[0].data_type)
    if target is None:
        raise wrong_argument_type(name, arguments, 0, NUMERIC_OR_INTERVAL.name)
    return (implicit_cast(arguments[0], target),), _interpolated_type(target)


def _type_within_group(name: str, arguments: Sequence[Expression], environment: Environment) -> Typed:
    """percentage, value, whether it is ordered downwards (see `analysis.rewrites`)."""
    if len(arguments) != 3:
        raise analysis_error("INVALID_WITHIN_GROUP_EXPRESSION.WITHIN_GROUP_MISSING", funcName=f"`{name}`")
    percentage, value, is_descending = arguments
    target = NUMERIC_OR_INTERVAL.accept(value.data_type)
    if target is None:
        raise wrong_argument_type(name, arguments, 1, NUMERIC_OR_INTERVAL.name)
    result = _per_percentage(_percentages(name, arguments, 0), _interpolated_type(target))
    return (percentage, implicit_cast(value, target), is_descending), result


def _type_approximate(name: str, arguments: Sequence[Expression], environment: Environment) -> Typed:
    """value, percentage, [accuracy]"""
    if not 2 <= len(arguments) <= 3:
        raise wrong_argument_count(name, len(arguments), "[2, 3]")
    given = (*arguments, _ACCURACY)[:3]
    target = _APPROXIMABLE.accept(given[0].data_type)
    if target is None:
        raise wrong_argument_type(name, given, 0, _APPROXIMABLE.name)
    accuracy = constant_of(given[2])
    if not isinstance(accuracy, int) or not 0 < accuracy <= _MAX_ACCURACY:
        raise _out_of_range(name, given, "accuracy", f"(0, {_MAX_ACCURACY}]", f"{accuracy}L")
    return (implicit_cast(given[0], target), *given[1:]), _per_percentage(_percentages(name, given, 1), target)


# ------------------------------------------------------------------------------------------------ engine rules


def _shown(percentages: float | list[float]) -> str:
    """As an engine constant."""
    if isinstance(percentages, list):
        return f"[{', '.join(f'{p!r}::DOUBLE' for p in percentages)}]"
    return f"{percentages!r}::DOUBLE"


def _constant(invocation: Invocation, position: int) -> float | list[float]:
    value = constant_of(invocation.arguments[position])
    return [float(v) for v in value] if isinstance(value, list | tuple) else float(value)


def _flipped(percentages: float | list[float], is_descending: bool) -> float | list[float]:
    if not is_descending:
        return percentages
    return [1 - p for p in percentages] if isinstance(percentages, list) else 1 - percentages


def _result(quantile: str, invocation: Invocation) -> str:
    """Doubles as they are, of intervals the whole units."""
    element = invocation.data_type.element_type if isinstance(invocation.data_type, ArrayType) else invocation.data_type
    if element == DOUBLE:
        return f"CAST({quantile} AS {engine_type(invocation.data_type)})"
    whole = (
        f"list_transform({quantile}, lambda x : trunc(x))"
        if isinstance(invocation.data_type, ArrayType)
        else f"trunc({quantile})"
    )
    return f"CAST({whole} AS {engine_type(invocation.data_type)})"


def _lower_percentile(invocation: Invocation) -> str:
    value, percentages = invocation.sql[0], _shown(_constant(invocation, 1))
    number = f"CAST({value} AS DOUBLE)"
    if constant_of(invocation.arguments[2]) == 1:
        return _result(called("quantile_cont", invocation, number, percentages), invocation)
    return _result(f"list_aggregate({_repeated(invocation)}, 'quantile_cont', {percentages})", invocation)


def _repeated(invocation: Invocation) -> str:
    """Every value as often as its frequency says."""
    value, frequency = invocation.sql[0], invocation.sql[2]
    failure = raise_error(
        ErrorKind.ILLEGAL_ARGUMENT,
        "NEGATIVE_VALUES_IN_FREQUENCY_EXPRESSION",
        {"frequencyExpression": f'"{pretty_name(invocation.arguments[2])}"'},
        {"negativeValue": f"CAST({frequency} AS VARCHAR) || 'L'"},
    )
    count = f"CASE WHEN {frequency} < 0 THEN {failure} ELSE CAST({frequency} AS BIGINT) END"
    copies = f"repeat([CAST({value} AS DOUBLE)], {count})"
    return f"flatten({called('list', invocation, copies, condition=f'{value} IS NOT NULL')})"


def _lower_median(invocation: Invocation) -> str:
    return _result(called("quantile_cont", invocation, f"CAST({invocation.sql[0]} AS DOUBLE)", "0.5"), invocation)


def _lower_continuous(invocation: Invocation) -> str:
    percentages = _flipped(_constant(invocation, 0), invocation.constant(2))
    return _result(
        called("quantile_cont", invocation, f"CAST({invocation.sql[1]} AS DOUBLE)", _shown(percentages)), invocation
    )


def _lower_discrete(invocation: Invocation) -> str:
    """Downwards the list is turned round; percentages cannot be, because ties go the other way."""
    number = f"CAST({invocation.sql[1]} AS DOUBLE)"
    percentages = _shown(_constant(invocation, 0))
    if not invocation.constant(2):
        return _result(called("quantile_disc", invocation, number, percentages), invocation)
    negated = called("quantile_disc", invocation, f"-{number}", percentages)
    if isinstance(invocation.data_type, ArrayType):
        return _result(f"list_transform({negated}, lambda x : -x)", invocation)
    return _result(f"-({negated})", invocation)


def _lower_approximate(invocation: Invocation) -> str:
    quantile = called("quantile_disc", invocation, invocation.sql[0], _shown(_constant(invocation, 1)))
    return f"CAST({quantile} AS {engine_type(invocation.data_type)})"


# ------------------------------------------------------------------------------------------------ states


def _values_of(position: int) -> Callable[[Types], DataType]:
    return lambda types: ArrayType(types[position], False)


def _state(position: int, aggregate: str, percentage: int | None) -> AggregateState:
    """All values, by the argument at `position`; the percentages are at `percentage` (none is the median)."""

    def update(invocation: Invocation) -> str:
        value = invocation.sql[position]
        return called("list", invocation, value, condition=f"{value} IS NOT NULL")

    def finish(invocation: Invocation) -> str:
        wanted = 0.5 if percentage is None else _constant(invocation, percentage)
        values = invocation.sql[0]
        if aggregate == "quantile_cont":
            values = f"list_transform({values}, lambda x : CAST(x AS DOUBLE))"
            return _result(f"list_aggregate({values}, 'quantile_cont', {_shown(wanted)})", invocation)
        return f"CAST(list_aggregate({values}, '{aggregate}', {_shown(wanted)}) AS {engine_type(invocation.data_type)})"

    return AggregateState((StateColumn(_values_of(position), update, "flatten(list({0}))"),), finish)


def _row(typing: Any, rule: Callable[[Invocation], str], state: AggregateState | None = None) -> Function:
    return Function(typing, rule, FunctionKind.AGGREGATE, Nullability.ALWAYS, state=state)


_APPROXIMATE = _row(_type_approximate, _lower_approximate, _state(0, "quantile_disc", 1))

FUNCTIONS: dict[str, Function] = {
    "percentile": _row(_type_percentile, _lower_percentile, _state(0, "quantile_cont", 1)),
    "median": _row(_type_median, _lower_median, _state(0, "quantile_cont", None)),
    "percentile_cont": _row(_type_within_group, _lower_continuous),
    "percentile_disc": _row(_type_within_group, _lower_discrete),
    "percentile_approx": _APPROXIMATE,
    "approx_percentile": _APPROXIMATE,
}
