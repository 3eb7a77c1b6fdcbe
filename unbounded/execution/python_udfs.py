"""Python functions inside engine expressions: each becomes an engine function over Arrow, for the length of one query.

Loaded only by queries that call Python functions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import duckdb
import pyarrow as pa
from duckdb.func import FunctionNullHandling, PythonUDFType

from unbounded.execution.arrow_forms import as_spark_column, engine_column
from unbounded.execution.python_calls import Evaluation, evaluation_of
from unbounded.execution.python_functions import engine_python_failures
from unbounded.execution.python_settings import PythonSettings
from unbounded.execution.python_values import UTC
from unbounded.functions.engine import engine_type
from unbounded.plan.expressions import PythonCall, PythonEvaluation
from unbounded.types.arrow import to_arrow_type

_ROW_FUNCTIONS = frozenset({PythonEvaluation.ROW_BATCHED, PythonEvaluation.ROW_ARROW_BATCHED})
"""They see instants in the machine's zone, all others in the session's."""


def register_udfs(
    cursor: duckdb.DuckDBPyConnection, functions: Mapping[str, PythonCall], settings: PythonSettings
) -> Callable[[], None]:
    """Makes the functions callable by their engine names; the result takes them away again."""
    for name, call in functions.items():
        evaluate = _engine_function(evaluation_of(call, settings), _argument_types(call, settings))
        cursor.create_function(
            name,
            evaluate,
            None,
            engine_type(call.data_type),
            type=PythonUDFType.ARROW,
            null_handling=FunctionNullHandling.SPECIAL,
            side_effects=True,
        )

    def forget() -> None:
        for name in functions:
            cursor.remove_function(name)

    return forget


def _argument_types(call: PythonCall, settings: PythonSettings) -> tuple[pa.DataType, ...]:
    zone = UTC if call.evaluation in _ROW_FUNCTIONS else settings.time_zone
    types = tuple(to_arrow_type(argument.data_type, zone) for argument in call.arguments)
    if not call.is_aggregate:
        return types
    fields = [pa.field(f"a{i}", arrow_type) for i, arrow_type in enumerate(types or (pa.null(),))]
    return (pa.list_(pa.struct(fields)),)


def _engine_function(evaluate: Evaluation, types: tuple[pa.DataType, ...]) -> Callable[..., Any]:
    """Takes and gives columns in the engine's form. A function without arguments gets one that is not handed on."""

    def call(*columns: pa.ChunkedArray) -> pa.Array:
        with engine_python_failures():
            given = [_spark_column(c, t) for c, t in zip(columns, types, strict=False)]
            return engine_column(evaluate(given, len(columns[0])))

    return call


def _spark_column(column: pa.ChunkedArray | pa.Array, target: pa.DataType) -> pa.Array:
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    return as_spark_column(array, target)
