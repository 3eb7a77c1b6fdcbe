"""The settings of one session: what `spark.conf` reads and writes. The table of settings is in settings_table."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable, Mapping
from datetime import timezone
from zoneinfo import ZoneInfo

from unbounded.errors import ErrorKind, SparkError, analysis_error
from unbounded.session.setting_values import parse_boolean, parse_bytes, parse_duration_us, parse_time_zone
from unbounded.session.settings_table import (
    CHOICES,
    CORE_PREFIXES,
    DEPRECATED,
    POSITIVE,
    SESSION_TIME_ZONE,
    WAREHOUSE_DIRECTORY,
    Kind,
    Setting,
    known_settings,
)

_DOCUMENTATION = "https://spark.apache.org/docs/latest"

_logger = logging.getLogger("unbounded")


class SessionConfig:
    """Values set in the session over those of the engine over the defaults. May be used from several threads."""

    def __init__(self, engine_settings: Mapping[str, str]) -> None:
        self._lock = threading.Lock()
        self._values = dict(engine_settings)
        self._engine_values = dict(engine_settings)
        self._reported: set[str] = set()

    def copy(self) -> SessionConfig:
        with self._lock:
            clone = SessionConfig(self._engine_values)
            clone._values = dict(self._values)
            return clone

    # ------------------------------------------------------------------------------------------ spark.conf

    def find(self, key: str) -> str | None:
        """The value set, else the default, else None."""
        value = self._values.get(key)
        if value is not None:
            return value
        setting = known_settings().get(key)
        return setting.default if setting else None

    def get(self, key: str) -> str:
        """Raises SQL_CONF_NOT_FOUND if `key` is neither set nor known with a default."""
        value = self.find(key)
        if value is None:
            raise SparkError(ErrorKind.NO_SUCH_ELEMENT, "SQL_CONF_NOT_FOUND", {"sqlConf": f'"{key}"'})
        return value

    def get_or(self, key: str, default: str | None) -> str | None:
        """The value set, else `default`; the default of the table does not count."""
        return self._values.get(key, default)

    def all(self, prefix: str = "") -> dict[str, str]:
        """Everything that is set and begins with `prefix`; keys come back without it."""
        with self._lock:
            return {key[len(prefix) :]: value for key, value in self._values.items() if key.startswith(prefix)}

    def set(self, key: str, value: str) -> None:
        """Raises for a static setting, one of Spark's core, or a value that does not fit."""
        _check_is_modifiable(key)
        _check_value(key, value)
        with self._lock:
            self._values[key] = value

    def set_silently(self, pairs: Iterable[tuple[str, str]]) -> None:
        """What `SparkSession.builder` carries: what cannot take effect is kept and reported once, not refused."""
        for key, value in pairs:
            setting = known_settings().get(key)
            if setting is None or setting.is_static:
                self._report_once(key, value)
            else:
                _check_value(key, value)
            with self._lock:
                self._values[key] = value

    def unset(self, key: str) -> None:
        """Back to the engine's value or the default."""
        _check_is_modifiable(key)
        with self._lock:
            if key in self._engine_values:
                self._values[key] = self._engine_values[key]
            else:
                self._values.pop(key, None)

    def is_modifiable(self, key: str) -> bool:
        setting = known_settings().get(key)
        return setting is not None and not setting.is_static

    def warning(self, key: str) -> str | None:
        """What Spark tells a user who sets `key`, if it is deprecated."""
        if key not in DEPRECATED:
            return None
        version, comment = DEPRECATED[key]
        return (
            f"The SQL config '{key}' has been deprecated in Spark v{version} "
            f"and may be removed in the future. {comment}"
        )

    # ------------------------------------------------------------------------------------------ for the engine

    @property
    def time_zone(self) -> str:
        return self.get(SESSION_TIME_ZONE)

    @property
    def zone(self) -> ZoneInfo | timezone:
        return parse_time_zone(self.time_zone)

    @property
    def is_ansi(self) -> bool:
        return self.boolean("spark.sql.ansi.enabled")

    @property
    def case_sensitive(self) -> bool:
        return self.boolean("spark.sql.caseSensitive")

    @property
    def warehouse_directory(self) -> str:
        return self.get(WAREHOUSE_DIRECTORY)

    def boolean(self, key: str) -> bool:
        return parse_boolean(self.get(key))

    def integer(self, key: str) -> int:
        return int(self.get(key))

    def size_bytes(self, key: str) -> int:
        return parse_bytes(self.get(key))

    def duration_us(self, key: str) -> int:
        return parse_duration_us(self.get(key))

    def _report_once(self, key: str, value: str) -> None:
        with self._lock:
            is_new = key not in self._reported
            self._reported.add(key)
        if is_new:
            _logger.debug("The setting %s=%s is kept but has no effect here.", key, value)


_UNREGISTERED = frozenset({"spark.master", "spark.app.name", "spark.app.id"})
"""Settings of the core that Spark keeps no register of, and so lets a session change without effect."""


def _check_is_modifiable(key: str) -> None:
    setting = known_settings().get(key)
    if setting is not None and setting.is_static:
        raise analysis_error("CANNOT_MODIFY_STATIC_CONFIG", key=f'"{key}"')
    if setting is None and key.startswith(CORE_PREFIXES) and key not in _UNREGISTERED:
        raise analysis_error("CANNOT_MODIFY_CONFIG", key=f'"{key}"', docroot=_DOCUMENTATION)


def _check_value(key: str, value: str) -> None:
    setting = known_settings().get(key)
    if setting is None:
        return
    if setting.key == SESSION_TIME_ZONE:
        _check_time_zone(value)
    elif setting.key in CHOICES:
        _check_choice(setting, value)
    else:
        _check_kind(setting, value)


def _check_time_zone(value: str) -> None:
    try:
        parse_time_zone(value)
    except ValueError as error:
        raise _invalid_value("TIME_ZONE", SESSION_TIME_ZONE, value) from error


def _check_choice(setting: Setting, value: str) -> None:
    choices = CHOICES[setting.key]
    if value.upper() not in (choice.upper() for choice in choices):
        raise _invalid_value("OUT_OF_RANGE_OF_OPTIONS", setting.key, value, confOptions=", ".join(choices))


def _check_kind(setting: Setting, value: str) -> None:
    try:
        setting.kind.check(value)
    except ValueError as error:
        raise _invalid_value("TYPE_MISMATCH", setting.key, value, confType=setting.kind.value) from error
    if setting.key in POSITIVE and setting.kind is Kind.INTEGER and int(value) <= 0:
        requirement = f"The value of {setting.key} must be positive"
        raise _invalid_value("REQUIREMENT", setting.key, value, confRequirement=requirement)


def _invalid_value(sub_class: str, key: str, value: str, **parameters: str) -> SparkError:
    return SparkError(
        ErrorKind.ILLEGAL_ARGUMENT,
        f"INVALID_CONF_VALUE.{sub_class}",
        {"confValue": value, "confName": key, **parameters},
    )
