"""All kernels by the name the engine calls them by. Loaded with the first query that names one."""

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
    xpath,
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
    xpath,
    zone_names,
)
KERNELS: dict[str, Kernel] = {
    f"kernel_{name}": kernel for family in _FAMILIES for name, kernel in family.KERNELS.items()
}
"""By engine name."""
