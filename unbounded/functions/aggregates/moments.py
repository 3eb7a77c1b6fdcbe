"""Variance, standard deviation, skewness and kurtosis: central moments, in the engine's stable form.

States keep count, mean and central moments, and are merged with Chan's formulas (Pébay 2008, "Formulas for robust,
one-pass parallel computation of covariances and arbitrary-order statistical moments").
"""

from __future__ import annotations

from unbounded.functions.aggregates.calls import called
from unbounded.functions.registry import AggregateState, Function, Invocation, StateColumn, aggregate, call
from unbounded.functions.signature import P_DOUBLE
from unbounded.types.datatypes import DOUBLE, StructField, StructType

_SECOND = ("n", "mean", "m2")
_SHORT_LIST = 1000
_FOURTH = ("n", "mean", "m2", "m3", "m4")


def _state_type(names: tuple[str, ...]) -> StructType:
    return StructType(tuple(StructField(name, DOUBLE) for name in names))


# ------------------------------------------------------------------------------------------------ second moment


def _update_second(invocation: Invocation) -> str:
    value = invocation.sql[0]
    count, mean = called("count", invocation, value), called("avg", invocation, value)
    squares = f"{called('var_pop', invocation, value)} * {count}"
    packed = f"struct_pack(n := CAST({count} AS DOUBLE), mean := {mean}, m2 := {squares})"
    return f"CASE WHEN {count} > 0 THEN {packed} END"


def _merge_step(terms: dict[str, str]) -> str:
    """Two states to one; `d` is the difference of the means, `n` the sum of the counts."""
    members = ", ".join(f"{name} := {term}" for name, term in terms.items())
    shared = "struct_pack(d := b.mean - a.mean, n := a.n + b.n)"
    return f"lambda a, b : list_transform([{shared}], lambda t : struct_pack({members}))[1]"


def _merged(terms: dict[str, str]) -> str:
    listed = "list({0}) FILTER (WHERE {0} IS NOT NULL)"
    return f"CASE WHEN count({{0}}) > 0 THEN list_reduce({listed}, {_merge_step(terms)}) END"


_SECOND_TERMS = {
    "n": "t.n",
    "mean": "a.mean + t.d * b.n / t.n",
    "m2": "a.m2 + b.m2 + t.d * t.d * a.n * b.n / t.n",
}
_FOURTH_TERMS = {
    **_SECOND_TERMS,
    "m3": "a.m3 + b.m3 + t.d ** 3 * a.n * b.n * (a.n - b.n) / (t.n * t.n) + 3 * t.d * (a.n * b.m2 - b.n * a.m2) / t.n",
    "m4": "a.m4 + b.m4 + t.d ** 4 * a.n * b.n * (a.n * a.n - a.n * b.n + b.n * b.n) / t.n ** 3"
    " + 6 * t.d * t.d * (a.n * a.n * b.m2 + b.n * b.n * a.m2) / (t.n * t.n)"
    " + 4 * t.d * (a.n * b.m3 - b.n * a.m3) / t.n",
}


def _second(name: str, result: str, least: int) -> Function:
    """`result` over the fields of the state; NULL for fewer than `least` values."""
    column = StateColumn(_state_type(_SECOND), _update_second, _merged(_SECOND_TERMS))
    finish = f"CASE WHEN ({{0}}).n >= {least} THEN {result} END"
    return aggregate([P_DOUBLE], DOUBLE, call(name, "{0}"), state=AggregateState((column,), finish))


# ------------------------------------------------------------------------------------------------ third and fourth


def _powers(invocation: Invocation) -> str:
    """Count, mean and central moments of a group: value by value as Spark does, for long lists in two passes."""
    value = invocation.sql[0]
    listed = called("list", invocation, value, condition=f"{value} IS NOT NULL")
    group = f"struct_pack(l := {listed}, mean := {called('avg', invocation, value)})"
    moments = ", ".join(
        f"m{power} := list_sum(list_transform(g.l, lambda x : (x - g.mean) ** {power}))" for power in (2, 3, 4)
    )
    two_passes = f"struct_pack(n := CAST(len(g.l) AS DOUBLE), mean := g.mean, {moments})"
    zeros = ", ".join(f"m{power} := CAST(0 AS DOUBLE)" for power in (2, 3, 4))
    units = f"list_transform(g.l, lambda x : struct_pack(n := CAST(1 AS DOUBLE), mean := x, {zeros}))"
    one_by_one = (
        f"CASE WHEN len(g.l) BETWEEN 1 AND {_SHORT_LIST} THEN list_reduce({units}, {_merge_step(_FOURTH_TERMS)}) END"
    )
    return f"list_transform([{group}], lambda g : coalesce({one_by_one}, {two_passes}))[1]"


def _fourth(result: str) -> Function:
    """`result` over the fields of the moments `m`; NULL where all values are equal."""

    def finish(state: str) -> str:
        return f"list_transform([{state}], lambda m : CASE WHEN m.m2 <> 0 THEN {result} END)[1]"

    column = StateColumn(_state_type(_FOURTH), _powers_or_null, _merged(_FOURTH_TERMS))
    return aggregate(
        [P_DOUBLE],
        DOUBLE,
        lambda invocation: finish(_powers(invocation)),
        state=AggregateState((column,), lambda invocation: finish(invocation.sql[0])),
    )


def _powers_or_null(invocation: Invocation) -> str:
    return f"CASE WHEN {called('count', invocation, invocation.sql[0])} > 0 THEN {_powers(invocation)} END"


_VARIANCE = _second("var_samp", "({0}).m2 / (({0}).n - 1)", 2)
_DEVIATION = _second("stddev_samp", "sqrt(({0}).m2 / (({0}).n - 1))", 2)

FUNCTIONS: dict[str, Function] = {
    "variance": _VARIANCE,
    "var_samp": _VARIANCE,
    "var_pop": _second("var_pop", "({0}).m2 / ({0}).n", 1),
    "stddev": _DEVIATION,
    "stddev_samp": _DEVIATION,
    "std": _DEVIATION,
    "stddev_pop": _second("stddev_pop", "sqrt(({0}).m2 / ({0}).n)", 1),
    "skewness": _fourth("sqrt(m.n) * m.m3 / sqrt(m.m2 * m.m2 * m.m2)"),
    "kurtosis": _fourth("m.n * m.m4 / (m.m2 * m.m2) - 3.0"),
}
