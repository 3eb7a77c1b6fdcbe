"""The one registry: every family's table, and the names Spark knows that are refused by name."""

from __future__ import annotations

from unbounded.functions import aggregates, conditionals, generators, operators, structures, window_functions
from unbounded.functions.collections import array_sets, arrays, higher_order, maps, sequences
from unbounded.functions.registry import Registry

REGISTRY = Registry(
    families=(
        operators.FUNCTIONS,
        conditionals.FUNCTIONS,
        aggregates.FUNCTIONS,
        window_functions.FUNCTIONS,
        generators.FUNCTIONS,
        structures.FUNCTIONS,
        arrays.FUNCTIONS,
        array_sets.FUNCTIONS,
        sequences.FUNCTIONS,
        maps.FUNCTIONS,
        higher_order.FUNCTIONS,
    ),
    known=frozenset(),
)
