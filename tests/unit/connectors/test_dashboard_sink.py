"""The live table of a dashboard sink: what each output mode leaves in it, its bounds, and the options."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from unbounded.connectors import dashboard
from unbounded.connectors.dashboard import PARTS_MAX, ROWS_HELD_MAX, DashboardSink
from unbounded.connectors.dashboard_options import Chart, DashboardOptions, read_options
from unbounded.connectors.streams import OutputMode
from unbounded.errors import SparkError

SCHEMA = pa.schema([("user", pa.string()), ("n", pa.int64())])
WINDOW = pa.struct([("start", pa.timestamp("us", "UTC")), ("end", pa.timestamp("us", "UTC"))])
WINDOWED = pa.schema([("window", WINDOW), ("user", pa.string()), ("mean", pa.float64()), ("n", pa.int64())])


def options(keys: tuple[str, ...] = ()) -> DashboardOptions:
    return read_options({}, SCHEMA, keys)


def rows(**values: int) -> pa.Table:
    return pa.table([list(values), list(values.values())], schema=SCHEMA)


def held(sink: DashboardSink) -> list[tuple[Any, ...]]:
    return list(zip(*(column.to_pylist() for column in sink.live().rows.columns), strict=True))


def test_append_adds_rows() -> None:
    sink = DashboardSink(options(), SCHEMA, OutputMode.APPEND)
    assert sink.write(0, rows(a=1, b=2), OutputMode.APPEND) == 2
    sink.write(1, rows(a=3), OutputMode.APPEND)
    assert held(sink) == [("a", 1), ("b", 2), ("a", 3)]


def test_complete_replaces_all_and_keeps_the_order_of_the_query() -> None:
    sink = DashboardSink(options(), SCHEMA, OutputMode.COMPLETE)
    sink.write(0, rows(a=1, b=2), OutputMode.COMPLETE)
    sink.write(1, rows(c=9, a=1), OutputMode.COMPLETE)
    assert held(sink) == [("c", 9), ("a", 1)]


def test_update_replaces_the_row_of_its_key() -> None:
    sink = DashboardSink(options(("user",)), SCHEMA, OutputMode.UPDATE)
    sink.write(0, rows(a=1, b=2), OutputMode.UPDATE)
    assert held(sink) == [("a", 1), ("b", 2)]
    sink.write(1, rows(a=3, c=4), OutputMode.UPDATE)
    sink.write(2, rows(c=5), OutputMode.UPDATE)
    assert held(sink) == [("b", 2), ("a", 3), ("c", 5)]


def test_a_key_may_be_null_and_a_window() -> None:
    sink = DashboardSink(read_options({}, WINDOWED, ["window", "user"]), WINDOWED, OutputMode.UPDATE)
    first, second = ({"start": start, "end": start + 60} for start in (0, 60))
    batch = pa.table([[first, first, second], [None, "b", None], [1.0, 2.0, 3.0], [1, 2, 3]], schema=WINDOWED)
    again = pa.table([[first], [None], [9.0], [9]], schema=WINDOWED)
    sink.write(0, batch, OutputMode.UPDATE)
    sink.write(1, again, OutputMode.UPDATE)
    assert sink.live().rows.column_names == ["window.start", "window.end", "user", "mean", "n"]
    assert [row[2:] for row in held(sink)] == [("b", 2.0, 2), (None, 3.0, 3), (None, 9.0, 9)]


def test_a_batch_that_is_written_again_changes_nothing() -> None:
    sink = DashboardSink(options(), SCHEMA, OutputMode.APPEND)
    sink.write(3, rows(a=1), OutputMode.APPEND)
    version = sink.version
    sink.write(3, rows(a=1), OutputMode.APPEND)
    sink.write(2, rows(a=1), OutputMode.APPEND)
    assert (held(sink), sink.version) == ([("a", 1)], version)


@pytest.mark.parametrize("mode", [OutputMode.APPEND, OutputMode.UPDATE])
def test_the_newest_rows_are_held_and_no_more(mode: OutputMode) -> None:
    sink = DashboardSink(options(("n",)), SCHEMA, mode)
    for batch_id in range(3):
        numbers = np.arange(batch_id * ROWS_HELD_MAX, (batch_id + 1) * ROWS_HELD_MAX + 10)
        table = pa.table([pa.nulls(len(numbers), pa.string()), numbers], schema=SCHEMA)
        sink.write(batch_id, table, mode)
    numbers = sink.live().rows.column("n")
    assert len(numbers) == ROWS_HELD_MAX
    assert numbers[-1].as_py() == 3 * ROWS_HELD_MAX + 9


def test_batches_that_nobody_looks_at_are_made_one(monkeypatch: pytest.MonkeyPatch) -> None:
    folds: list[int] = []
    latest = dashboard.latest_of_keys
    monkeypatch.setattr(dashboard, "latest_of_keys", lambda table, keys: folds.append(1) or latest(table, keys))
    sink = DashboardSink(options(("user",)), SCHEMA, OutputMode.UPDATE)
    for batch_id in range(PARTS_MAX * 2):
        sink.write(batch_id, rows(a=batch_id), OutputMode.UPDATE)
    assert len(folds) == 2
    assert held(sink) == [("a", PARTS_MAX * 2 - 1)]


# ---------------------------------------------------------------------------------------------- options


def read(**given: str) -> DashboardOptions:
    return read_options(given, WINDOWED, ())


def test_columns_are_found_without_being_named() -> None:
    assert read() == DashboardOptions(None, Chart.TABLE, None, ("mean", "n"), None, 600, ())
    chosen = read(chart="LINE", series="User", y="mean", window="10", title="Heat")
    assert chosen == DashboardOptions("Heat", Chart.LINE, "window.start", ("mean",), "user", 10, ())
    assert read(chart="bar", x="USER").x == "user"
    assert read(chart="line", x="window", y="n , mean").y == ("n", "mean")
    assert read_options({"key": "window,user"}, WINDOWED, ()).keys == ("window.start", "window.end", "user")


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"chart": "pie"}, "The option chart is pie, but must be one of line, bar, table, stat, heat."),
        ({"window": "0"}, "The option window is 0, but must be a whole number from 1 to 10000."),
        ({"window": "ten"}, "The option window is ten, but must be a whole number from 1 to 10000."),
        ({"x": "when"}, "names the column when, but there are window.start, window.end, user, mean, n."),
        ({"y": "user"}, "The option y names the column user, which holds no numbers."),
        ({"chart": "heat", "y": "mean"}, "The chart heat needs the options series (its rows) and y (one column"),
        ({"chart": "line", "series": "user"}, "with the option series needs one column y, not mean, n."),
        ({"chart": "line", "x": "n", "y": "n"}, "The column n cannot be both x and y."),
        ({"key": "nobody"}, "The option key names the column nobody, but there are"),
        ({"colour": "red"}, "Option colour is not supported for the dashboard sink. There are title, chart, x, y,"),
    ],
)
def test_wrong_values_are_refused(given: dict[str, str], sentence: str) -> None:
    with pytest.raises(SparkError) as caught:
        read(**given)
    assert sentence in caught.value.message


def test_a_chart_needs_numbers() -> None:
    with pytest.raises(SparkError, match="The chart stat needs a column of numbers: name it with the option y"):
        read_options({"chart": "stat"}, pa.schema([("user", pa.string())]), ())
