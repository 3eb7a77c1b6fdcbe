"""The one registry: every family's table, and the names Spark knows that are refused by name."""

from __future__ import annotations

from unbounded.functions import (
    aggregates,
    conditionals,
    generators,
    hashes,
    input_files,
    operators,
    session_values,
    structures,
    time_windows,
    window_functions,
)
from unbounded.functions.collections import array_sets, arrays, higher_order, maps, sequences
from unbounded.functions.datetimes import arithmetic as datetime_arithmetic
from unbounded.functions.datetimes import conversions, epochs, making, moves, parts, present, truncation, zone_changes
from unbounded.functions.documents import csv_functions, json_functions, json_paths, xpath_functions
from unbounded.functions.known import KNOWN
from unbounded.functions.math import bits, elementary, random, rounding
from unbounded.functions.patterns import like, regular
from unbounded.functions.registry import Registry
from unbounded.functions.text import characters, encodings, formats, positions, words

REGISTRY = Registry(
    families=(
        operators.FUNCTIONS,
        conditionals.FUNCTIONS,
        aggregates.FUNCTIONS,
        window_functions.FUNCTIONS,
        generators.FUNCTIONS,
        structures.FUNCTIONS,
        time_windows.FUNCTIONS,
        arrays.FUNCTIONS,
        array_sets.FUNCTIONS,
        sequences.FUNCTIONS,
        maps.FUNCTIONS,
        higher_order.FUNCTIONS,
        json_functions.FUNCTIONS,
        json_paths.FUNCTIONS,
        csv_functions.FUNCTIONS,
        xpath_functions.FUNCTIONS,
        parts.FUNCTIONS,
        moves.FUNCTIONS,
        truncation.FUNCTIONS,
        epochs.FUNCTIONS,
        conversions.FUNCTIONS,
        making.FUNCTIONS,
        present.FUNCTIONS,
        zone_changes.FUNCTIONS,
        datetime_arithmetic.FUNCTIONS,
        rounding.FUNCTIONS,
        elementary.FUNCTIONS,
        bits.FUNCTIONS,
        random.FUNCTIONS,
        characters.FUNCTIONS,
        positions.FUNCTIONS,
        encodings.FUNCTIONS,
        formats.FUNCTIONS,
        words.FUNCTIONS,
        like.FUNCTIONS,
        regular.FUNCTIONS,
        hashes.FUNCTIONS,
        session_values.FUNCTIONS,
        input_files.FUNCTIONS,
    ),
    known=KNOWN,
)
