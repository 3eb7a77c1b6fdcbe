"""The sources `rate` (so many rows a second) and `rate-micro-batch` (so many rows a batch), for tests and tutorials.

Both compute their rows from their offsets, so a batch is the same each time it is read. Offsets: whole seconds since
the source was created (which is in its log); the next value and its time.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from unbounded.checkpoint.logs import BatchLog
from unbounded.clock import Clock
from unbounded.connectors.numbered_rows import SCHEMA, NumberedRows
from unbounded.connectors.option_values import INT_MAX, LONG_MAX, duration, illegal_argument, whole_number
from unbounded.connectors.streams import SourceContext
from unbounded.errors import ErrorKind, SparkError
from unbounded.types.datatypes import StructType

Options = Mapping[str, str]
"""Values by names in lower case."""


def _number(options: Options, name: str, default: int, *, minimum: int, maximum: int = LONG_MAX) -> int:
    """Raises: SparkError for anything but a number from `minimum` (0 or 1) on"""
    text = options.get(name.lower())
    value = default if text is None else whole_number(text, maximum)
    if value < minimum:
        wanted = "positive" if minimum == 1 else "non-negative"
        raise illegal_argument(f"Invalid value '{value}'. The option '{name}' must be {wanted}")
    return value


# ---------------------------------------------------------------------------------------------- rate


@dataclass(frozen=True, slots=True)
class RateProvider:
    """`partition_count` None: not given."""

    rows_per_second: int
    ramp_up_s: int
    partition_count: int | None
    schema: StructType = SCHEMA

    def open(self, context: SourceContext) -> RateSource:
        maximum = LONG_MAX // self.rows_per_second
        if self.ramp_up_s > maximum:
            raise _overflow("INCORRECT_RAMP_UP_RATE", self.rows_per_second, rampUpTimeSeconds=self.ramp_up_s)
        return RateSource(self, _creation_time_ms(context), context.clock)

    def value_at(self, second: int) -> int:
        """The first value after `second` (of `RateStreamProvider.valueAtSecond`)."""
        ramp = min(second, self.ramp_up_s)
        speed_delta = self.rows_per_second // (self.ramp_up_s + 1)
        return speed_delta * (ramp * (ramp + 1) // 2) + (second - ramp) * self.rows_per_second


def rate_provider(options: Options) -> RateProvider:
    """Raises: SparkError for values out of range"""
    rows_per_second = _number(options, "rowsPerSecond", 1, minimum=1)
    ramp_up_s = duration(options.get("rampuptime", "0s"), "s")
    if ramp_up_s < 0:
        raise illegal_argument(f"Invalid value '{ramp_up_s}'. The option 'rampUpTime' must not be negative")
    partition_count = _number(options, "numPartitions", 1, minimum=1, maximum=INT_MAX)
    return RateProvider(rows_per_second, ramp_up_s, partition_count if "numpartitions" in options else None)


def _creation_time_ms(context: SourceContext) -> int:
    log = BatchLog(context.files, context.directory)
    if not log.has(0):
        log.add(0, [str(context.clock.now_us() // 1000)])
    return log.parse(0, lambda lines: int(lines[0]))


def _overflow(condition: str, rows_per_second: int, **parameters: int) -> SparkError:
    shown = {name: str(value) for name, value in parameters.items()}
    maximum = str(LONG_MAX // rows_per_second)
    return SparkError(
        ErrorKind.ARITHMETIC, condition, {"rowsPerSecond": str(rows_per_second), "maxSeconds": maximum, **shown}
    )


class RateSource:
    """Implements `connectors.streams.StreamSource` and `ReportingSource`."""

    def __init__(self, provider: RateProvider, created_ms: int, clock: Clock) -> None:
        self._provider = provider
        self._created_ms = created_ms
        self._clock = clock
        self._seen: str | None = None

    @property
    def description(self) -> str:
        """Without a closing bracket, as Spark has it."""
        provider = self._provider
        shown = "default" if provider.partition_count is None else provider.partition_count
        return (
            f"RateStreamV2[rowsPerSecond={provider.rows_per_second}, rampUpTimeSeconds={provider.ramp_up_s}, "
            f"numPartitions={shown}"
        )

    def latest_offset(self, start: str | None, *, has_limit: bool) -> str:
        """Never goes back, even if the clock does."""
        seconds = (self._clock.now_us() // 1000 - self._created_ms) // 1000
        self._seen = str(max(seconds, int(start or 0), 0))
        return self._seen

    def latest_seen(self) -> str | None:
        return self._seen

    def metrics(self, end: str | None) -> Mapping[str, str]:
        return {}

    def batch(self, start: str | None, end: str) -> NumberedRows:
        provider = self._provider
        start_s, end_s = int(start or 0), int(end)
        if end_s > LONG_MAX // provider.rows_per_second:
            raise _overflow("INCORRECT_END_OFFSET", provider.rows_per_second, endSeconds=end_s)
        first, last = provider.value_at(start_s), provider.value_at(end_s)
        ms_per_value = (end_s - start_s) * 1000 / (last - first) if last > first else 0.0
        first_ms = self._created_ms + start_s * 1000
        return NumberedRows(first, last, first_ms, ms_per_value, provider.partition_count or 1)

    def commit(self, end: str) -> None:
        """Keeps nothing."""

    def close(self) -> None:
        """Holds nothing open."""


# ---------------------------------------------------------------------------------------------- rate-micro-batch


@dataclass(frozen=True, slots=True)
class RateMicroBatchProvider:
    rows_per_batch: int
    partition_count: int
    start_ms: int
    advance_ms: int
    schema: StructType = SCHEMA

    def open(self, context: SourceContext) -> RateMicroBatchSource:
        return RateMicroBatchSource(self)


def rate_micro_batch_provider(options: Options) -> RateMicroBatchProvider:
    """Raises: SparkError for values out of range"""
    return RateMicroBatchProvider(
        _number(options, "rowsPerBatch", 0, minimum=1),
        _number(options, "numPartitions", 1, minimum=1, maximum=INT_MAX),
        _number(options, "startTimestamp", 0, minimum=0),
        _number(options, "advanceMillisPerBatch", 1000, minimum=0, maximum=INT_MAX),
    )


class RateMicroBatchSource:
    """Implements `connectors.streams.StreamSource`: there is always a next batch."""

    def __init__(self, provider: RateMicroBatchProvider) -> None:
        self._provider = provider
        self._is_bounded = False
        self._bound: str | None = None

    @property
    def description(self) -> str:
        provider = self._provider
        return (
            f"RatePerMicroBatchStream[rowsPerBatch={provider.rows_per_batch}, "
            f"numPartitions={provider.partition_count}, startTimestamp={provider.start_ms}, "
            f"advanceMsPerBatch={provider.advance_ms}]"
        )

    def bound_to_now(self) -> None:
        """One more batch is all there is."""
        self._is_bounded = True

    def latest_offset(self, start: str | None, *, has_limit: bool) -> str:
        if self._bound is None or not self._is_bounded:
            value, time_ms = self._read(start)
            after = {
                "offset": min(value + self._provider.rows_per_batch, LONG_MAX),
                "timestamp": time_ms + self._provider.advance_ms,
            }
            self._bound = json.dumps(after, separators=(",", ":"))
        return self._bound

    def batch(self, start: str | None, end: str) -> NumberedRows:
        first, first_ms = self._read(start)
        last, _ = self._read(end)
        return NumberedRows(first, last, first_ms, partition_count=self._provider.partition_count)

    def _read(self, offset: str | None) -> tuple[int, int]:
        """The next value and its time, milliseconds."""
        if offset is None:
            return 0, self._provider.start_ms
        found = json.loads(offset)
        return found["offset"], found["timestamp"]

    def commit(self, end: str) -> None:
        """Keeps nothing."""

    def close(self) -> None:
        """Holds nothing open."""
