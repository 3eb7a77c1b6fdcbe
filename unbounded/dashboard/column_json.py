"""Arrow columns as JSON text, computed by Arrow: no value passes through Python but those of nested columns."""

from __future__ import annotations

import json

import pyarrow as pa
import pyarrow.compute as pc

_CONTROL = r"[\x00-\x1f]"
_ESCAPES = (("\\", "\\\\"), ('"', '\\"'), ("\n", "\\n"), ("\r", "\\r"), ("\t", "\\t"))


def column_json(column: pa.ChunkedArray) -> str:
    """A JSON array. Times are milliseconds since 1970, dates and binary values text, NaN and infinity null."""
    texts = pc.fill_null(_texts(column), "null")
    flat = texts.combine_chunks() if isinstance(texts, pa.ChunkedArray) else texts
    whole = pa.ListArray.from_arrays(pa.array([0, len(flat)], pa.int32()), flat)
    joined: str = pc.binary_join(whole, ",")[0].as_py()
    return f"[{joined}]"


def kind_of(data_type: pa.DataType) -> str:
    """What a page can make of a column: number, time (of an instant or without zone), date, boolean or text."""
    kinds = pa.types
    if kinds.is_timestamp(data_type):
        return "time" if data_type.tz else "time_ntz"
    if kinds.is_integer(data_type) or kinds.is_floating(data_type) or kinds.is_decimal(data_type):
        return "number"
    if kinds.is_boolean(data_type):
        return "boolean"
    return "date" if kinds.is_date(data_type) else "text"


def _texts(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Each value as JSON; NULL stays."""
    kind, kinds = column.type, pa.types
    if kinds.is_timestamp(kind):
        return pc.divide(column.cast(pa.int64()), 1000).cast(pa.string())
    if kinds.is_floating(kind):
        return pc.if_else(pc.is_finite(column), column, None).cast(pa.string())
    if kinds.is_integer(kind) or kinds.is_decimal(kind) or kinds.is_boolean(kind):
        return column.cast(pa.string())
    if kinds.is_null(kind):
        return column.cast(pa.string())
    return _quoted(_as_strings(column))


def _as_strings(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Nested values, durations and bytes as people read them: rare columns, and frames are short."""
    if pa.types.is_string(column.type) or pa.types.is_date(column.type):
        return column.cast(pa.string())
    values = [None if value is None else _shown(value) for value in column.to_pylist()]
    return pa.chunked_array([pa.array(values, pa.string())])


def _shown(value: object) -> str:
    if isinstance(value, bytes):
        return value.hex()
    return json.dumps(value, default=str) if isinstance(value, dict | list) else str(value)


def _quoted(column: pa.ChunkedArray) -> pa.ChunkedArray:
    escaped = column
    for character, escape in _ESCAPES:
        escaped = pc.replace_substring(escaped, character, escape)
    escaped = pc.replace_substring_regex(escaped, _CONTROL, " ")
    return pc.binary_join_element_wise('"', escaped, '"', "")
