"""rate, rate-micro-batch and socket: sources for trying things out."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from unbounded.connectors.rate import rate_micro_batch_provider, rate_provider
from unbounded.connectors.socket_lines import socket_provider
from unbounded.connectors.streams import StreamProvider
from unbounded.errors import ErrorKind, SparkError
from unbounded.plan import unresolved as u
from unbounded.plan.logical import LogicalPlan
from unbounded.session.formats.api import DataSourceFormat, ReadContext

_Build = Callable[[Mapping[str, str]], StreamProvider]


def _source(name: str, shown: str, build: _Build) -> DataSourceFormat:
    """`shown`: its class in Spark's errors."""

    def read_stream(source: u.DataSource, context: ReadContext) -> LogicalPlan:
        if source.schema is not None:
            raise SparkError(ErrorKind.UNSUPPORTED, "_LEGACY_ERROR_TEMP_2242", {"provider": shown})
        return context.stream(build(u.lower_case_options(source.options)))

    return DataSourceFormat((name,), read_stream=read_stream)


FORMATS = (
    _source("rate", "RateStreamProvider", rate_provider),
    _source("rate-micro-batch", "RatePerMicroBatchProvider", rate_micro_batch_provider),
    _source("socket", "TextSocketSourceProvider", socket_provider),
)
