"""Functions that engine SQL cannot express: vectorised, Arrow in, Arrow out. One table per family, joined here.

A function's row writes `kernel_<name>(...)` into its engine SQL; execution makes the kernels a query names known to
the engine. Parameters and result have fixed engine types; a kernel gets every row, also those with NULL.
"""

from __future__ import annotations

from unbounded.functions.kernels import (
    bitmaps,
    charsets,
    decimals,
    hashes,
    histograms,
    invalid_text,
    json_members,
    json_objects,
    number_patterns,
    numbers,
    pattern_columns,
    patterns,
    text,
    web,
    zone_names,
)
from unbounded.functions.kernels.kernel import Kernel

_FAMILIES = (
    bitmaps,
    charsets,
    decimals,
    hashes,
    histograms,
    invalid_text,
    json_members,
    json_objects,
    number_patterns,
    numbers,
    pattern_columns,
    patterns,
    text,
    web,
    zone_names,
)
KERNELS: dict[str, Kernel] = {
    f"kernel_{name}": kernel for family in _FAMILIES for name, kernel in family.KERNELS.items()
}
"""By engine name."""
