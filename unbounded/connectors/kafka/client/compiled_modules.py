"""The parts of this connector in C, and the library they open. There if they could be built."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType

from unbounded.connectors.kafka.client.library import client_library


def find_compiled_reader() -> ModuleType | None:
    """None if it was not built."""
    return _find("source._reader")


def find_compiled_writer() -> ModuleType | None:
    """None if it was not built."""
    return _find("sink._writer")


def find_library() -> str | None:
    """librdkafka in the wheel of confluent-kafka; None in builds that link one of the system."""
    package = Path(client_library().__file__).parent
    folders = (package.parent / "confluent_kafka.libs", package / ".dylibs")
    found = sorted(file for folder in folders for file in folder.glob("librdkafka*"))
    return str(found[0]) if found else None


def _find(name: str) -> ModuleType | None:
    try:
        return importlib.import_module(f"unbounded.connectors.kafka.{name}")
    except ImportError:
        return None
