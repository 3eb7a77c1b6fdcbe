"""What a query's meaning depends on besides its plan: zone, ANSI mode, its one "now". A value, made by the session."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Environment:
    """`now_us` is the instant of `current_timestamp()`, microseconds since the epoch, fixed for a whole query.

    `keeps_last_map_value`: of equal keys in a map made by a function the last wins; without it they are an error.
    """

    time_zone: str = "UTC"
    is_ansi: bool = True
    is_case_sensitive: bool = False
    now_us: int = 0
    user: str = ""
    catalog: str = "spark_catalog"
    database: str = "default"
    shuffle_partition_count: int = 200
    keeps_last_map_value: bool = False
    corrupt_record_column: str = "_corrupt_record"

    @property
    def is_utc(self) -> bool:
        return self.time_zone in ("UTC", "Etc/UTC", "GMT", "Z", "+00:00")
