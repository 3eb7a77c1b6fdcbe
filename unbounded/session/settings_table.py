"""Which settings exist: Spark's with their defaults, ours, and what a value of each must look like. Holds no values.

`spark_settings.json` has a row for each setting of Spark 4.2: `key: [default, is static]`, null for none. A kind is
read off the default (`true` → boolean, `200` → integer, `10485760b` → size, `600ms` → duration), which is how Spark
prints defaults of typed settings; settings with a few allowed values are listed here.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cache
from importlib import resources
from pathlib import Path

from unbounded.session.setting_values import parse_boolean, parse_bytes, parse_duration_us

WAREHOUSE_DIRECTORY = "spark.sql.warehouse.dir"
SESSION_TIME_ZONE = "spark.sql.session.timeZone"

UI_ENABLED = "unbounded.ui.enabled"
UI_VARIABLE = "UNBOUNDED_UI_ENABLED"
"""Of the environment: switches the monitoring page off (`false`) for everything that is started."""

OWN_DEFAULTS: Mapping[str, str | None] = {
    "unbounded.delta.optimizeEvery": "0",
    "unbounded.duckdb.optimizer": "true",
    "unbounded.duckdb.threads": "0",
    "unbounded.streaming.idleTimeout": None,
    "unbounded.streaming.lateRows.table": None,
    "unbounded.streaming.state.memoryLimit": "1073741824b",
    UI_ENABLED: "true",
    "unbounded.ui.host": "127.0.0.1",
    "unbounded.ui.port": "4040",
    "unbounded.ui.progress": "false",
    "unbounded.ui.token": None,
}

OWN_STATIC = frozenset({"unbounded.ui.host", "unbounded.ui.progress", "unbounded.ui.token"})
"""Settings of the engine, which no session may change: they say who else can reach it."""

CHOICES: Mapping[str, tuple[str, ...]] = {
    "spark.sql.mapKeyDedupPolicy": ("EXCEPTION", "LAST_WIN"),
    "spark.sql.storeAssignmentPolicy": ("ANSI", "LEGACY", "STRICT"),
    "spark.sql.sources.partitionOverwriteMode": ("STATIC", "DYNAMIC"),
    "spark.sql.timestampType": ("TIMESTAMP_NTZ", "TIMESTAMP_LTZ"),
    "spark.sql.legacy.timeParserPolicy": ("EXCEPTION", "CORRECTED", "LEGACY"),
    "spark.sql.streaming.multipleWatermarkPolicy": ("min", "max"),
    "spark.sql.parquet.outputTimestampType": ("INT96", "TIMESTAMP_MICROS", "TIMESTAMP_MILLIS"),
}

CORE_PREFIXES = (
    "spark.app.",
    "spark.broadcast.",
    "spark.cores.",
    "spark.default.parallelism",
    "spark.deploy.",
    "spark.driver.",
    "spark.dynamicAllocation.",
    "spark.eventLog.",
    "spark.executor.",
    "spark.files",
    "spark.jars",
    "spark.kubernetes.",
    "spark.local.dir",
    "spark.locality.",
    "spark.master",
    "spark.memory.",
    "spark.network.",
    "spark.rdd.",
    "spark.scheduler.",
    "spark.serializer",
    "spark.shuffle.",
    "spark.speculation",
    "spark.submit.",
    "spark.task.",
    "spark.ui.",
    "spark.yarn.",
)
"""Settings of Spark's core begin so: they belong to a cluster, and Spark refuses to change them in a session."""

POSITIVE = frozenset({"spark.sql.shuffle.partitions"})

DEPRECATED: Mapping[str, tuple[str, str]] = {
    "spark.sql.parser.escapedStringLiterals": ("4.0", "Use raw string literals with the `r` prefix instead. "),
    "spark.sql.execution.arrow.enabled": ("3.0", "Use 'spark.sql.execution.arrow.pyspark.enabled' instead of it."),
    "spark.sql.execution.arrow.fallback.enabled": (
        "3.0",
        "Use 'spark.sql.execution.arrow.pyspark.fallback.enabled' instead of it.",
    ),
    "spark.sql.adaptive.coalescePartitions.minPartitionNum": (
        "3.2",
        "Use 'spark.sql.adaptive.coalescePartitions.minPartitionSize' instead.",
    ),
    "spark.sql.adaptive.shuffle.targetPostShuffleInputSize": (
        "3.0",
        "Use 'spark.sql.adaptive.advisoryPartitionSizeInBytes' instead of it.",
    ),
}


class Kind(Enum):
    """What a value is; the value names it as Spark's error messages do."""

    BOOLEAN = "boolean"
    INTEGER = "int"
    FRACTION = "double"
    SIZE = "bytes in BYTE"
    DURATION = "time in MILLISECONDS"
    TEXT = "string"

    def check(self, text: str) -> None:
        """Raises ValueError if `text` is not a value of this kind."""
        _PARSERS[self](text)


_PARSERS: Mapping[Kind, Callable[[str], object]] = {
    Kind.BOOLEAN: parse_boolean,
    Kind.INTEGER: int,
    Kind.FRACTION: float,
    Kind.SIZE: parse_bytes,
    Kind.DURATION: parse_duration_us,
    Kind.TEXT: str,
}

_KIND_OF_DEFAULT: tuple[tuple[re.Pattern[str], Kind], ...] = (
    (re.compile("true|false"), Kind.BOOLEAN),
    (re.compile(r"-?\d+"), Kind.INTEGER),
    (re.compile(r"-?\d+\.\d+"), Kind.FRACTION),
    (re.compile(r"-?\d+b"), Kind.SIZE),
    (re.compile(r"-?\d+ms"), Kind.DURATION),
)


@dataclass(frozen=True, slots=True)
class Setting:
    key: str
    default: str | None
    is_static: bool
    kind: Kind


@cache
def known_settings() -> Mapping[str, Setting]:
    """All settings by key."""
    text = resources.files("unbounded.session").joinpath("spark_settings.json").read_text("utf-8")
    spark = {key: _setting(key, default, is_static=is_static) for key, (default, is_static) in json.loads(text).items()}
    own = {key: _setting(key, default, is_static=key in OWN_STATIC) for key, default in OWN_DEFAULTS.items()}
    found = {WAREHOUSE_DIRECTORY: _default_warehouse(), SESSION_TIME_ZONE: local_time_zone()}
    if UI_VARIABLE in os.environ:
        found[UI_ENABLED] = os.environ[UI_VARIABLE]
    here = {
        key: _setting(key, default, is_static=key in spark and spark[key].is_static) for key, default in found.items()
    }
    return {**spark, **own, **here}


def local_time_zone() -> str:
    """The name of this machine's time zone: TZ, else what /etc/localtime points at, else UTC."""
    named = os.environ.get("TZ", "").lstrip(":")
    if named and not named.startswith("/"):
        return named
    target = os.path.realpath("/etc/localtime")
    return target.partition("zoneinfo/")[2] or "UTC"


def _default_warehouse() -> str:
    return f"file:{Path.cwd() / 'spark-warehouse'}"


def _setting(key: str, default: str | None, *, is_static: bool) -> Setting:
    kinds = (kind for pattern, kind in _KIND_OF_DEFAULT if default is not None and pattern.fullmatch(default))
    return Setting(key, default, is_static, next(kinds, Kind.TEXT))
