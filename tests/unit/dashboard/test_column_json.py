"""Arrow columns as JSON: every kind of value, and what JSON does not know."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unbounded.dashboard.column_json import column_json, kind_of


@pytest.mark.parametrize(
    ("column", "values", "kind"),
    [
        (pa.array([1, None, -3]), [1, None, -3], "number"),
        (pa.array([1.5, float("nan"), float("inf"), 1e300, None]), [1.5, None, None, 1e300, None], "number"),
        (pa.array([Decimal("1.50"), None]), [1.5, None], "number"),
        (pa.array([True, None]), [True, None], "boolean"),
        (pa.array([datetime(2026, 1, 1)], pa.timestamp("us")), [1_767_225_600_000], "time_ntz"),
        (pa.array([datetime(2026, 1, 1, tzinfo=UTC)], pa.timestamp("us", "UTC")), [1_767_225_600_000], "time"),
        (pa.array([date(2026, 1, 1), None]), ["2026-01-01", None], "date"),
        (pa.array([b"\x0f", None]), ["0f", None], "text"),
        (pa.array([[1, 2], None]), ["[1, 2]", None], "text"),
        (pa.array([None]), [None], "text"),
        (pa.array([], pa.int64()), [], "number"),
    ],
)
def test_values(column: pa.Array, values: list[Any], kind: str) -> None:
    assert json.loads(column_json(pa.chunked_array([column]))) == values
    assert kind_of(column.type) == kind


@given(st.lists(st.none() | st.text(st.characters(min_codepoint=32, exclude_categories=["Cs"]))))
def test_every_text_comes_back(values: list[str | None]) -> None:
    assert json.loads(column_json(pa.chunked_array([pa.array(values, pa.string())]))) == values


def test_control_characters_do_not_break_the_frame() -> None:
    assert json.loads(column_json(pa.chunked_array([["a\tb\nc\rd\x00e"]]))) == ["a\tb\nc\rd e"]
