"""Settings of a session, against what Spark 4.2 answers for the same calls."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from unbounded.errors import SparkError
from unbounded.session.config import SessionConfig
from unbounded.session.setting_values import parse_boolean, parse_bytes, parse_duration_us, parse_time_zone

DEFAULTS = {
    "spark.sql.ansi.enabled": "true",
    "spark.sql.shuffle.partitions": "200",
    "spark.sql.timestampType": "TIMESTAMP_LTZ",
    "spark.sql.autoBroadcastJoinThreshold": "10485760b",
    "spark.sql.session.localRelationCacheThreshold": "1048576",
    "spark.sql.execution.arrow.pyspark.selfDestruct.enabled": "false",
    "spark.sql.connect.serverStacktrace.enabled": "false",
    "spark.sql.pyspark.jvmStacktrace.enabled": "false",
}

REFUSED = {
    ("spark.sql.shuffle.partitions", "x"): (
        "[INVALID_CONF_VALUE.TYPE_MISMATCH] The value 'x' in the config \"spark.sql.shuffle.partitions\" is invalid. "
        "It should be a/an 'int' value. SQLSTATE: 22022"
    ),
    ("spark.sql.shuffle.partitions", "-1"): (
        "[INVALID_CONF_VALUE.REQUIREMENT] The value '-1' in the config \"spark.sql.shuffle.partitions\" is invalid. "
        "The value of spark.sql.shuffle.partitions must be positive SQLSTATE: 22022"
    ),
    ("spark.sql.ansi.enabled", "maybe"): (
        "[INVALID_CONF_VALUE.TYPE_MISMATCH] The value 'maybe' in the config \"spark.sql.ansi.enabled\" is invalid. "
        "It should be a/an 'boolean' value. SQLSTATE: 22022"
    ),
    ("spark.sql.session.timeZone", "Mars/X"): (
        "[INVALID_CONF_VALUE.TIME_ZONE] The value 'Mars/X' in the config \"spark.sql.session.timeZone\" is invalid. "
        "Cannot resolve the given timezone. SQLSTATE: 22022"
    ),
    ("spark.sql.sources.partitionOverwriteMode", "sideways"): (
        "[INVALID_CONF_VALUE.OUT_OF_RANGE_OF_OPTIONS] The value 'sideways' in the config "
        "\"spark.sql.sources.partitionOverwriteMode\" is invalid. It should be one of 'STATIC, DYNAMIC'. "
        "SQLSTATE: 22022"
    ),
    ("spark.sql.autoBroadcastJoinThreshold", "10xx"): (
        "[INVALID_CONF_VALUE.TYPE_MISMATCH] The value '10xx' in the config \"spark.sql.autoBroadcastJoinThreshold\" "
        "is invalid. It should be a/an 'bytes in BYTE' value. SQLSTATE: 22022"
    ),
    ("spark.sql.warehouse.dir", "x"): (
        "[CANNOT_MODIFY_STATIC_CONFIG] Cannot modify the value of the static Spark config: "
        '"spark.sql.warehouse.dir". SQLSTATE: 46110'
    ),
    ("spark.executor.memory", "1g"): (
        '[CANNOT_MODIFY_CONFIG] Cannot modify the value of the Spark config: "spark.executor.memory".\n'
        "See also 'https://spark.apache.org/docs/latest/sql-migration-guide.html#ddl-statements'. SQLSTATE: 46110"
    ),
}


@pytest.mark.parametrize(("key", "value"), DEFAULTS.items())
def test_defaults(key: str, value: str) -> None:
    assert SessionConfig({}).get(key) == value


@pytest.mark.parametrize(("setting", "message"), REFUSED.items())
def test_refused_values(setting: tuple[str, str], message: str) -> None:
    config = SessionConfig({})
    before = config.find(setting[0])
    with pytest.raises(SparkError) as caught:
        config.set(*setting)
    assert caught.value.message == message
    assert config.find(setting[0]) == before


def test_an_unknown_key_is_not_found_unless_it_was_set() -> None:
    config = SessionConfig({})
    with pytest.raises(SparkError, match=r'\[SQL_CONF_NOT_FOUND\] The SQL config "my.own" cannot be found'):
        config.get("my.own")
    config.set("my.own", "1")
    assert config.get("my.own") == "1"
    config.unset("my.own")
    assert config.find("my.own") is None


def test_a_given_default_counts_more_than_the_table() -> None:
    config = SessionConfig({})
    assert config.get_or("spark.sql.shuffle.partitions", "7") == "7"
    config.set("spark.sql.shuffle.partitions", "3")
    assert config.get_or("spark.sql.shuffle.partitions", "7") == "3"


@pytest.mark.parametrize(
    ("key", "is_modifiable"),
    [
        ("spark.sql.shuffle.partitions", True),
        ("spark.sql.warehouse.dir", False),
        ("spark.executor.memory", False),
        ("my.own", False),
    ],
)
def test_is_modifiable(key: str, is_modifiable: bool) -> None:
    assert SessionConfig({}).is_modifiable(key) is is_modifiable


def test_a_builder_may_carry_what_has_no_effect_here() -> None:
    config = SessionConfig({})
    config.set_silently([("spark.jars.packages", "a:b:1"), ("spark.app.name", "App")])
    assert config.get("spark.app.name") == "App"


def test_unsetting_goes_back_to_the_engine_then_to_the_default() -> None:
    config = SessionConfig({"spark.sql.shuffle.partitions": "5"})
    config.set("spark.sql.shuffle.partitions", "9")
    config.unset("spark.sql.shuffle.partitions")
    assert config.integer("spark.sql.shuffle.partitions") == 5


def test_a_copy_goes_its_own_way() -> None:
    config = SessionConfig({})
    config.set("my.own", "1")
    copy = config.copy()
    copy.set("my.own", "2")
    assert (config.get("my.own"), copy.get("my.own")) == ("1", "2")


def test_all_has_what_was_set_under_a_prefix() -> None:
    config = SessionConfig({"spark.sql.ansi.enabled": "false"})
    config.set("my.own", "1")
    assert config.all("spark.sql.") == {"ansi.enabled": "false"}
    assert config.all() == {"spark.sql.ansi.enabled": "false", "my.own": "1"}


# ---------------------------------------------------------------------------------------------- values


@pytest.mark.parametrize(
    ("text", "microseconds"), [("2m", 120_000_000), ("500", 500_000), ("500ms", 500_000), ("1 h", 3_600_000_000)]
)
def test_durations(text: str, microseconds: int) -> None:
    assert parse_duration_us(text) == microseconds


@pytest.mark.parametrize(
    ("text", "size"), [("10", 10), ("10b", 10), ("4m", 4 << 20), ("10MB", 10 << 20), ("1g", 1 << 30)]
)
def test_sizes(text: str, size: int) -> None:
    assert parse_bytes(text) == size


@pytest.mark.parametrize(
    ("text", "hours"), [("UTC", 0), ("Z", 0), ("+02:00", 2), ("-0130", -1.5), ("GMT+5", 5), ("Asia/Tokyo", 9)]
)
def test_time_zones(text: str, hours: float) -> None:
    noon = datetime(2020, 1, 1, 12, tzinfo=parse_time_zone(text))
    assert noon.utcoffset() == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("parse", "text"),
    [
        (parse_boolean, "1"),
        (parse_boolean, "yes"),
        (parse_bytes, "1.5m"),
        (parse_bytes, "10xx"),
        (parse_duration_us, "2 fortnights"),
        (parse_time_zone, "+19:00"),
        (parse_time_zone, "../etc/passwd"),
        (parse_time_zone, ""),
    ],
)
def test_texts_without_a_value(parse: object, text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse(text)  # type: ignore[operator]
