"""Which source a `readStream` means, built from its format and options."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from unbounded.connectors.formats import DELTA, KAFKA, KINESIS, KINESIS_HINT, STATE_FORMATS, find_file_format
from unbounded.connectors.rate import rate_micro_batch_provider, rate_provider
from unbounded.connectors.socket_lines import socket_provider
from unbounded.connectors.streams import StreamProvider
from unbounded.errors import ErrorKind, SparkError, not_supported
from unbounded.plan import unresolved as u
from unbounded.session.config import SessionConfig
from unbounded.session.delta.reads import delta_stream
from unbounded.session.file_sources import FileSources
from unbounded.session.file_streams import file_provider
from unbounded.session.kafka_reads import kafka_stream


@dataclass(frozen=True, slots=True)
class _Source:
    """`shown`: its class in Spark's errors."""

    shown: str
    build: Callable[[Mapping[str, str]], StreamProvider]


_SOURCES: Mapping[str, _Source] = {
    "rate": _Source("RateStreamProvider", rate_provider),
    "rate-micro-batch": _Source("RatePerMicroBatchProvider", rate_micro_batch_provider),
    "socket": _Source("TextSocketSourceProvider", socket_provider),
}
_NOT_STREAMED = frozenset({"console", "noop", "jdbc", *STATE_FORMATS})


def build_source(source: u.DataSource, files: FileSources, config: SessionConfig) -> StreamProvider:
    """Raises: SparkError for unknown formats, missing paths, and what Spark refuses before a query starts"""
    name = (source.format or config.get("spark.sql.sources.default")).lower()
    found = _SOURCES.get(name)
    if found is not None:
        if source.schema is not None:
            raise SparkError(ErrorKind.UNSUPPORTED, "_LEGACY_ERROR_TEMP_2242", {"provider": found.shown})
        return found.build(u.lower_case_options(source.options))
    if name == DELTA:
        return delta_stream(source, config)
    if name == KAFKA:
        return kafka_stream(source)
    if name in _NOT_STREAMED:
        parameters = {"className": name, "operator": "reading"}
        raise SparkError(ErrorKind.UNSUPPORTED, "_LEGACY_ERROR_TEMP_2049", parameters)
    if name == KINESIS:
        raise not_supported(f"The streaming source {name}", KINESIS_HINT)
    return file_provider(find_file_format(name), source, files, config)
