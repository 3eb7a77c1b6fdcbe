"""How each kind of Python function is called on columns: rows, pandas, Arrow, iterators, groups. No engine in here.

An `Evaluation` takes the arguments of one chunk of rows (Spark's Arrow forms) and returns as many results.
Loaded only by queries that call Python functions.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pandas as pd
import pyarrow as pa
from pyspark.errors import PySparkRuntimeError

from unbounded.errors import not_supported
from unbounded.execution.python_frames import (
    from_result,
    from_series,
    return_type_error,
    to_argument,
    to_series,
    verify_frame,
)
from unbounded.execution.python_functions import UserFunction, load_function, with_named_arguments
from unbounded.execution.python_settings import PythonSettings
from unbounded.execution.python_values import arrow_results, pickled_results, python_values
from unbounded.plan.expressions import PythonCall, PythonEvaluation
from unbounded.types.arrow import to_arrow_type
from unbounded.types.datatypes import DataType

Columns = Sequence[pa.Array]
Evaluation = Callable[[Columns, int], pa.Array]


def evaluation_of(call: PythonCall, settings: PythonSettings) -> Evaluation:
    """Raises: SparkError (PythonException) if the function cannot be unpickled"""
    loaded = load_function(call.command)
    function = UserFunction(with_named_arguments(loaded.call, call.argument_names), loaded.return_type)
    build = _EVALUATIONS.get(call.evaluation)
    if build is None:
        raise not_supported(f"A Python function of kind {call.evaluation.name} in an expression", "Use a scalar one.")
    return build(function, call.data_type, settings)


# ------------------------------------------------------------------------------------------ row by row


def _by_row(function: UserFunction, data_type: DataType, settings: PythonSettings) -> Evaluation:
    return _row_evaluation(function.call, pickled_results(function.return_type, data_type))


def _by_row_with_arrow(function: UserFunction, data_type: DataType, settings: PythonSettings) -> Evaluation:
    to_column = arrow_results(function.return_type, data_type, is_safe=settings.converts_safely)
    return _row_evaluation(function.call, to_column)


def _row_evaluation(call: Callable[..., Any], to_column: Callable[[Sequence[Any]], pa.Array]) -> Evaluation:
    def evaluate(columns: Columns, row_count: int) -> pa.Array:
        if not columns:
            return to_column([call() for _ in range(row_count)])
        values = [python_values(column) for column in columns]
        return to_column([call(*row) for row in zip(*values, strict=True)])

    return evaluate


# ------------------------------------------------------------------------------------------ column by column


def _by_series(function: UserFunction, data_type: DataType, settings: PythonSettings) -> Evaluation:
    def evaluate(columns: Columns, row_count: int) -> pa.Array:
        result = function.call(*_pandas_arguments(columns, settings))
        if not hasattr(result, "__len__"):
            raise return_type_error(_pandas_kind(function.return_type), type(result).__name__)
        _verify_length(len(result), row_count, "pandas_udf")
        return _pandas_column(result, function.return_type, settings)

    return evaluate


def _by_array(function: UserFunction, data_type: DataType, settings: PythonSettings) -> Evaluation:
    target = to_arrow_type(data_type, settings.time_zone)

    def evaluate(columns: Columns, row_count: int) -> pa.Array:
        result = function.call(*columns)
        if not hasattr(result, "__len__"):
            raise return_type_error("array-like object", type(result).__name__)
        _verify_length(len(result), row_count, "arrow_udf")
        return _arrow_column(result, target)

    return evaluate


def _by_series_iterator(function: UserFunction, data_type: DataType, settings: PythonSettings) -> Evaluation:
    def argument(columns: Columns) -> Any:
        arguments = _pandas_arguments(columns, settings)
        return arguments[0] if len(arguments) == 1 else tuple(arguments)

    def result(piece: Any) -> pa.Array:
        kind = _pandas_kind(function.return_type)
        if not isinstance(piece, pd.DataFrame if kind == "pandas.DataFrame" else pd.Series):
            raise return_type_error(f"iterator of {kind}", f"iterator of {type(piece).__name__}")
        return _pandas_column(piece, function.return_type, settings)

    return _IteratorFunction(function.call, argument, result, _pandas_kind(function.return_type))


def _by_array_iterator(function: UserFunction, data_type: DataType, settings: PythonSettings) -> Evaluation:
    target = to_arrow_type(data_type, settings.time_zone)

    def result(piece: Any) -> pa.Array:
        if not isinstance(piece, pa.Array):
            raise return_type_error("iterator of pyarrow.Array", f"iterator of {type(piece).__name__}")
        return _arrow_column(piece, target)

    return _IteratorFunction(function.call, lambda c: c[0] if len(c) == 1 else tuple(c), result, "pyarrow.Array")


class _Feed:
    """The iterator a user's generator reads: it gives what was put in, and ends when there is nothing."""

    def __init__(self) -> None:
        self.waiting: list[Any] = []

    def __iter__(self) -> _Feed:
        return self

    def __next__(self) -> Any:
        if not self.waiting:
            raise StopIteration
        return self.waiting.pop()


