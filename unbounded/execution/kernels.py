"""Makes the kernels that a query names callable by the engine, on first use. Knows no function's meaning."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from threading import Lock

import duckdb
import pyarrow as pa
from duckdb.func import FunctionNullHandling, PythonUDFType

from unbounded.errors import SparkError
from unbounded.functions.engine import error_text
from unbounded.functions.kernels.kernel import ARROW_TYPES, Kernel

_NAME = re.compile(r"\bkernel_\w+")


class DefinedKernels:
    """The kernels one database knows so far. Safe to use from several threads."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        self._names: set[str] = set()
        self._lock = Lock()

    def define_for(self, sql: str) -> None:
        """Defines every kernel whose name stands in `sql`."""
        named = set(_NAME.findall(sql))
        if named <= self._names:
            return
        from unbounded.functions.kernels.table import KERNELS  # noqa: PLC0415  most queries need none

        needed = named & KERNELS.keys()
        with self._lock:
            for name in sorted(needed - self._names):
                self._define(name, KERNELS[name])

    def _define(self, name: str, kernel: Kernel) -> None:
        self._connection.create_function(
            name,
            _guarded(kernel),
            list(kernel.parameters),
            kernel.returns,
            type=PythonUDFType.ARROW,
            null_handling=FunctionNullHandling.SPECIAL,
        )
        self._names.add(name)


def _guarded(kernel: Kernel) -> Callable[..., pa.Array]:
    """`kernel.run` over plain arrays; its Spark errors travel through the engine as text."""
    types = [ARROW_TYPES[name] for name in kernel.parameters]

    def run(*columns: pa.ChunkedArray) -> pa.Array:
        try:
            return kernel.run(*map(_as_array, columns, types))
        except SparkError as error:
            raise RuntimeError(error_text(error.kind, error.condition, error.parameters)) from None

    names = (f"a{i}" for i in range(len(types)))
    parameters = [inspect.Parameter(name, inspect.Parameter.POSITIONAL_ONLY) for name in names]
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return run


def _as_array(column: pa.ChunkedArray, arrow_type: pa.DataType) -> pa.Array:
    array = column.combine_chunks()
    array = array.chunk(0) if isinstance(array, pa.ChunkedArray) else array
    return array if array.type == arrow_type else array.cast(arrow_type)
