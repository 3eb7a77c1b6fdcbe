"""Variance, standard deviation, skewness and kurtosis: central moments, in the engine's stable form.

States keep count, mean and central moments, and are merged with Chan's formulas (Pébay 2008, "Formulas for robust,
one-pass parallel computation of covariances and arbitrary-order statistical moments"), in Spark's order of operations.
"""

from __future__ import annotations

from collections.abc import Mapping

from unbounded.functions.aggregates.calls import called
from unbounded.functions.aggregates.two_halves import in_two_halves, let, packed
from unbounded.functions.registry import AggregateState, Function, Invocation, StateColumn, aggregate, call
from unbounded.functions.signature import P_DOUBLE
from unbounded.types.datatypes import DOUBLE, StructField, StructType

_SECOND = ("n", "mean", "m2")
_FOURTH = ("n", "mean", "m2", "m3", "m4")
_DIFFERENCE = {"d": "b.mean - a.mean", "n": "a.n + b.n", "dn": "(b.mean - a.mean) / (a.n + b.n)"}
"""Of the means of two states; the sum of their counts; their quotient."""


def _state_type(names: tuple[str, ...]) -> StructType:
    return StructType(tuple(StructField(name, DOUBLE) for name in names))


# ------------------------------------------------------------------------------------------------ second moment


def _update_second(invocation: Invocation) -> str:
    value = invocation.sql[0]
    count, mean = called("count", invocation, value), called("avg", invocation, value)
    squares = f"{called('var_pop', invocation, value)} * {count}"
    state = packed({"n": f"CAST({count} AS DOUBLE)", "mean": mean, "m2": squares})
    return f"CASE WHEN {count} > 0 THEN {state} END"


def _merge_step(terms: Mapping[str, str]) -> str:
    """Two states to one."""
    return let("t", _DIFFERENCE, packed(terms))


def _merged(terms: Mapping[str, str]) -> str:
    listed = "list({0}) FILTER (WHERE {0} IS NOT NULL)"
    return f"CASE WHEN count({{0}}) > 0 THEN list_reduce({listed}, lambda a, b : {_merge_step(terms)}) END"


_SECOND_TERMS = {
    "n": "t.n",
    "mean": "a.mean + t.dn * b.n",
    "m2": "a.m2 + b.m2 + t.d * t.dn * a.n * b.n",
}
_FOURTH_TERMS = {
    **_SECOND_TERMS,
    "m3": "a.m3 + b.m3 + t.dn * t.dn * t.d * a.n * b.n * (a.n - b.n) + 3.0 * t.dn * (a.n * b.m2 - b.n * a.m2)",
    "m4": "a.m4 + b.m4 + t.dn * t.dn * t.dn * t.d * a.n * b.n * (a.n * a.n - a.n * b.n + b.n * b.n)"
    " + 6.0 * t.dn * t.dn * (a.n * a.n * b.m2 + b.n * b.n * a.m2) + 4.0 * t.dn * (a.n * b.m3 - b.n * a.m3)",
}


def _second(name: str, result: str, least: int) -> Function:
    """`result` over the fields of the state; NULL for fewer than `least` values."""
    column = StateColumn(_state_type(_SECOND), _update_second, _merged(_SECOND_TERMS))
    finish = f"CASE WHEN ({{0}}).n >= {least} THEN {result} END"
    return aggregate([P_DOUBLE], DOUBLE, call(name, "{0}"), state=AggregateState((column,), finish))


# ------------------------------------------------------------------------------------------------ third and fourth


_UNIT = {"n": "CAST(1 AS DOUBLE)", "mean": "x", "m2": "x - x", "m3": "x - x", "m4": "x - x"}


def _update_step() -> str:
    """A state and one value more; each moment needs the lower ones as they are then."""
    terms = {
        "n": "t.n",
        "mean": "a.mean + t.dn",
        "m2": "u.m2",
        "m3": "w.m3",
        "m4": "a.m4 - 4.0 * t.dn * w.m3 - 6.0 * (t.dn * t.dn) * u.m2"
        " + t.d * (t.d * (t.d * t.d) - t.dn * (t.dn * t.dn))",
    }
    third = {"m3": "a.m3 - 3.0 * t.dn * u.m2 + t.d * (t.d * t.d - t.dn * t.dn)"}
    return let("t", _DIFFERENCE, let("u", {"m2": "a.m2 + t.d * (t.d - t.dn)"}, let("w", third, packed(terms))))


def _powers(invocation: Invocation) -> str:
    """Count, mean and central moments of a group: of short lists in Spark's way, of long ones in two passes."""
    value = invocation.sql[0]
    powers = {f"m{p}": f"list_sum(list_transform(g.l, lambda x : (x - g.mean) ** {p}))" for p in (2, 3, 4)}
    two_passes = packed({"n": "CAST(g.n AS DOUBLE)", "mean": "g.mean", **powers})
    exact = in_two_halves("g.l", _UNIT, _update_step(), _merge_step(_FOURTH_TERMS))
    group = {"l": called("list", invocation, value)}
    group |= {"n": called("count", invocation, value), "mean": called("avg", invocation, value)}
    return let("g", group, f"coalesce({exact}, {two_passes})")


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
