"""Simulated sensors: what they measure, and what becomes of it on the way. Same seed, same records. Sends nothing."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

START = datetime(2025, 10, 11, 20, 0, 0)
SENSOR_COUNT = 50
OUT_OF_ORDER_S_MAX = 45
LATE_S_MIN, LATE_S_MAX = 300, 1_800
_OUT_OF_ORDER_CHANCE = 0.05
_LATE_CHANCE = 0.02
_MALFORMED_CHANCE = 0.003
_OVERHEATING_CHANCE = 0.004
_OVERHEATING_DEGREES = (8.0, 25.0)
_COOLING = 0.85
"""What is left of the overheating at the next reading."""
_NOISE_DEGREES = 0.4
_DAILY_DEGREES = 5.0
_DAY_S = 86_400
_WARMEST_S = 15 * 3_600


class Arrival(Enum):
    """What becomes of a reading on the way."""

    IN_ORDER = "in order"
    OUT_OF_ORDER = "out of order"
    LATE = "late"
    MALFORMED = "malformed"


@dataclass(frozen=True, slots=True)
class SensorRecord:
    """`value`: JSON, but for malformed ones, which lack something or are torn."""

    sensor_id: int
    value: str
    arrival: Arrival


class Sensors:
    """Sensors that are read one after the other, `interval_s` of event time apart. Each overheats once in a while."""

    def __init__(self, seed: int, interval_s: float, sensor_count: int = SENSOR_COUNT) -> None:
        self._chance = random.Random(seed)
        self._interval_s = interval_s
        self._usual = [self._chance.uniform(18.0, 30.0) for _ in range(sensor_count)]
        self._overheating = [0.0] * sensor_count

    def records(self) -> Iterator[SensorRecord]:
        """Endless."""
        number = 0
        while True:
            moment = START + timedelta(seconds=number * self._interval_s)
            index = number % len(self._usual)
            yield self._sent(index + 1, moment, self._temperature(index, moment))
            number += 1

    def _temperature(self, index: int, moment: datetime) -> float:
        second_of_day = moment.hour * 3_600 + moment.minute * 60 + moment.second
        daily = _DAILY_DEGREES * math.cos(2 * math.pi * (second_of_day - _WARMEST_S) / _DAY_S)
        overheating = self._overheating[index] * _COOLING
        if self._chance.random() < _OVERHEATING_CHANCE:
            overheating += self._chance.uniform(*_OVERHEATING_DEGREES)
        self._overheating[index] = overheating
        return round(self._usual[index] + daily + overheating + self._chance.gauss(0, _NOISE_DEGREES), 1)

    def _sent(self, sensor_id: int, moment: datetime, temperature: float) -> SensorRecord:
        arrival, age_s = self._arrival((moment - START).total_seconds())
        timestamp = (moment - timedelta(seconds=age_s)).replace(microsecond=0)
        fields = {"sensor_id": sensor_id, "timestamp": timestamp.isoformat(), "temperature": temperature}
        value = self._damaged(fields) if arrival is Arrival.MALFORMED else json.dumps(fields)
        return SensorRecord(sensor_id, value, arrival)

    def _arrival(self, running_s: float) -> tuple[Arrival, float]:
        """How, and how many seconds after it was measured: that is not before the sensors were there."""
        kinds = (
            (_MALFORMED_CHANCE, Arrival.MALFORMED, (0, 0)),
            (_LATE_CHANCE, Arrival.LATE, (LATE_S_MIN, LATE_S_MAX)),
            (_OUT_OF_ORDER_CHANCE, Arrival.OUT_OF_ORDER, (1, OUT_OF_ORDER_S_MAX)),
        )
        drawn = self._chance.random()
        for chance, arrival, (least, most) in kinds:
            if drawn < chance:
                age_s = self._chance.uniform(least, most)
                return (arrival, age_s) if age_s <= running_s else (Arrival.IN_ORDER, 0.0)
            drawn -= chance
        return Arrival.IN_ORDER, 0.0

    def _damaged(self, fields: dict[str, object]) -> str:
        match self._chance.randrange(4):
            case 0:
                return json.dumps(fields)[:-8]
            case 1:
                return json.dumps({**fields, "temperature": "n/a"})
            case 2:
                return json.dumps({name: fields[name] for name in ("sensor_id", "timestamp")})
            case _:
                return "sensor offline"
