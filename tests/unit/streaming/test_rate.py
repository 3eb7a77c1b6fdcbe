"""The rate sources: values and times as Spark computes them, and the same again after a restart."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.unit.streaming.sources import START_US, SteppedSource
from unbounded.connectors.available_now import bounded_to_now
from unbounded.connectors.rate import RateProvider, rate_micro_batch_provider, rate_provider
from unbounded.errors import SparkError


def _shown(rows: list[tuple[datetime, int]]) -> list[str]:
    """Seconds since the source was made, and the value."""
    start = datetime.fromtimestamp(START_US / 1e6, UTC)
    return [f"{(at - start).total_seconds():.3f} {value}" for at, value in rows]


def test_the_first_batch_is_empty_and_each_second_has_its_rows(tmp_path: Path) -> None:
    stream = SteppedSource(rate_provider({"rowspersecond": "3"}), tmp_path)
    assert _shown(stream.rows()) == []
    assert stream.end == "0"
    assert _shown(stream.rows()) == ["0.000 0", "0.333 1", "0.667 2"]
    stream.clock.advance(1_000_000)
    assert _shown(stream.rows()) == ["1.000 3", "1.333 4", "1.667 5", "2.000 6", "2.333 7", "2.667 8"]


def test_values_ramp_up_as_recorded_from_spark() -> None:
    """Spark 4.2 with 10 rows a second and 3 s of ramp: batches of 2, 4, 6 and then 10 rows."""
    provider = RateProvider(10, 3, None)
    assert [provider.value_at(second) for second in range(6)] == [0, 2, 6, 12, 22, 32]


def test_rows_of_a_partition_come_together(tmp_path: Path) -> None:
    stream = SteppedSource(rate_provider({"rowspersecond": "4", "numpartitions": "2"}), tmp_path)
    stream.rows()
    assert _shown(stream.rows()) == ["0.000 0", "0.500 2", "0.250 1", "0.750 3"]


def test_the_creation_time_is_in_the_log_of_the_source(tmp_path: Path) -> None:
    stream = SteppedSource(rate_provider({}), tmp_path)
    assert (tmp_path / "0").read_text() == f"v1\n{START_US // 1000}"
    stream.rows()
    stream.restart()
    assert _shown(stream.rows()) == ["0.000 0"]


def test_the_offset_does_not_go_back_with_the_clock(tmp_path: Path) -> None:
    stream = SteppedSource(rate_provider({}), tmp_path)
    assert stream.source.latest_offset("7", has_limit=True) == "7"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"rowspersecond": "0"}, "Invalid value '0'. The option 'rowsPerSecond' must be positive"),
        ({"rowspersecond": "abc"}, 'For input string: "abc"'),
        ({"rampuptime": "-5s"}, "Invalid value '-5'. The option 'rampUpTime' must not be negative"),
        ({"numpartitions": "0"}, "Invalid value '0'. The option 'numPartitions' must be positive"),
    ],
)
def test_wrong_options_of_rate(options: dict[str, str], message: str) -> None:
    with pytest.raises(SparkError) as failure:
        rate_provider(options)
    assert failure.value.message == message


def test_a_ramp_beyond_the_largest_value_is_refused_when_the_query_starts(tmp_path: Path) -> None:
    with pytest.raises(SparkError, match="INCORRECT_RAMP_UP_RATE"):
        SteppedSource(rate_provider({"rowspersecond": str(2**63 - 1), "rampuptime": "5s"}), tmp_path)


MICRO_BATCH = {"rowsperbatch": "2", "starttimestamp": "1000", "advancemillisperbatch": "250"}


def test_every_trigger_has_its_batch_with_one_time(tmp_path: Path) -> None:
    stream = SteppedSource(rate_micro_batch_provider(MICRO_BATCH), tmp_path)
    first, second = stream.rows(), stream.rows()
    assert [(at.timestamp(), value) for at, value in first] == [(1.0, 0), (1.0, 1)]
    assert [(at.timestamp(), value) for at, value in second] == [(1.25, 2), (1.25, 3)]
    assert stream.end == '{"offset":4,"timestamp":1500}'


def test_available_now_is_one_batch(tmp_path: Path) -> None:
    stream = SteppedSource(rate_micro_batch_provider(MICRO_BATCH), tmp_path)
    stream.source = bounded_to_now(stream.source)
    assert len(stream.rows()) == 2
    assert stream.step() is None


def test_available_now_ends_rate_where_it_was(tmp_path: Path) -> None:
    stream = SteppedSource(rate_provider({}), tmp_path)
    stream.rows()
    stream.source = bounded_to_now(stream.source)
    assert len(stream.rows()) == 1
    assert stream.step() is None


def test_rows_per_batch_must_be_given() -> None:
    with pytest.raises(SparkError, match="The option 'rowsPerBatch' must be positive"):
        rate_micro_batch_provider({})
