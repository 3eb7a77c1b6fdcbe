"""The session behind `unbounded.session()`: one engine for the process, started when first asked for."""

from __future__ import annotations

import sys
import threading
from collections.abc import Mapping

from pyspark.sql import SparkSession

from unbounded.embed.client_setup import prepare_client
from unbounded.embed.process import EngineProcess, start_engine

_OF_THE_PAGE = "unbounded.ui."
"""Settings of the monitoring page are the engine's, so the first session gives them to it."""

_lock = threading.Lock()
_engines: list[EngineProcess] = []


def local_session(settings: Mapping[str, str]) -> SparkSession:
    """The process's session, with `settings` set in it."""
    engine = _running_engine({key: value for key, value in settings.items() if key.startswith(_OF_THE_PAGE)})
    prepare_client(engine.url, lambda: engine.is_running)
    builder = SparkSession.builder.remote(engine.url)
    for key, value in settings.items():
        builder = builder.config(key, value)
    return builder.getOrCreate()


def _running_engine(settings: Mapping[str, str]) -> EngineProcess:
    """`settings`: of an engine that has to be started."""
    with _lock:
        if not _engines or not _engines[-1].is_running:
            _engines.append(start_engine(settings, import_paths=[path for path in sys.path if path]))
        return _engines[-1]
