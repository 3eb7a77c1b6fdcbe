"""Covariance, correlation and linear regression of pairs. A pair counts if both sides have a value.

Covariance and correlation work on means of products of differences from the means, which the engine gives without
keeping the pairs. The regression functions work on sums of such products, with Spark's formulas and digits.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from unbounded.errors import ErrorKind
from unbounded.functions.aggregates.calls import COUNT_MERGE, called
from unbounded.functions.aggregates.two_halves import in_two_halves, let, packed
from unbounded.functions.engine import raise_error
from unbounded.functions.environment import Environment
from unbounded.functions.math.arithmetic import ANSI_CONFIG
from unbounded.functions.registry import AggregateState, Function, Invocation, Nullability, StateColumn, aggregate
from unbounded.functions.signature import ANY, P_DOUBLE
from unbounded.types.datatypes import DOUBLE, LONG, StructField, StructType

_FIELDS = ("n", "xmean", "ymean", "xx", "yy", "xy")
_STATE = StructType(tuple(StructField(name, DOUBLE) for name in _FIELDS))


# ------------------------------------------------------------------------------------------------ means


def _over_pairs(name: str, invocation: Invocation, *arguments: str) -> str:
    first, second = invocation.sql
    return called(name, invocation, *arguments, condition=f"{first} IS NOT NULL AND {second} IS NOT NULL")


def _means(invocation: Invocation, x: str, y: str) -> str:
    """Count, means, and means of products of differences from the means, as a struct."""
    count = _over_pairs("count", invocation, "1")
    members = {
        "n": f"CAST({count} AS DOUBLE)",
        "xmean": _over_pairs("avg", invocation, x),
        "ymean": _over_pairs("avg", invocation, y),
        "xx": _over_pairs("var_pop", invocation, x),
        "yy": _over_pairs("var_pop", invocation, y),
        "xy": _over_pairs("covar_pop", invocation, y, x),
    }
    return f"CASE WHEN {count} > 0 THEN {packed(members)} END"


_DIFFERENCE = {"dx": "b.xmean - a.xmean", "dy": "b.ymean - a.ymean", "n": "a.n + b.n"}
"""Of the means of two states; the sum of their counts."""
_MERGED_MEANS = {
    "n": "t.n",
    "xmean": "a.xmean + t.dx * b.n / t.n",
    "ymean": "a.ymean + t.dy * b.n / t.n",
    "xx": "(a.xx * a.n + b.xx * b.n + t.dx * t.dx * a.n * b.n / t.n) / t.n",
    "yy": "(a.yy * a.n + b.yy * b.n + t.dy * t.dy * a.n * b.n / t.n) / t.n",
    "xy": "(a.xy * a.n + b.xy * b.n + t.dx * t.dy * a.n * b.n / t.n) / t.n",
}
_MERGE_STEP = let("t", _DIFFERENCE, packed(_MERGED_MEANS))
_LISTED = "list({0}) FILTER (WHERE {0} IS NOT NULL)"
_MERGE = f"CASE WHEN count({{0}}) > 0 THEN list_reduce({_LISTED}, lambda a, b : {_MERGE_STEP}) END"


def _statistic(result: str | Callable[[Environment], str]) -> Function:
    """`result` over the means `s`; x is the first argument."""

    def means(invocation: Invocation) -> str:
        return _means(invocation, *invocation.sql)

    def finish(state: str, environment: Environment) -> str:
        return f"list_transform([{state}], lambda s : {result(environment) if callable(result) else result})[1]"

    return aggregate(
        [P_DOUBLE, P_DOUBLE],
        DOUBLE,
        lambda invocation: finish(means(invocation), invocation.environment),
        state=AggregateState(
            (StateColumn(_STATE, means, _MERGE),), lambda invocation: finish(invocation.sql[0], invocation.environment)
        ),
    )


def _correlation(environment: Environment) -> str:
    """A column of one value gives a division by zero, in ANSI mode an error; a single pair gives NULL."""
    failure = raise_error(ErrorKind.ARITHMETIC, "DIVIDE_BY_ZERO", ANSI_CONFIG) if environment.is_ansi else "NULL"
    quotient = "s.xy / sqrt(s.xx * s.yy)"
    return f"CASE WHEN s.n > 1 THEN CASE WHEN s.xx <> 0 AND s.yy <> 0 THEN {quotient} ELSE {failure} END END"


# ------------------------------------------------------------------------------------------------ sums

_UNIT = {
    "n": "CAST(1 AS DOUBLE)",
    "xmean": "x.x",
    "ymean": "x.y",
    "xx": "x.x - x.x",
    "yy": "x.y - x.y",
    "xy": "x.x - x.x",
}
_UPDATED_SUMS = {
    "n": "t.n",
    "xmean": "a.xmean + t.dx / t.n",
    "ymean": "a.ymean + t.dy / t.n",
    "xx": "a.xx + t.dx * (b.xmean - (a.xmean + t.dx / t.n))",
    "yy": "a.yy + t.dy * (b.ymean - (a.ymean + t.dy / t.n))",
    "xy": "a.xy + t.dx * (b.ymean - (a.ymean + t.dy / t.n))",
}
_UPDATED_MOMENTS = {
    **_UPDATED_SUMS,
    "xx": "a.xx + t.dx * (t.dx - t.dx / t.n)",
    "yy": "a.yy + t.dy * (t.dy - t.dy / t.n)",
}
_MERGED_SUMS = {
    "n": "t.n",
    "xmean": "a.xmean + t.dx / t.n * b.n",
    "ymean": "a.ymean + t.dy / t.n * b.n",
    "xx": "a.xx + b.xx + t.dx * (t.dx / t.n) * a.n * b.n",
    "yy": "a.yy + b.yy + t.dy * (t.dy / t.n) * a.n * b.n",
    "xy": "a.xy + b.xy + t.dx * (t.dy / t.n) * a.n * b.n",
}


def _sums_of_means(state: str) -> dict[str, str]:
    kept = {name: f"{state}.{name}" for name in ("n", "xmean", "ymean")}
    return kept | {name: f"{state}.{name} * {state}.n" for name in ("xx", "yy", "xy")}


def _sums(invocation: Invocation, x: str, y: str, updated: Mapping[str, str]) -> str:
    """The sums of short lists in Spark's way, of long ones from their means."""
    pair = f"CASE WHEN {x} IS NOT NULL AND {y} IS NOT NULL THEN {packed({'x': x, 'y': y})} END"
    update, merge = (let("t", _DIFFERENCE, packed(terms)) for terms in (updated, _MERGED_SUMS))
    exact = in_two_halves("g.l", _UNIT, update, merge)
    members = {"l": called("list", invocation, pair), "m": _means(invocation, x, y)}
    return let("g", members, f"CASE WHEN g.m.n > 0 THEN coalesce({exact}, {packed(_sums_of_means('g.m'))}) END")


