"""The form of a kernel's table row, and how one-row functions are spread over columns."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

Columns = Callable[..., pa.Array]


@dataclass(frozen=True, slots=True)
class Kernel:
    """`run` takes one array per parameter, all of the same length, and returns an array of the result type."""

    run: Columns
    parameters: tuple[str, ...]
    returns: str


ARROW_TYPES: dict[str, pa.DataType] = {
    "VARCHAR": pa.string(),
    "BLOB": pa.binary(),
    "BOOLEAN": pa.bool_(),
    "INTEGER": pa.int32(),
    "BIGINT": pa.int64(),
    "FLOAT": pa.float32(),
    "DOUBLE": pa.float64(),
    "VARCHAR[]": pa.list_(pa.string()),
    "VARCHAR[][]": pa.list_(pa.list_(pa.string())),
    "BIGINT[]": pa.list_(pa.int64()),
    "BLOB[]": pa.list_(pa.binary()),
    "DOUBLE[]": pa.list_(pa.float64()),
    "STRUCT(x DOUBLE, y DOUBLE)[]": pa.list_(pa.struct([("x", pa.float64()), ("y", pa.float64())])),
}


def per_row(function: Callable[..., Any], parameters: tuple[str, ...], returns: str) -> Kernel:
    """A kernel that calls `function` for each row in which no argument is NULL; for what only Python's library does."""
    arrow_type = ARROW_TYPES[returns]

    def run(*columns: pa.Array) -> pa.Array:
        rows = zip(*(column.to_pylist() for column in columns), strict=True)
        results = [None if None in row else function(*row) for row in rows]
        return pa.array(results, arrow_type)

    return Kernel(run, parameters, returns)
