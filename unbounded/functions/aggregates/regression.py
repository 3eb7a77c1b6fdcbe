"""Covariance, correlation and linear regression of pairs. A pair counts if both sides have a value."""

from __future__ import annotations

from collections.abc import Callable

from unbounded.errors import ErrorKind
from unbounded.functions.aggregates.calls import COUNT_MERGE, called
from unbounded.functions.engine import raise_error
from unbounded.functions.environment import Environment
from unbounded.functions.math.arithmetic import ANSI_CONFIG
from unbounded.functions.registry import AggregateState, Function, Invocation, Nullability, StateColumn, aggregate
from unbounded.functions.signature import ANY, P_DOUBLE
from unbounded.types.datatypes import DOUBLE, LONG, StructField, StructType

_FIELDS = ("n", "xmean", "ymean", "xx", "yy", "xy")
_STATE = StructType(tuple(StructField(name, DOUBLE) for name in _FIELDS))


def _pairs(invocation: Invocation, x: str, y: str) -> str:
    """Count, means, and means of products of differences from the means, as a struct."""
    both = f"{x} IS NOT NULL AND {y} IS NOT NULL"

    def over_pairs(name: str, *arguments: str) -> str:
        return called(name, invocation, *arguments, condition=both)

    count = over_pairs("count", "1")
    members = (
        f"n := CAST({count} AS DOUBLE)",
        f"xmean := {over_pairs('avg', x)}",
        f"ymean := {over_pairs('avg', y)}",
        f"xx := {over_pairs('var_pop', x)} ",
        f"yy := {over_pairs('var_pop', y)} ",
        f"xy := {over_pairs('covar_pop', x, y)} ",
    )
    return f"CASE WHEN {count} > 0 THEN struct_pack({', '.join(members)}) END"


_MERGE_STEP = (
    "lambda a, b : list_transform([struct_pack(dx := b.xmean - a.xmean, dy := b.ymean - a.ymean, n := a.n + b.n)], "
    "lambda t : struct_pack(n := t.n, xmean := a.xmean + t.dx * b.n / t.n, ymean := a.ymean + t.dy * b.n / t.n, "
    "xx := (a.xx * a.n + b.xx * b.n + t.dx * t.dx * a.n * b.n / t.n) / t.n, "
    "yy := (a.yy * a.n + b.yy * b.n + t.dy * t.dy * a.n * b.n / t.n) / t.n, "
    "xy := (a.xy * a.n + b.xy * b.n + t.dx * t.dy * a.n * b.n / t.n) / t.n))[1]"
)
_MERGE = f"CASE WHEN count({{0}}) > 0 THEN list_reduce(list({{0}}) FILTER (WHERE {{0}} IS NOT NULL), {_MERGE_STEP}) END"


def _statistic(result: str | Callable[[Environment], str], *, is_y_first: bool) -> Function:
    """`result` over the fields of the state `s`. `regr_…(y, x)` take the dependent variable first."""

    def finish(state: str, environment: Environment) -> str:
        value = result(environment) if callable(result) else result
        return f"list_transform([{state}], lambda s : {value})[1]"

    def pairs(invocation: Invocation) -> str:
        first, second = invocation.sql
        return _pairs(invocation, second, first) if is_y_first else _pairs(invocation, first, second)

    return aggregate(
        [P_DOUBLE, P_DOUBLE],
        DOUBLE,
        lambda invocation: finish(pairs(invocation), invocation.environment),
        state=AggregateState(
            (StateColumn(_STATE, pairs, _MERGE),),
            lambda invocation: finish(invocation.sql[0], invocation.environment),
        ),
    )


def _lower_count(invocation: Invocation) -> str:
    y, x = invocation.sql
    return called("count", invocation, "1", condition=f"{x} IS NOT NULL AND {y} IS NOT NULL")


def _correlation(environment: Environment) -> str:
    """A column of one value gives a division by zero, in ANSI mode an error; a single pair gives NULL."""
    failure = raise_error(ErrorKind.ARITHMETIC, "DIVIDE_BY_ZERO", ANSI_CONFIG) if environment.is_ansi else "NULL"
    quotient = "s.xy / sqrt(s.xx * s.yy)"
    return f"CASE WHEN s.n > 1 THEN CASE WHEN s.xx <> 0 AND s.yy <> 0 THEN {quotient} ELSE {failure} END END"


_SLOPE = "CASE WHEN s.n > 1 AND s.xx <> 0 THEN (s.xy * s.n) / (s.xx * s.n) END"

FUNCTIONS: dict[str, Function] = {
    "covar_pop": _statistic("s.xy", is_y_first=False),
    "covar_samp": _statistic("CASE WHEN s.n > 1 THEN s.xy * s.n / (s.n - 1) END", is_y_first=False),
    "corr": _statistic(_correlation, is_y_first=False),
    "regr_count": aggregate(
        [ANY, ANY],
        LONG,
        _lower_count,
        nullability=Nullability.NEVER,
        state=AggregateState((StateColumn(LONG, _lower_count, COUNT_MERGE),), "{0}"),
    ),
    "regr_avgx": _statistic("s.xmean", is_y_first=True),
    "regr_avgy": _statistic("s.ymean", is_y_first=True),
    "regr_sxx": _statistic("s.xx * s.n", is_y_first=True),
    "regr_syy": _statistic("s.yy * s.n", is_y_first=True),
    "regr_sxy": _statistic("s.xy * s.n", is_y_first=True),
    "regr_slope": _statistic(_SLOPE, is_y_first=True),
    "regr_intercept": _statistic(f"s.ymean - {_SLOPE} * s.xmean", is_y_first=True),
    "regr_r2": _statistic(
        "CASE WHEN s.n > 1 AND s.xx <> 0 THEN CASE WHEN s.yy = 0 THEN 1.0 "
        "ELSE (s.xy * s.n) * (s.xy * s.n) / ((s.xx * s.n) * (s.yy * s.n)) END END",
        is_y_first=True,
    ),
}