class _IteratorFunction:
    """Calls a function of an iterator chunk by chunk, one generator per engine thread.

    A generator that asks for a chunk before it answered the last one meets the end of its input: it gives what it
    owes, and the next chunk begins a new one. So its set-up runs once for a normal function, and any other is right.
    """

    def __init__(
        self,
        call: Callable[[Iterator[Any]], Any],
        argument: Callable[[Columns], Any],
        result: Callable[[Any], pa.Array],
        result_kind: str,
    ) -> None:
        self._call = call
        self._argument = argument
        self._result = result
        self._result_kind = result_kind
        self._running = threading.local()

    def __call__(self, columns: Columns, row_count: int) -> pa.Array:
        feed = getattr(self._running, "feed", None) or self._start()
        feed.waiting.append(self._argument(columns))
        pieces: list[pa.Array] = []
        while sum(map(len, pieces)) < row_count:
            piece = next(self._running.results, None)
            if piece is not None:
                pieces.append(self._result(piece))
            elif not pieces and self._running.feed.waiting and not self._running.is_new:
                self._start().waiting.append(self._argument(columns))
            else:
                raise _rows_mismatch(sum(map(len, pieces)), row_count)
            self._running.is_new = self._running.is_new and piece is None
        if sum(map(len, pieces)) > row_count:
            raise PySparkRuntimeError(errorClass="OUTPUT_EXCEEDS_INPUT_ROWS", messageParameters={})
        return pa.concat_arrays(pieces)

    def _start(self) -> _Feed:
        feed = _Feed()
        results = self._call(iter(feed))
        if not hasattr(results, "__iter__"):
            raise return_type_error(f"iterator of {self._result_kind}", type(results).__name__)
        self._running.feed, self._running.results, self._running.is_new = feed, iter(results), True
        return feed


# ------------------------------------------------------------------------------------------ groups


def _aggregate_series(function: UserFunction, data_type: DataType, settings: PythonSettings) -> Evaluation:
    def call(members: Columns) -> pa.Array:
        series = [to_series(column, f"_{i}", settings) for i, column in enumerate(members)]
        return from_series(pd.Series([function.call(*series)]), function.return_type, "_0", settings)

    return _group_evaluation(call)


def _aggregate_series_iterator(function: UserFunction, data_type: DataType, settings: PythonSettings) -> Evaluation:
    def call(members: Columns) -> pa.Array:
        series = [to_series(column, f"_{i}", settings) for i, column in enumerate(members)]
        given = series[0] if len(series) == 1 else tuple(series)
        return from_series(pd.Series([function.call(iter([given]))]), function.return_type, "_0", settings)

    return _group_evaluation(call)


