"""Silent sources under `unbounded.streaming.idleTimeout`: they neither hold the watermark back nor stop it."""

from __future__ import annotations

from pathlib import Path

from tests.unit.streaming.harness import Story
from tests.unit.streaming.test_event_time import AGG5
from unbounded.connectors.streams import OutputMode
from unbounded.streaming.microbatch import StreamSettings
from unbounded.streaming.watermark import EventTimes, WatermarkTracker

TIMEOUT_MS = 1000


def heard(*maxima: int) -> dict[int, EventTimes]:
    return {node: EventTimes(at, at, float(at)) for node, at in enumerate(maxima)}


def tracker(nodes: int, *, timeout_ms: int | None = TIMEOUT_MS) -> WatermarkTracker:
    return WatermarkTracker(dict.fromkeys(range(nodes), 0), takes_maximum=False, idle_timeout_ms=timeout_ms)


def test_without_a_timeout_silence_changes_nothing() -> None:
    watermark = tracker(2, timeout_ms=None)
    watermark.observe(heard(50_000), 100)
    assert not watermark.pass_over_idle(1_000_000)
    assert watermark.current_ms == 0


def test_a_silent_source_no_longer_holds_the_others_back() -> None:
    watermark = tracker(2)
    watermark.observe(heard(50_000, 10_000), 0)
    watermark.observe(heard(60_000), 900)
    assert watermark.current_ms == 10_000
    assert watermark.pass_over_idle(1000)
    assert watermark.current_ms == 60_000


def test_a_source_that_never_spoke_is_idle_after_the_timeout_too() -> None:
    watermark = tracker(2)
    watermark.observe(heard(50_000), 500)
    assert not watermark.pass_over_idle(999)
    assert watermark.pass_over_idle(1000)
    assert watermark.current_ms == 50_000


def test_when_all_are_silent_the_watermark_goes_on_a_timeout_at_a_time() -> None:
    watermark = tracker(1)
    watermark.observe(heard(50_000), 0)
    seen = []
    for now_ms in (999, 1000, 1999, 2500, 5100):
        watermark.pass_over_idle(now_ms)
        seen.append(watermark.current_ms)
    assert seen == [50_000, 51_000, 51_000, 52_000, 55_000]
    watermark.observe(heard(53_000), 5200)
    assert watermark.current_ms == 55_000


def test_before_any_row_nothing_is_complete() -> None:
    watermark = tracker(1)
    assert not watermark.pass_over_idle(1_000_000)
    assert watermark.current_ms == 0


def test_the_last_windows_come_out_though_nothing_follows(tmp_path: Path) -> None:
    settings = StreamSettings(OutputMode.APPEND, idle_timeout_ms=TIMEOUT_MS)
    story = Story(AGG5, tmp_path, OutputMode.APPEND, delay_s=10, settings=settings)
    story.add_times("10 11")
    story.step()
    for _ in range(20):
        story.step()
    assert [rows for rows in story.sink.batches.values() if rows] == [["10-15 2"]]
    assert story.step() is None, "no state is left to be set free"


def test_a_restart_does_not_forget_that_nothing_comes(tmp_path: Path) -> None:
    settings = StreamSettings(OutputMode.APPEND, idle_timeout_ms=TIMEOUT_MS)
    story = Story(AGG5, tmp_path, OutputMode.APPEND, delay_s=10, settings=settings)
    story.add_times("10 11 12")
    story.step()
    story.step()
    story.restart()
    for _ in range(20):
        story.step()
    assert [rows for rows in story.sink.batches.values() if rows] == [["10-15 3"]]
