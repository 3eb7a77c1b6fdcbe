"""Which way records are read: compiled if it could be built, else plain with a warning, once."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from functools import cache

from unbounded.connectors.kafka.client.compiled_modules import find_compiled_reader, find_library
from unbounded.connectors.kafka.client.library import QUIET
from unbounded.connectors.kafka.source.compiled_consumer import CompiledConsumer
from unbounded.connectors.kafka.source.plain_consumer import PlainConsumer
from unbounded.connectors.kafka.source.records import RecordConsumer
from unbounded.connectors.option_values import illegal_argument

_logger = logging.getLogger("unbounded")
_DEFAULTS = {
    **QUIET,
    "isolation.level": "read_uncommitted",
    "queued.min.messages": "400000",
    "fetch.queue.backoff.ms": "10",
    "fetch.wait.max.ms": "50",
}
"""The isolation is that of Java's client. The rest keeps the next records at hand while a batch runs: a partition is
fetched ahead up to its limits, and on at once when there is room again. A broker answers when there is a record, the
cluster in memory only after the whole wait: with the usual 500 ms a batch of it took half a second."""
_FIXED = {
    "enable.auto.commit": "false",
    "enable.auto.offset.store": "false",
    "enable.partition.eof": "true",
    "auto.offset.reset": "error",
}
"""Where to read is the engine's matter; an offset that is gone is an error, never a jump."""


def open_consumer(properties: Mapping[str, str]) -> RecordConsumer:
    """Raises: SparkError for properties that the client refuses"""
    chosen = {**_DEFAULTS, **properties, **_FIXED}
    module, library = find_compiled_reader(), find_library()
    try:
        if module is not None and library is not None:
            return CompiledConsumer(module, library, chosen)
        _warn_of_slow_reads()
        return PlainConsumer(chosen)
    except ValueError as error:
        raise illegal_argument(f"Kafka client: {error}") from None


@cache
def _warn_of_slow_reads() -> None:
    _logger.warning("Kafka is read record by record, which is slow: the compiled reader was not built at install.")
