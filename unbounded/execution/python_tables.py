"""mapInPandas, mapInArrow, applyInPandas and their like: the user's function over whole tables."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from unbounded.errors import not_supported
from unbounded.lowering.lowered import PythonNode


def run_python_table(node: PythonNode, inputs: Sequence[pa.Table], time_zone: str) -> pa.Table:
    """The rows the function of `node` makes of `inputs`."""
    raise not_supported("Python table functions", "They come next.")
