"""An hour of a query: what a second's row holds, and that there are never more of them."""

from __future__ import annotations

from typing import Any

from unbounded.dashboard.history import COLUMNS, DAYS_OLD_MAX, SECONDS_KEPT, History, is_of_now
from unbounded.streaming.progress import render_timestamp

START_MS = 1_780_000_000_000


def progress(at_ms: int, rows: int = 10, duration_ms: int = 20, **changed: Any) -> dict[str, Any]:
    operator = {"numRowsTotal": 5, "memoryUsedBytes": 100, "numRowsDroppedByWatermark": 2}
    return {
        "timestamp": render_timestamp(at_ms),
        "batchDuration": duration_ms,
        "numInputRows": rows,
        "inputRowsPerSecond": rows * 10.0,
        "processedRowsPerSecond": rows * 100.0,
        "durationMs": {"addBatch": duration_ms - 5, "triggerExecution": duration_ms},
        "eventTime": {},
        "stateOperators": [operator],
        "sources": [],
        **changed,
    }


def last(history: History) -> dict[str, float | None]:
    assert history.last is not None
    return dict(zip(COLUMNS, history.last, strict=True))


def test_batches_of_a_second_share_a_row() -> None:
    history = History()
    history.add(progress(START_MS, rows=10, duration_ms=20))
    history.add(progress(START_MS + 400, rows=30, duration_ms=40))
    assert len(history.rows) == 1
    row = last(history)
    assert (row["time"], row["batches"], row["rowsIn"], row["lateRows"]) == (START_MS, 2, 40, 4)
    assert (row["batchMs"], row["addBatchMs"], row["inputRowsPerSecond"]) == (30, 25, 200)
    assert (row["stateRows"], row["stateBytes"]) == (5, 100)


def test_a_batch_without_rows_does_not_lower_the_rate() -> None:
    history = History()
    history.add(progress(START_MS, rows=10))
    history.add(progress(START_MS + 400, rows=0))
    assert last(history)["inputRowsPerSecond"] == 100


def test_there_is_one_hour_and_no_more() -> None:
    history = History()
    for second in range(SECONDS_KEPT + 5):
        history.add(progress(START_MS + second * 1000))
    assert len(history.rows) == SECONDS_KEPT
    assert history.rows[0][0] == START_MS + 5000


def test_seconds_without_work_belong_to_it() -> None:
    history = History()
    history.add_idle(START_MS)
    assert history.last is None
    watermark = {"watermark": render_timestamp(START_MS - 10_000), "max": render_timestamp(START_MS - 3000)}
    history.add(progress(START_MS, eventTime=watermark))
    row = last(history)
    assert (row["watermarkLagMs"], row["watermarkBehindEventsMs"], row["latencyMs"]) == (10_000, 7000, 3020)
    history.add_idle(START_MS + 500)
    assert len(history.rows) == 1
    history.add_idle(START_MS + 2500)
    row = last(history)
    assert (row["time"], row["rowsIn"], row["inputRowsPerSecond"], row["batchMs"]) == (START_MS + 2000, 0, 0, None)
    assert (row["stateRows"], row["watermarkLagMs"]) == (5, 12_500)


def test_event_times_of_another_year_are_not_compared_with_the_clock() -> None:
    history = History()
    year_ms = 365 * 86_400_000
    times = {"watermark": render_timestamp(START_MS - year_ms), "max": render_timestamp(START_MS - year_ms + 9000)}
    history.add(progress(START_MS, eventTime=times))
    row = last(history)
    assert (row["watermarkLagMs"], row["watermarkBehindEventsMs"], row["latencyMs"]) == (None, 9000, None)
    earlier = {**times, "max": render_timestamp(START_MS - year_ms + 5000)}
    history.add(progress(START_MS + 1000, eventTime=earlier))
    assert last(history)["watermarkBehindEventsMs"] == 9000
    history.add_idle(START_MS + 3000)
    row = last(history)
    assert (row["watermarkLagMs"], row["watermarkBehindEventsMs"]) == (None, 9000)


def test_a_week_is_near_enough_to_the_clock() -> None:
    week_ms = DAYS_OLD_MAX * 86_400_000
    assert is_of_now(START_MS - week_ms, START_MS)
    assert not is_of_now(START_MS - week_ms - 1, START_MS)
    assert not is_of_now(START_MS + week_ms + 1, START_MS)


def test_records_behind_are_those_of_all_partitions() -> None:
    source = {"metrics": {"avgOffsetsBehindLatest": "2.5"}, "endOffset": {"t": {"0": 1, "1": 2}}}
    history = History()
    history.add(progress(START_MS, sources=[source, {"metrics": {}, "endOffset": 3}]))
    assert last(history)["rowsBehind"] == 5
