"""approx_count_distinct: HyperLogLog kept as a list of (register, rank) pairs, which merges by union.

A hash gives a register (its lowest p bits) and a rank (the position of the lowest one bit of the rest). The estimate is
Ertl's ("New cardinality estimation algorithms for HyperLogLog sketches", 2017, algorithm 6), which needs no tables.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from unbounded.errors import ErrorKind, SparkError
from unbounded.functions.aggregates.calls import called
from unbounded.functions.aggregates.percentiles import constant_of
from unbounded.functions.environment import Environment
from unbounded.functions.registry import (
    AggregateState,
    Function,
    FunctionKind,
    Invocation,
    Nullability,
    StateColumn,
)
from unbounded.functions.signature import wrong_argument_count
from unbounded.plan.expressions import Expression
from unbounded.types.datatypes import INTEGER, LONG, ArrayType, DataType

_DEFAULT_ERROR = 0.05
_MIN_PRECISION = 4
_RANK_BITS = 6
_MAX_RANK = 2**_RANK_BITS - 1
_SIGMA_TERMS = 32


def _type_count(
    name: str, arguments: Sequence[Expression], environment: Environment
) -> tuple[tuple[Expression, ...], DataType]:
    if not 1 <= len(arguments) <= 2:
        raise wrong_argument_count(name, len(arguments), "[1, 2]")
    if len(arguments) == 2 and _precision(arguments) < _MIN_PRECISION:
        raise SparkError(ErrorKind.ANALYSIS, "FAILED_FUNCTION_CALL", {"funcName": f"`{name}`"})
    return tuple(arguments), LONG


def _precision(arguments: Sequence[Expression]) -> int:
    """Bits of the register number for a relative standard deviation."""
    deviation = float(constant_of(arguments[1]) or _DEFAULT_ERROR) if len(arguments) > 1 else _DEFAULT_ERROR
    return math.ceil(2 * math.log2(1.106 / deviation))


def _pairs(invocation: Invocation) -> str:
    """The pairs of a group; NULL for none."""
    value, precision = invocation.sql[0], _precision(invocation.arguments)
    register = f"CAST(hash({value}) & {2**precision - 1} AS INTEGER)"
    rest = f"CAST(hash({value}) >> {precision} AS BIGINT)"
    rank = f"least(bit_count(xor({rest}, {rest} - 1)), {_MAX_RANK})"
    pair = f"{register} * {2**_RANK_BITS} + {rank}"
    return called("list", invocation, f"DISTINCT {pair}", condition=f"{value} IS NOT NULL")


def _estimate(pairs: str, precision: int) -> str:
    registers = 2**precision
    scale = registers * registers / (2 * math.log(2))
    last = f"list_filter(p, lambda x, i : i = len(p) OR p[i + 1] >> {_RANK_BITS} <> x >> {_RANK_BITS})"
    powers = f"list_sum(list_transform(r, lambda x : pow(2.0, -(x & {_MAX_RANK}))))"
    empty = f"(({registers} - len(r)) / {registers}.0)"
    terms = f"list_transform(range(1, {_SIGMA_TERMS}), lambda k : pow({empty}, pow(2.0, k)) * pow(2.0, k - 1))"
    result = f"CAST(round({scale!r} / ({powers} + {registers} * ({empty} + list_sum({terms})))) AS BIGINT)"
    folded = f"list_transform([list_sort({pairs})], lambda p : list_transform([{last}], lambda r : {result})[1])[1]"
    return f"CASE WHEN len({pairs}) > 0 THEN {folded} ELSE 0 END"


def _lower_count(invocation: Invocation) -> str:
    return _estimate(_pairs(invocation), _precision(invocation.arguments))


def _finish(invocation: Invocation) -> str:
    return _estimate(invocation.sql[0], _precision(invocation.arguments))


_STATE = AggregateState((StateColumn(ArrayType(INTEGER, False), _pairs, "list_distinct(flatten(list({0})))"),), _finish)

FUNCTIONS: dict[str, Function] = {
    "approx_count_distinct": Function(
        _type_count, _lower_count, FunctionKind.AGGREGATE, Nullability.NEVER, state=_STATE
    ),
}
