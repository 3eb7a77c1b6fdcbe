"""Rows of streaming stories as text: `a,10 b,null` → JSON lines for a source, values of a sink → `a 10-15 null`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from pyspark.sql import types as T

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def json_lines(schema: T.StructType, text: str) -> str:
    """Rows stand between blanks, their cells between commas; `null` is NULL, times are seconds since the epoch."""
    rows = [dict(zip(schema.names, row.split(","), strict=True)) for row in text.split()]
    return "".join(
        json.dumps({name: _cell(schema[name].dataType, cell) for name, cell in row.items()}) + "\n" for row in rows
    )


def _cell(kind: T.DataType, cell: str) -> Any:
    if cell == "null":
        return None
    if isinstance(kind, T.TimestampType):
        return datetime.fromtimestamp(float(cell), UTC).isoformat()
    return cell if isinstance(kind, T.StringType) else json.loads(cell)


def read_json_line(schema: T.StructType, line: str) -> list[Any]:
    """The values of one row that an engine wrote as JSON, in the order of the columns."""
    row = json.loads(line)
    return [_value(field.dataType, row.get(field.name)) for field in schema.fields]


def _value(kind: T.DataType, value: Any) -> Any:
    match kind:
        case _ if value is None:
            return None
        case T.TimestampType():
            return datetime.fromisoformat(value)
        case T.StructType():
            return {field.name: _value(field.dataType, value.get(field.name)) for field in kind.fields}
        case T.ArrayType():
            return [_value(kind.elementType, element) for element in value]
        case _:
            return value


def render_row(values: list[Any], batch_time_ms: int) -> str:
    """Times in seconds since the epoch, windows as `start-end`; `batch_time_ms` by name, as no two runs share it."""
    return " ".join(_render(value, batch_time_ms) for value in values)


def _render(value: Any, batch_time_ms: int) -> str:
    match value:
        case None:
            return "null"
        case datetime():
            return (
                "batch-time" if _microseconds(value) == batch_time_ms * 1000 else render_seconds(_microseconds(value))
            )
        case {"start": start, "end": end}:
            return f"{_render(start, batch_time_ms)}-{_render(end, batch_time_ms)}"
        case list():
            return "[" + ",".join(_render(element, batch_time_ms) for element in value) + "]"
        case Mapping():
            return "{" + ",".join(f"{name}:{_render(each, batch_time_ms)}" for name, each in value.items()) + "}"
        case _:
            return str(value)


def render_seconds(microseconds: int) -> str:
    """`10`, `9.999999`"""
    return f"{microseconds / 1e6:.6f}".rstrip("0").rstrip(".")


def iso_seconds(text: str) -> str:
    """`1970-01-01T00:00:12.500Z` → `12.5`"""
    return render_seconds(_microseconds(datetime.fromisoformat(text)))


def _microseconds(moment: datetime) -> int:
    delta = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - _EPOCH
    return (delta.days * 86400 + delta.seconds) * 1_000_000 + delta.microseconds
