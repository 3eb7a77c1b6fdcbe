"""The settings a user's Python functions run under. A value; light to import."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PythonSettings:
    """`spark.sql.execution.*` as Python functions see them. `time_zone` is the session's."""

    time_zone: str = "UTC"
    rows_per_batch: int = 10_000
    assigns_columns_by_name: bool = True
    converts_safely: bool = False
