"""Arrow columns as pandas and back, the way PySpark's worker converts them. Knows neither functions nor queries.

Loaded only by queries that call Python functions (pandas takes as long to load as all the rest of the engine).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import pyarrow as pa
from pyspark.errors import PySparkRuntimeError, PySparkTypeError, PySparkValueError
from pyspark.sql.pandas.types import (
    _create_converter_from_pandas,
    _create_converter_to_pandas,
    from_arrow_type,
    to_arrow_type,
)

from unbounded.execution.python_settings import PythonSettings

_TO_PANDAS = {"date_as_object": True, "coerce_temporal_nanoseconds": True, "integer_object_nulls": True}


def to_series(column: pa.Array | pa.ChunkedArray, name: str, settings: PythonSettings) -> pd.Series[Any]:
    """One column in Spark's Arrow form; instants are naive in the session's zone, structs are dicts."""
    data_type = from_arrow_type(column.type, prefer_timestamp_ntz=True)
    convert = _create_converter_to_pandas(
        data_type,
        nullable=True,
        timezone=settings.time_zone,
        struct_in_pandas="dict",
        error_on_duplicated_field_names=True,
        integer_object_nulls=True,
    )
    series: pd.Series[Any] = convert(column.to_pandas(**_TO_PANDAS))
    return series.rename(name)


def to_argument(column: pa.Array, name: str, settings: PythonSettings) -> pd.Series[Any] | pd.DataFrame:
    """An argument of a scalar pandas function: a struct column is a frame of its fields."""
    if not pa.types.is_struct(column.type):
        return to_series(column, name, settings)
    fields = zip(column.type, column.flatten(), strict=True)
    return side_by_side([to_series(child, field.name, settings) for field, child in fields], len(column))


def to_frame(table: pa.Table, settings: PythonSettings) -> pd.DataFrame:
    """A whole table; equal column names stay apart."""
    columns = [to_series(c, n, settings) for c, n in zip(table.columns, table.column_names, strict=True)]
    return side_by_side(columns, table.num_rows)


def side_by_side(columns: Sequence[pd.Series[Any]], row_count: int) -> pd.DataFrame:
    return pd.concat(columns, axis=1) if columns else pd.DataFrame(index=pd.RangeIndex(row_count))


class FrameSlices:
    """Frames of consecutive rows of `table`, converted once as a whole.

    Integers and booleans become floats or objects where there is a NULL, and that must hold for each slice by itself:
    such columns, if they have NULLs, are converted slice by slice.
    """

    def __init__(self, table: pa.Table, settings: PythonSettings) -> None:
        self._table = table
        self._settings = settings
        self._frame = to_frame(table, settings)
        self._uneven = [i for i, c in enumerate(table.columns) if c.null_count and _changes_with_null(c.type)]

    def take(self, start: int, stop: int) -> pd.DataFrame:
        frame = self._frame.iloc[start:stop].reset_index(drop=True)
        for i in self._uneven:
            column = self._table.column(i).slice(start, stop - start)
            frame.isetitem(i, to_series(column, self._table.column_names[i], self._settings).array)
        return frame


def _changes_with_null(arrow_type: pa.DataType) -> bool:
    return bool(pa.types.is_integer(arrow_type) or pa.types.is_boolean(arrow_type))


def from_series(series: pd.Series[Any], data_type: Any, name: str, settings: PythonSettings) -> pa.Array:
    """A result column as Arrow; `data_type` is PySpark's and `name` is for the error.

    Raises: PySparkTypeError, PySparkValueError
    """
    if isinstance(series.dtype, pd.CategoricalDtype):
        series = series.astype(series.dtype.categories.dtype)
    target = to_arrow_type(data_type, timezone=settings.time_zone)
    convert = _create_converter_from_pandas(
        data_type, timezone=settings.time_zone, error_on_duplicated_field_names=False
    )
    converted = convert(series)
    mask = None if hasattr(converted.array, "__arrow_array__") else converted.isnull()
    try:
        return _array(converted, mask, target, settings)
    except TypeError as failure:
        raise PySparkTypeError(
            f"Cannot convert the output value of the column '{name}' with type '{series.dtype}' to the specified "
            f"return type of the column: '{target}'. Please check if the data types match and try again."
        ) from failure
    except ValueError as failure:
        raise PySparkValueError(
            f"Failed to convert the value of the column '{name}' with type '{series.dtype}' to Arrow type '{target}'."
        ) from failure


def _array(series: pd.Series[Any], mask: Any, target: pa.DataType, settings: PythonSettings) -> pa.Array:
    try:
        return pa.Array.from_pandas(series, mask=mask, type=target, safe=settings.converts_safely)
    except pa.ArrowInvalid:
        return pa.Array.from_pandas(series, mask=mask).cast(target, safe=settings.converts_safely)


def from_result(result: pd.Series[Any] | pd.DataFrame, data_type: Any, name: str, settings: PythonSettings) -> pa.Array:
    """What a pandas function returned for a column of `data_type`: a struct comes as a frame."""
    if not isinstance(result, pd.DataFrame):
        return from_series(result, data_type, name, settings)
    columns = from_frame(result, data_type, settings)
    names = [field.name for field in data_type.fields]
    return pa.StructArray.from_arrays(columns, names) if columns else pa.array([{}] * len(result), pa.struct([]))


def from_frame(frame: pd.DataFrame, schema: Any, settings: PythonSettings) -> list[pa.Array]:
    """The columns of `schema` (PySpark's StructType) in a frame that passed `verify_frame`, in order."""
    if len(frame.columns) == 0:
        return [pa.nulls(len(frame), to_arrow_type(f.dataType, timezone=settings.time_zone)) for f in schema.fields]
    if settings.assigns_columns_by_name and any(isinstance(name, str) for name in frame.columns):
        frame = frame[schema.names]
    return [from_series(frame.iloc[:, i], f.dataType, f.name, settings) for i, f in enumerate(schema.fields)]


def verify_frame(result: object, schema: Any, *, is_by_name: bool, allows_more_columns: bool) -> pd.DataFrame:
    """Raises: PySparkTypeError UDF_RETURN_TYPE, PySparkRuntimeError RESULT_COLUMN_(NAMES|SCHEMA)_MISMATCH"""
    if not isinstance(result, pd.DataFrame):
        raise return_type_error("pandas.DataFrame", type(result).__name__)
    if result.empty and len(result.columns) == 0:
        return result
    expected = {field.name for field in schema.fields}
    columns = result.columns[: len(expected)] if allows_more_columns else result.columns
    if is_by_name and any(isinstance(name, str) for name in result.columns):
        if set(columns) != expected:
            raise names_mismatch(expected - set(columns), set(columns) - expected)
    elif len(columns) != len(schema.fields):
        parameters = {"expected": str(len(schema.fields)), "actual": str(len(result.columns))}
        raise PySparkRuntimeError(errorClass="RESULT_COLUMN_SCHEMA_MISMATCH", messageParameters=parameters)
    return result


def return_type_error(expected: str, actual: str) -> Exception:

    return PySparkTypeError(errorClass="UDF_RETURN_TYPE", messageParameters={"expected": expected, "actual": actual})


def names_mismatch(missing: set[Any], extra: set[Any]) -> Exception:

    parameters = {
        "missing": f" Missing: {', '.join(sorted(missing))}." if missing else "",
        "extra": f" Unexpected: {', '.join(sorted(extra))}." if extra else "",
    }
    return PySparkRuntimeError(errorClass="RESULT_COLUMN_NAMES_MISMATCH", messageParameters=parameters)
