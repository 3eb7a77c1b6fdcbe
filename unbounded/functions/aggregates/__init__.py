"""Aggregate functions: signature, result type, engine call, and how the state is kept between micro-batches."""

from __future__ import annotations

from unbounded.functions.aggregates import (
    bitmaps,
    bits,
    collecting,
    distinct_counts,
    grouping,
    histograms,
    moments,
    percentiles,
    picking,
    regression,
    sums,
)
from unbounded.functions.registry import Function

FUNCTIONS: dict[str, Function] = {
    name: function
    for family in (
        sums,
        bits,
        bitmaps,
        collecting,
        picking,
        moments,
        regression,
        percentiles,
        histograms,
        distinct_counts,
        grouping,
    )
    for name, function in family.FUNCTIONS.items()
}