def _regression(result: str, *, is_correlation: bool = False) -> Function:
    """`result` over the sums `s`; y is the dependent variable, the first argument.

    The last digit depends on the way: Spark takes some as correlations, with x and y the other way round.
    """
    updated = _UPDATED_SUMS if is_correlation else _UPDATED_MOMENTS

    def roles(invocation: Invocation) -> tuple[str, str]:
        y, x = invocation.sql
        return (y, x) if is_correlation else (x, y)

    def finish(sums: str) -> str:
        return f"list_transform([{sums}], lambda s : {result})[1]"

    def finish_means(invocation: Invocation) -> str:
        (state,) = invocation.sql
        return f"CASE WHEN {state} IS NOT NULL THEN {finish(packed(_sums_of_means(f'({state})')))} END"

    return aggregate(
        [P_DOUBLE, P_DOUBLE],
        DOUBLE,
        lambda invocation: finish(_sums(invocation, *roles(invocation), updated)),
        state=AggregateState(
            (StateColumn(_STATE, lambda invocation: _means(invocation, *roles(invocation)), _MERGE),), finish_means
        ),
    )


def _lower_count(invocation: Invocation) -> str:
    return _over_pairs("count", invocation, "1")


_SLOPE = "CASE WHEN s.n > 1 AND s.xx <> 0 THEN s.xy / s.xx END"
_CORRELATION = "(s.xy / sqrt(s.xx * s.yy))"

FUNCTIONS: dict[str, Function] = {
    "covar_pop": _statistic("s.xy"),
    "covar_samp": _statistic("CASE WHEN s.n > 1 THEN s.xy * s.n / (s.n - 1) END"),
    "corr": _statistic(_correlation),
    "regr_count": aggregate(
        [ANY, ANY],
        LONG,
        _lower_count,
        nullability=Nullability.NEVER,
        state=AggregateState((StateColumn(LONG, _lower_count, COUNT_MERGE),), "{0}"),
    ),
    "regr_avgx": _statistic("s.ymean"),
    "regr_avgy": _statistic("s.xmean"),
    "regr_sxx": _regression("s.xx"),
    "regr_syy": _regression("s.yy"),
    "regr_sxy": _regression("s.xy", is_correlation=True),
    "regr_slope": _regression(_SLOPE),
    "regr_intercept": _regression(f"s.ymean - {_SLOPE} * s.xmean"),
    "regr_r2": _regression(
        "CASE WHEN s.n > 1 AND s.yy <> 0 THEN "
        f"CASE WHEN s.xx = 0 THEN 1.0 ELSE {_CORRELATION} * {_CORRELATION} END END",
        is_correlation=True,
    ),
}
