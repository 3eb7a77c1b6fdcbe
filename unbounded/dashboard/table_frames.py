"""The live table of a dashboard sink as one frame of JSON: the newest points of a chart, the first rows of a table."""

from __future__ import annotations

import json

import pyarrow as pa
import pyarrow.compute as pc

from unbounded.connectors.dashboard import DashboardSink, LiveTable
from unbounded.connectors.dashboard_options import Chart, DashboardOptions
from unbounded.connectors.streams import OutputMode
from unbounded.dashboard.column_json import column_json, kind_of
from unbounded.streaming.watch import WatchedRun

FRAME_ROWS_MAX = 20_000


def table_frame(run: WatchedRun, sink: DashboardSink) -> str:
    """`{"query", …, "columns": [{"name", "kind"}], "data": [[values of a column], …]}`"""
    live = sink.live()
    rows = shown_rows(live, sink.options, has_order=sink.has_order)
    head = {
        **_description(run, sink),
        "batch": live.version,
        "rows": rows.num_rows,
        "rowsHeld": live.rows.num_rows,
        "columns": [{"name": field.name, "kind": kind_of(field.type)} for field in rows.schema],
    }
    columns = ",".join(map(column_json, rows.columns))
    return f'{json.dumps(head, separators=(",", ":"))[:-1]},"data":[{columns}]}}'


def _description(run: WatchedRun, sink: DashboardSink) -> dict[str, object]:
    options = sink.options
    name = run.query.name or run.query.query_id
    return {
        "query": name,
        "id": run.query.query_id,
        "title": options.title or name,
        "chart": options.chart.value,
        "x": options.x,
        "y": options.y,
        "series": options.series,
        "mode": run.mode.value,
        "ordered": sink.has_order,
        "timeZone": run.time_zone,
    }


def shown_rows(live: LiveTable, options: DashboardOptions, *, has_order: bool) -> pa.Table:
    """Of a chart whose x has an order: all rows of the last `window` values of x, by x. Else `window` rows.

    A complete result that the query has not sorted is sorted by its columns, so that its rows do not jump about.
    """
    rows = live.rows
    if options.chart in (Chart.LINE, Chart.BAR, Chart.HEAT) and options.x is not None and _has_order(rows, options.x):
        return _last(_newest_points(rows, options.x, options.window), FRAME_ROWS_MAX)
    if live.mode is OutputMode.COMPLETE:
        return (rows if has_order else _sorted(rows)).slice(0, options.window)
    return _last(rows, options.window)


def _has_order(rows: pa.Table, x: str) -> bool:
    return kind_of(rows.schema.field(x).type) in ("number", "time", "time_ntz", "date")


def _newest_points(rows: pa.Table, x: str, count: int) -> pa.Table:
    points = pc.unique(rows.column(x).drop_null())
    if len(points) > count:
        newest = points.take(pc.array_sort_indices(points, order="descending")[:count])
        rows = rows.filter(pc.greater_equal(rows.column(x), pc.min(newest)))
    else:
        rows = rows.filter(pc.is_valid(rows.column(x)))
    return rows.sort_by(x)


def _sorted(rows: pa.Table) -> pa.Table:
    columns = [field.name for field in rows.schema if not pa.types.is_nested(field.type)]
    is_plain = len(set(rows.column_names)) == rows.num_columns and bool(columns)
    return rows.sort_by([(name, "ascending") for name in columns]) if is_plain else rows


def _last(rows: pa.Table, count: int) -> pa.Table:
    return rows.slice(max(rows.num_rows - count, 0))
