"""The library confluent-kafka: loaded when Kafka is used for the first time, not with the engine."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import Any

QUIET = {"log_level": "0"}
"""What goes wrong is told by this connector: librdkafka would write it to the terminal by itself."""


@cache
def client_library() -> Any:
    return import_module("confluent_kafka")


@cache
def admin_library() -> Any:
    return import_module("confluent_kafka.admin")
