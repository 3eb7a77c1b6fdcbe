"""Simulated sensors: temperatures with a daily curve, noise, and some overheating. Same seed, same readings."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

START = datetime(2025, 10, 11, 20, 0, 0)
SENSOR_COUNT = 5
READING_INTERVAL_S = 15
_OVERHEATING_CHANCE = 0.02
_DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class Reading:
    """`temperature` in degrees Celsius."""

    sensor_id: int
    timestamp: datetime
    temperature: float

    def to_json(self) -> str:
        fields = {
            "sensor_id": self.sensor_id,
            "timestamp": self.timestamp.isoformat(),
            "temperature": self.temperature,
        }
        return json.dumps(fields)


def readings(seed: int, sensor_count: int = SENSOR_COUNT) -> Iterator[list[Reading]]:
    """Endless rounds: one reading of every sensor per round, `READING_INTERVAL_S` of event time apart."""
    generator = random.Random(seed)
    moment = START
    while True:
        yield [_read(sensor_id, moment, generator) for sensor_id in range(1, sensor_count + 1)]
        moment += timedelta(seconds=READING_INTERVAL_S)


def _read(sensor_id: int, moment: datetime, generator: random.Random) -> Reading:
    seconds = (moment - START).total_seconds()
    daily = 5 * math.sin(2 * math.pi * seconds / _DAY_S)
    overheating = 25 if generator.random() < _OVERHEATING_CHANCE else 0
    temperature = 20 + sensor_id / 2 + daily + generator.gauss(0, 0.5) + overheating
    return Reading(sensor_id, moment, round(temperature, 1))
