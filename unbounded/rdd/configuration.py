"""Settings of a context and the reading of its master URL. Never reads files or the environment."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from typing import Protocol

from unbounded.rdd.errors import SparkException

DEFAULT_MASTER = "local[*]"
DEFAULT_APPLICATION_NAME = "pyspark-shell"
_LOCAL_MASTER = re.compile(r"local(?:\[(?P<threads>\d+|\*)(?:,\s*\d+)?\])?")


class Settings(Protocol):
    """What is asked of a configuration given by the program: `pyspark.SparkConf` has it."""

    def getAll(self) -> list[tuple[str, str]]:
        """All settings."""


class SparkConf:
    """Named settings as text, with the methods of `pyspark.SparkConf`."""

    def __init__(self, settings: Iterable[tuple[str, str]] = ()) -> None:
        self._settings = dict(settings)

    def set(self, key: str, value: object) -> SparkConf:
        """Set one setting."""
        self._settings[key] = str(value)
        return self

    def setIfMissing(self, key: str, value: object) -> SparkConf:
        """Set one setting unless it has a value."""
        self._settings.setdefault(key, str(value))
        return self

    def setMaster(self, value: str) -> SparkConf:
        """Set the master URL."""
        return self.set("spark.master", value)

    def setAppName(self, value: str) -> SparkConf:
        """Set the application's name."""
        return self.set("spark.app.name", value)

    def setAll(self, pairs: Iterable[tuple[str, str]]) -> SparkConf:
        """Set several settings."""
        for key, value in pairs:
            self.set(key, value)
        return self

    def get(self, key: str, defaultValue: str | None = None) -> str | None:
        """The value of a setting, or the default."""
        return self._settings.get(key, defaultValue)

    def getAll(self) -> list[tuple[str, str]]:
        """All settings as pairs."""
        return list(self._settings.items())

    def contains(self, key: str) -> bool:
        """Whether a setting has a value."""
        return key in self._settings

    def toDebugString(self) -> str:
        """One line for each setting."""
        return "\n".join(f"{key}={value}" for key, value in self._settings.items())


def available_cores() -> int:
    """The number of cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def worker_count(master: str) -> int:
    """How many workers a master URL asks for; only `local`, `local[n]` and `local[*]` can run here."""
    match = _LOCAL_MASTER.fullmatch(master)
    if match is None:
        raise SparkException(f"Could not parse Master URL: '{master}'. RDDs run on this machine only: use local[n].")
    threads = match["threads"]
    if threads == "*":
        return available_cores()
    count = 1 if threads is None else int(threads)
    if count == 0:
        raise SparkException("Asked to run locally with 0 threads")
    return count
