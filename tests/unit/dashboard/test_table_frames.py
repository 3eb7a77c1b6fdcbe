"""Which rows of a live table a frame shows, and in which order."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from unbounded.connectors.dashboard import DashboardSink
from unbounded.connectors.dashboard_options import read_options
from unbounded.connectors.streams import OutputMode
from unbounded.dashboard.table_frames import shown_rows

SCHEMA = pa.schema([("t", pa.int64()), ("kind", pa.string()), ("n", pa.int64())])
ROWS = [(3, "a", 1), (1, "b", 2), (2, "a", 3), (3, "b", 4), (None, "c", 5)]


def shown(mode: OutputMode, *, has_order: bool = False, **options: str) -> list[tuple[Any, ...]]:
    sink = DashboardSink(read_options(options, SCHEMA, ()), SCHEMA, mode)
    columns = [pa.array(column) for column in zip(*ROWS, strict=True)]
    sink.write(0, pa.table(columns, schema=SCHEMA), mode)
    rows = shown_rows(sink.live(), sink.options, has_order=has_order)
    return list(zip(*(column.to_pylist() for column in rows.columns), strict=True))


@pytest.mark.parametrize("mode", list(OutputMode))
def test_a_chart_has_all_rows_of_the_newest_points_by_x(mode: OutputMode) -> None:
    rows = shown(mode, chart="line", x="t", y="n", series="kind", window="2")
    assert sorted(rows) == [(2, "a", 3), (3, "a", 1), (3, "b", 4)]
    assert [row[0] for row in rows] == [2, 3, 3]
    assert len(shown(mode, chart="line", x="t", y="n", series="kind")) == 4


def test_a_table_has_the_newest_rows() -> None:
    assert shown(OutputMode.APPEND, window="2") == ROWS[-2:]
    assert shown(OutputMode.UPDATE, window="2") == ROWS[-2:]


def test_a_complete_result_has_the_order_of_its_query_or_that_of_its_values() -> None:
    assert shown(OutputMode.COMPLETE, has_order=True, window="3") == ROWS[:3]
    assert shown(OutputMode.COMPLETE, window="3") == [(1, "b", 2), (2, "a", 3), (3, "a", 1)]
