"""Aggregate functions: signature, result type, engine call, and how the state is kept between micro-batches."""

from __future__ import annotations

from unbounded.functions.aggregates import (
    bits,
    collecting,
    distinct_counts,
    grouping,
    moments,
    percentiles,
    picking,
    regression,
    sums,
)
from unbounded.functions.registry import Function

FUNCTIONS: dict[str, Function] = {
    name: function
    for family in (sums, bits, collecting, picking, moments, regression, percentiles, distinct_counts, grouping)
    for name, function in family.FUNCTIONS.items()
}