def _aggregate_arrays(function: UserFunction, data_type: DataType, settings: PythonSettings) -> Evaluation:
    target = to_arrow_type(data_type, settings.time_zone)
    return _group_evaluation(lambda members: _arrow_column(pa.array([function.call(*members)]), target))


def _aggregate_array_iterator(function: UserFunction, data_type: DataType, settings: PythonSettings) -> Evaluation:
    target = to_arrow_type(data_type, settings.time_zone)

    def call(members: Columns) -> pa.Array:
        given = members[0] if len(members) == 1 else tuple(members)
        return _arrow_column(pa.array([function.call(iter([given]))]), target)

    return _group_evaluation(call)


def _group_evaluation(call: Callable[[Columns], pa.Array]) -> Evaluation:
    """The one argument is a list of structs per group, a field for each argument of the user's function."""

    def evaluate(columns: Columns, row_count: int) -> pa.Array:
        (groups,) = columns
        members, offsets = groups.values.flatten(), groups.offsets.to_pylist()
        bounds = zip(offsets, offsets[1:], strict=False)
        return pa.concat_arrays([call([m.slice(a, b - a) for m in members]) for a, b in bounds])

    return evaluate


# ------------------------------------------------------------------------------------------ shared pieces


def _pandas_arguments(columns: Columns, settings: PythonSettings) -> list[pd.Series[Any] | pd.DataFrame]:
    return [to_argument(column, f"_{i}", settings) for i, column in enumerate(columns)]


def _pandas_kind(return_type: Any) -> str:
    return "pandas.DataFrame" if hasattr(return_type, "fields") else "pandas.Series"


def _pandas_column(result: Any, return_type: Any, settings: PythonSettings) -> pa.Array:
    if isinstance(result, pd.DataFrame) and hasattr(return_type, "fields"):
        verify_frame(result, return_type, is_by_name=True, allows_more_columns=True)
    if not isinstance(result, pd.Series | pd.DataFrame):
        result = pd.Series(result)
    return from_result(result, return_type, "_0", settings)


def _arrow_column(result: pa.Array | pa.ChunkedArray, target: pa.DataType) -> pa.Array:
    if isinstance(result, pa.ChunkedArray):
        result = result.combine_chunks()
    return result if result.type == target else result.cast(target)


def _verify_length(actual: int, expected: int, kind: str) -> None:
    if actual != expected:
        parameters = {"udf_type": kind, "expected": str(expected), "actual": str(actual)}
        raise PySparkRuntimeError(errorClass="SCHEMA_MISMATCH_FOR_PANDAS_UDF", messageParameters=parameters)


def _rows_mismatch(output: int, given: int) -> Exception:
    parameters = {"output_length": str(output), "input_length": str(given)}
    return PySparkRuntimeError(errorClass="RESULT_ROWS_MISMATCH", messageParameters=parameters)


_EVALUATIONS: dict[PythonEvaluation, Callable[[UserFunction, DataType, PythonSettings], Evaluation]] = {
    PythonEvaluation.ROW_BATCHED: _by_row,
    PythonEvaluation.ROW_ARROW_BATCHED: _by_row_with_arrow,
    PythonEvaluation.SCALAR_PANDAS: _by_series,
    PythonEvaluation.SCALAR_PANDAS_ITERATOR: _by_series_iterator,
    PythonEvaluation.SCALAR_ARROW: _by_array,
    PythonEvaluation.SCALAR_ARROW_ITERATOR: _by_array_iterator,
    PythonEvaluation.GROUPED_AGGREGATE_PANDAS: _aggregate_series,
    PythonEvaluation.WINDOW_AGGREGATE_PANDAS: _aggregate_series,
    PythonEvaluation.GROUPED_AGGREGATE_PANDAS_ITERATOR: _aggregate_series_iterator,
    PythonEvaluation.GROUPED_AGGREGATE_ARROW: _aggregate_arrays,
    PythonEvaluation.GROUPED_AGGREGATE_ARROW_ITERATOR: _aggregate_array_iterator,
}
