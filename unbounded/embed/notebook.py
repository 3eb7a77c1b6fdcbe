"""The session behind `unbounded.session()`: one engine for the process, started when first asked for."""

from __future__ import annotations

import sys
import threading
from collections.abc import Mapping

from pyspark.sql import SparkSession

from unbounded.embed.client_setup import prepare_client
from unbounded.embed.process import EngineProcess, start_engine

_lock = threading.Lock()
_engines: list[EngineProcess] = []


def local_session(settings: Mapping[str, str]) -> SparkSession:
    """The process's session, with `settings` set in it."""
    engine = _running_engine()
    prepare_client(engine.url, lambda: engine.is_running)
    builder = SparkSession.builder.remote(engine.url)
    for key, value in settings.items():
        builder = builder.config(key, value)
    return builder.getOrCreate()


def _running_engine() -> EngineProcess:
    with _lock:
        if not _engines or not _engines[-1].is_running:
            _engines.append(start_engine({}, import_paths=[path for path in sys.path if path]))
        return _engines[-1]
