"""mapInPandas, mapInArrow, applyInPandas, applyInArrow and their cogrouped forms: functions over tables of rows.

Loaded only by queries that call Python functions.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa
from pyspark.errors import PySparkRuntimeError

from unbounded.errors import not_supported
from unbounded.execution.python_frames import (
    FrameSlices,
    from_frame,
    names_mismatch,
    return_type_error,
    to_frame,
    verify_frame,
)
from unbounded.execution.python_functions import UserFunction, load_function, python_failures
from unbounded.execution.python_settings import PythonSettings
from unbounded.execution.row_groups import Grouped, grouped
from unbounded.lowering.lowered import PythonNode
from unbounded.plan.expressions import Attribute, PythonEvaluation
from unbounded.plan.logical import CoGroupMap, GroupMap, MapPartitions
from unbounded.types.arrow import to_arrow_schema

Frames = Iterator[pd.DataFrame]
Batches = Iterator[pa.RecordBatch]
MadeBatches = Generator[pa.RecordBatch, None, None]
"""Batches whose making can be ended early, with `close`."""

RESULT_ROWS = 10_000
"""Small results of neighbouring groups are converted together up to about so many rows."""


def run_map(node: MapPartitions, rows: Batches, settings: PythonSettings) -> MadeBatches:
    """The rows the function makes of `rows`, computed while they are read."""
    with python_failures():
        function = load_function(node.function.command)
        given = (piece for batch in rows for piece in _pieces(batch, settings.rows_per_batch))
        if node.function.evaluation is PythonEvaluation.MAP_ARROW_ITERATOR:
            yield from _map_arrow(function, given, to_arrow_schema(node.schema, settings.time_zone))
        else:
            yield from _map_pandas(function, given, node, settings)


def run_groups(
    node: GroupMap | CoGroupMap, tables: Sequence[pa.Table], cursor: duckdb.DuckDBPyConnection, settings: PythonSettings
) -> MadeBatches:
    """The rows the function makes of each group of `tables` (of two tables: of each key that one of them has)."""
    sides = _sides(node)
    positions = [[_position(k, side) for k in keys] for side, keys, _ in sides]
    arranged = grouped(cursor, tables, positions)
    arguments = [[_position(a, side) for a in columns] for side, _, columns in sides]
    run = _GROUP_FUNCTIONS.get(node.function.evaluation)
    if run is None:
        raise not_supported(f"A Python function of kind {node.function.evaluation.name}", "Use applyInPandas.")
    with python_failures():
        groups = _Groups(arranged, positions, arguments, settings)
        yield from run(load_function(node.function.command), groups, node, settings)


def _sides(node: PythonNode) -> list[tuple[tuple[Attribute, ...], tuple[Attribute, ...], tuple[Attribute, ...]]]:
    """Columns, keys and arguments of each input."""
    match node:
        case GroupMap(child=child, keys=keys, arguments=arguments):
            return [(child.output, keys, arguments)]
        case CoGroupMap():
            return [
                (node.left.output, node.left_keys, node.left_arguments),
                (node.right.output, node.right_keys, node.right_arguments),
            ]
        case _:
            raise TypeError(f"{type(node).__name__} has no groups")


def _position(attribute: Attribute, columns: tuple[Attribute, ...]) -> int:
    return next(i for i, column in enumerate(columns) if column.id == attribute.id)


# ------------------------------------------------------------------------------------------ maps


def _pieces(batch: pa.RecordBatch, row_count: int) -> Batches:
    size = row_count if row_count > 0 else max(batch.num_rows, 1)
    return (batch.slice(start, size) for start in range(0, batch.num_rows, size))


def _map_pandas(function: UserFunction, batches: Batches, node: MapPartitions, settings: PythonSettings) -> Batches:
    schema = to_arrow_schema(node.schema, settings.time_zone)
    frames = (to_frame(pa.Table.from_batches([batch]), settings) for batch in batches)
    for result in _iterated(function.call(frames), "pandas.DataFrame", pd.DataFrame):
        frame = verify_frame(result, function.return_type, is_by_name=True, allows_more_columns=True)
        yield pa.record_batch(from_frame(frame, function.return_type, settings), schema=schema)


def _map_arrow(function: UserFunction, batches: Batches, schema: pa.Schema) -> Batches:
    """Columns go by position; Spark has no word for a wrong type here (it fails when the value is read)."""
    for batch in _iterated(function.call(batches), "pyarrow.RecordBatch", pa.RecordBatch):
        if batch.num_columns != len(schema):
            parameters = {"expected": str(len(schema)), "actual": str(batch.num_columns)}
            raise PySparkRuntimeError(errorClass="RESULT_COLUMN_SCHEMA_MISMATCH", messageParameters=parameters)
        _verify_types([(f.name, f.type, c.type) for f, c in zip(schema, batch.columns, strict=True)])
        yield pa.record_batch([c.cast(f.type) for f, c in zip(schema, batch.columns, strict=True)], schema=schema)


def _iterated(result: Any, kind: str, expected: type) -> Iterator[Any]:
    if not hasattr(result, "__iter__"):
        raise return_type_error(f"iterator of {kind}", type(result).__name__)
    for element in result:
        if not isinstance(element, expected):
            raise return_type_error(f"iterator of {kind}", f"iterator of {type(element).__name__}")
        yield element


# ------------------------------------------------------------------------------------------ groups


class _Groups:
    """What the functions are given: for each group its key and, of each side, the rows."""

    def __init__(
        self,
        sides: Sequence[Grouped],
        keys: Sequence[Sequence[int]],
        arguments: Sequence[Sequence[int]],
        settings: PythonSettings,
    ) -> None:
        self._keys = [side.table.select(list(k)) for side, k in zip(sides, keys, strict=True)]
        self._arguments = [side.table.select(list(a)) for side, a in zip(sides, arguments, strict=True)]
        self._bounds = list(zip(*sides, strict=True))
        self._settings = settings

    def as_frames(self) -> Iterator[tuple[tuple[Any, ...], list[pd.DataFrame]]]:
        rows = [FrameSlices(table, self._settings) for table in self._arguments]
        keys = [FrameSlices(table, self._settings) for table in self._keys]
        for bounds in self._bounds:
            key = next(k.take(start, start + 1) for k, (start, stop) in zip(keys, bounds, strict=True) if stop > start)
            values = tuple(key.iloc[:, i].iloc[0] for i in range(len(key.columns)))
            yield values, [slices.take(*b) for slices, b in zip(rows, bounds, strict=True)]

    def as_tables(self) -> Iterator[tuple[tuple[pa.Scalar[Any], ...], list[pa.Table]]]:
        for bounds in self._bounds:
            key = next(k.slice(start, 1) for k, (start, stop) in zip(self._keys, bounds, strict=True) if stop > start)
            pieces = [t.slice(a, b - a) for t, (a, b) in zip(self._arguments, bounds, strict=True)]
            yield tuple(column[0] for column in key.columns), pieces


Node = GroupMap | CoGroupMap


def _apply_pandas(function: UserFunction, groups: _Groups, node: Node, settings: PythonSettings) -> Batches:
    call = _with_optional_key(function.call, 1 if isinstance(node, GroupMap) else 2)
    results = (
        verify_frame(
            call(key, *frames),
            function.return_type,
            is_by_name=settings.assigns_columns_by_name,
            allows_more_columns=False,
        )
        for key, frames in groups.as_frames()
    )
    return _frame_batches(results, function, node, settings)


def _apply_pandas_iterator(function: UserFunction, groups: _Groups, node: Node, settings: PythonSettings) -> Batches:
    call = _with_optional_key(function.call, 1)
    results = (
        verify_frame(
            result, function.return_type, is_by_name=settings.assigns_columns_by_name, allows_more_columns=False
        )
        for key, (frame,) in groups.as_frames()
        for result in _iterated(call(key, iter([frame])), "pandas.DataFrame", pd.DataFrame)
    )
    return _frame_batches(results, function, node, settings)


def _frame_batches(frames: Frames, function: UserFunction, node: Node, settings: PythonSettings) -> Batches:
    schema = to_arrow_schema(node.schema, settings.time_zone)
    for frame in _joined(frames):
        yield pa.record_batch(from_frame(frame, function.return_type, settings), schema=schema)


def _joined(frames: Frames) -> Frames:
    """Neighbours with the same columns of the same types as one frame: converting costs per frame, not per row."""
    waiting: list[pd.DataFrame] = []
    for frame in frames:
        if waiting and (sum(map(len, waiting)) >= RESULT_ROWS or not _are_alike(waiting[0], frame)):
            yield pd.concat(waiting, ignore_index=True) if len(waiting) > 1 else waiting[0]
            waiting = []
        waiting.append(frame)
    if waiting:
        yield pd.concat(waiting, ignore_index=True) if len(waiting) > 1 else waiting[0]


def _are_alike(a: pd.DataFrame, b: pd.DataFrame) -> bool:
    return list(a.columns) == list(b.columns) and a.dtypes.tolist() == b.dtypes.tolist() and a.columns.is_unique


def _apply_arrow(function: UserFunction, groups: _Groups, node: Node, settings: PythonSettings) -> Batches:
    call = _with_optional_key(function.call, 1 if isinstance(node, GroupMap) else 2)
    for key, tables in groups.as_tables():
        result = call(key, *tables)
        if not isinstance(result, pa.Table):
            raise return_type_error("pyarrow.Table", type(result).__name__)
        yield from _arrow_batches([result], node, settings)


def _apply_arrow_iterator(function: UserFunction, groups: _Groups, node: Node, settings: PythonSettings) -> Batches:
    call = _with_optional_key(function.call, 1)
    for key, (table,) in groups.as_tables():
        results = _iterated(call(key, iter(table.to_batches())), "pyarrow.RecordBatch", pa.RecordBatch)
        yield from _arrow_batches(results, node, settings)


def _arrow_batches(results: Iterable[pa.Table | pa.RecordBatch], node: Node, settings: PythonSettings) -> Batches:
    """Raises: PySparkRuntimeError RESULT_COLUMN_(NAMES|TYPES)_MISMATCH"""
    schema = to_arrow_schema(node.schema, settings.time_zone)
    for result in results:
        if result.num_columns == 0 and result.num_rows == 0:
            continue
        if settings.assigns_columns_by_name:
            names, expected = set(result.schema.names), set(schema.names)
            if names != expected:
                raise names_mismatch(expected - names, names - expected)
            result = result.select(schema.names)
        _verify_types([(f.name, f.type, t) for f, t in zip(schema, result.schema.types, strict=False)])
        table = pa.Table.from_batches([result]) if isinstance(result, pa.RecordBatch) else result
        yield from table.rename_columns(schema.names).cast(schema).to_batches()


def _verify_types(columns: Sequence[tuple[str, pa.DataType, pa.DataType]]) -> None:
    wrong = [c for c in columns if not _is_same_type(c[1], c[2])]
    if wrong:
        told = ", ".join(f"column '{name}' (expected {expected}, actual {actual})" for name, expected, actual in wrong)
        raise PySparkRuntimeError(errorClass="RESULT_COLUMN_TYPES_MISMATCH", messageParameters={"mismatch": told})


def _is_same_type(expected: pa.DataType, actual: pa.DataType) -> bool:
    """Instants may carry any zone."""
    if pa.types.is_timestamp(expected) and pa.types.is_timestamp(actual):
        return (expected.tz is None) == (actual.tz is None)
    return bool(expected == actual)


def _with_optional_key(call: Callable[..., Any], table_count: int) -> Callable[..., Any]:
    """Functions may take the key before the rows; how many parameters there are tells."""
    takes_key = len(inspect.getfullargspec(call).args) > table_count
    return call if takes_key else lambda key, *rows: call(*rows)


_GROUP_FUNCTIONS: dict[PythonEvaluation, Callable[[UserFunction, _Groups, Node, PythonSettings], Batches]] = {
    PythonEvaluation.GROUPED_MAP_PANDAS: _apply_pandas,
    PythonEvaluation.GROUPED_MAP_PANDAS_ITERATOR: _apply_pandas_iterator,
    PythonEvaluation.COGROUPED_MAP_PANDAS: _apply_pandas,
    PythonEvaluation.GROUPED_MAP_ARROW: _apply_arrow,
    PythonEvaluation.GROUPED_MAP_ARROW_ITERATOR: _apply_arrow_iterator,
    PythonEvaluation.COGROUPED_MAP_ARROW: _apply_arrow,
}
