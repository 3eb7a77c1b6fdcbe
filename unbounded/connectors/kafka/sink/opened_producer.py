"""Which way records are sent: compiled if it could be built, else plain with a warning, once."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from functools import cache

from unbounded.connectors.kafka.client.compiled_modules import find_compiled_writer, find_library
from unbounded.connectors.kafka.client.library import QUIET
from unbounded.connectors.kafka.sink.compiled_producer import CompiledProducer
from unbounded.connectors.kafka.sink.plain_producer import PlainProducer
from unbounded.connectors.kafka.sink.producers import RecordProducer
from unbounded.connectors.option_values import illegal_argument

_logger = logging.getLogger("unbounded")


def open_producer(properties: Mapping[str, str]) -> RecordProducer:
    """Raises: SparkError for properties that the client refuses"""
    chosen = {**QUIET, **properties}
    module, library = find_compiled_writer(), find_library()
    try:
        if module is not None and library is not None:
            return CompiledProducer(module, library, chosen)
        _warn_of_slow_writes()
        return PlainProducer(chosen)
    except ValueError as error:
        raise illegal_argument(f"Kafka client: {error}") from None


@cache
def _warn_of_slow_writes() -> None:
    _logger.warning("Kafka is written record by record, which is slow: the compiled writer was not built at install.")
