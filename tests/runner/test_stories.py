"""Streaming stories as text: rows in, values out, what a split step is."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from pyspark.sql import types as T

from tests.runner.story import StorySplit, check_unsplit, render_failure
from tests.runner.story_rows import iso_seconds, json_lines, read_json_line, render_row

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def test_rows_become_json_lines() -> None:
    schema = T.StructType().add("k", T.StringType()).add("v", T.IntegerType()).add("ts", T.TimestampType())
    lines = json_lines(schema, "a,1,10\nnull,null,0.5").splitlines()
    assert [json.loads(line) for line in lines] == [
        {"k": "a", "v": 1, "ts": "1970-01-01T00:00:10+00:00"},
        {"k": None, "v": None, "ts": "1970-01-01T00:00:00.500000+00:00"},
    ]


def test_a_row_has_a_cell_for_every_column() -> None:
    with pytest.raises(ValueError, match="shorter"):
        json_lines(T.StructType().add("k", T.StringType()).add("v", T.IntegerType()), "a")


def test_values_of_a_sink() -> None:
    bounds = T.StructType().add("start", T.TimestampType()).add("end", T.TimestampType())
    numbers = T.ArrayType(T.IntegerType())
    schema = T.StructType().add("k", T.StringType()).add("w", bounds).add("t", T.TimestampType()).add("a", numbers)
    window = {"start": "1969-12-31T23:59:55.000000Z", "end": "1970-01-01T00:00:10.000000Z"}
    line = json.dumps({"k": None, "w": window, "t": "1970-01-01T00:00:09.999999Z", "a": [1, None]})
    assert render_row(read_json_line(schema, line), 0) == "null -5-10 9.999999 [1,null]"


def test_the_time_of_a_batch_goes_by_name() -> None:
    now = EPOCH + timedelta(milliseconds=1_700_000_000_123)
    assert render_row([now, now + timedelta(microseconds=1)], 1_700_000_000_123) == "batch-time 1700000000.123001"


def test_times_are_seconds() -> None:
    assert iso_seconds("1970-01-01T00:00:12.500Z") == "12.5"


def test_a_failure_is_its_message() -> None:
    text = "[STREAM_FAILED] Query [id = 1] terminated with exception: No a#12. SQLSTATE: 42000 SQLSTATE: XXKST\nx"
    error: Any = type("Failure", (Exception,), {"__str__": lambda self: text})()
    assert render_failure(error) == "failed  No a#N."


@pytest.mark.parametrize(("right_end", "is_split"), [("1", False), ("0", True)])
def test_a_step_is_split_if_a_source_with_a_new_file_did_not_move(right_end: str, is_split: bool) -> None:
    left = SimpleNamespace(description="FileStreamSource[file:/x/left]", startOffset="0", endOffset="1")
    right = SimpleNamespace(description="FileStreamSource[file:/x/right]", startOffset="0", endOffset=right_end)
    first: Any = SimpleNamespace(sources=[left, right])
    check_unsplit([first], ["/x/left"])
    if is_split:
        with pytest.raises(StorySplit):
            check_unsplit([first], ["/x/left", "/x/right"])
    else:
        check_unsplit([first], ["/x/left", "/x/right"])
