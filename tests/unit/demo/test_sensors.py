"""The simulated sensors: the same seed gives the same records, and what is late or damaged is so within bounds."""

from __future__ import annotations

import json
from datetime import datetime
from itertools import islice

import pytest

from unbounded.demo.sensors import (
    LATE_S_MAX,
    LATE_S_MIN,
    OUT_OF_ORDER_S_MAX,
    SENSOR_COUNT,
    START,
    Arrival,
    SensorRecord,
    Sensors,
)

INTERVAL_S = 0.5
COUNT = 20_000


def made(seed: int) -> list[SensorRecord]:
    return list(islice(Sensors(seed, INTERVAL_S).records(), COUNT))


RECORDS = made(seed=1)


def ages_s(arrival: Arrival) -> list[float]:
    """Seconds between measurement, whole seconds, and sending."""
    sent = [(number * INTERVAL_S, json.loads(r.value)) for number, r in enumerate(RECORDS) if r.arrival is arrival]
    return [at_s - (datetime.fromisoformat(fields["timestamp"]) - START).total_seconds() for at_s, fields in sent]


def test_a_seed_decides_everything() -> None:
    assert made(seed=1) == RECORDS
    assert made(seed=2) != RECORDS


def test_sensors_take_turns() -> None:
    assert [record.sensor_id for record in RECORDS[: SENSOR_COUNT + 1]] == [*range(1, SENSOR_COUNT + 1), 1]


@pytest.mark.parametrize(
    ("arrival", "least_s", "most_s"),
    [
        (Arrival.IN_ORDER, 0, 1),
        (Arrival.OUT_OF_ORDER, 1, OUT_OF_ORDER_S_MAX + 1),
        (Arrival.LATE, LATE_S_MIN, LATE_S_MAX + 1),
    ],
)
def test_ages_are_within_their_bounds(arrival: Arrival, least_s: float, most_s: float) -> None:
    ages = ages_s(arrival)
    assert least_s <= min(ages) < max(ages) < most_s


def test_no_reading_is_older_than_the_sensors() -> None:
    readings = (json.loads(record.value) for record in RECORDS if record.arrival is not Arrival.MALFORMED)
    assert min(datetime.fromisoformat(reading["timestamp"]) for reading in readings) == START


def test_what_is_malformed_lacks_a_temperature() -> None:
    kinds = {_kind(record.value) for record in RECORDS if record.arrival is Arrival.MALFORMED}
    assert kinds == {"not JSON", "no temperature", "a temperature that is no number"}


def _kind(value: str) -> str:
    try:
        fields = json.loads(value)
    except ValueError:
        return "not JSON"
    return "a temperature that is no number" if "temperature" in fields else "no temperature"
